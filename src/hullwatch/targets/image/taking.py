"""What the taking of one inventory needs whatever the kind of its target, and what reading layers that lie on disk gives."""

from collections.abc import Sequence

from msgspec import Struct

from ...config import Limits
from ...errors import LimitExceeded
from ...model import Digest, Gap, Location
from ...model.reads import compiled
from ...ports import FactCache, Progress
from ...readers.catalogue import Reader
from ..files import shown, unreadable
from .kept import Kept, KeptFacts
from .layer_facts import Budget, Collector, LayerFacts, read_file
from .layers import LayerRead, Merged, Seen, Unread, merge
from .stack import Stack
from .walk import Walk, open_top
from .wanted import Wanted, name_of


class Place(Struct, frozen=True):
    """A directory that is one layer, or a whole file system; the diff ID when it is a layer of an image."""

    directory: str
    diff_id: Digest | None = None
    number: int = 0
    skip: frozenset[str] = frozenset()
    """Directories below it that are not walked."""


class Contents(Struct):
    """All that was read of one target's files, its layers on each other."""

    merged: Merged
    layers: Sequence[LayerRead]
    seen: list[tuple[str, Seen]]
    """Reader and facts of each file."""
    gaps: list[Gap]


class Taking:
    """The taking of one inventory."""

    def __init__(self, readers: Sequence[Reader], cache: FactCache, progress: Progress, limits: Limits) -> None:
        self.wanted = Wanted(readers)
        self.budget = Budget(limits)
        self.kept = KeptFacts(cache, self.wanted, self.budget)
        self.progress = progress
        self.limits = limits

    def collector(self, readers: Sequence[Reader] | None = None) -> Collector:
        """A collector for one layer, of all readers or of those whose facts are not kept."""
        return Collector(tuple(self.wanted.readers.values()) if readers is None else tuple(readers), self.budget)

    def read_places(self, places: Sequence[Place], *, overlay: bool, what: str) -> Contents:
        """Read directories that lie on each other, the bottom first. Raises NotFound, Denied, LimitExceeded."""
        self.check_layers(len(places))
        stack = Stack([place.directory for place in places])
        kept = self.kept.load([place.diff_id for place in places if place.diff_id])
        layers: list[LayerRead] = []
        with self.progress.step(f"reading {what}", len(places), "layers" if overlay else "") as step:
            for index, place in enumerate(places):
                facts = self._read_place(place, kept.get(place.diff_id) if place.diff_id else None, overlay)
                layers.append(LayerRead(facts, stack.covers(index), place.diff_id, place.number))
                step.advance()
        contents = self.lay(layers)
        for unread in contents.merged.unread():
            _read_in_place(unread, stack, contents, self.budget)
        return contents

    def lay(self, layers: Sequence[LayerRead]) -> Contents:
        """Lay layers on each other. Raises UnknownCover when a layer cannot answer any more."""
        merged = merge(layers, self.wanted)
        return Contents(merged, layers, list(merged.seen()), [])

    def lay_streamed(self, layers: Sequence[LayerRead]) -> Contents:
        """As ``lay``; what links lead to and nobody kept while it flowed by is a gap."""
        contents = self.lay(layers)
        for unread in contents.merged.unread():
            why = f"links lead to {unread.place}, which cannot be read from a stream; read it in place, as root beside the engine"
            contents.gaps.append(Gap(kind="link", what=unread.path, why=why, seen_at=Location(unread.path)))
        return contents

    def check_layers(self, count: int) -> None:
        """Raises LimitExceeded when there are too many."""
        if count > self.limits.layers:
            raise LimitExceeded(f"{count} layers", remedy=f"raise layers below [limits] in hullwatch.toml (now {self.limits.layers})")

    def _read_place(self, place: Place, kept: Kept | None, overlay: bool) -> LayerFacts:
        whole = kept.whole() if kept else None
        if whole is not None:
            return whole
        collector = self.collector(kept.missing if kept else None)
        with open_top(place.directory) as top:
            Walk(self.wanted, collector, overlay=overlay, skip=place.skip).run(top)
        fresh = collector.finish()
        if place.diff_id:
            self.kept.save(place.diff_id, fresh)
        return LayerFacts((kept.facts if kept else {}) | fresh.facts, fresh.skeleton, fresh.unsettled)


def _read_in_place(unread: Unread, stack: Stack, contents: Contents, budget: Budget) -> None:
    """Read what links lead to, wherever that is inside the target."""
    try:
        if not unread.glob:
            _read_lent(unread.path, unread.place, unread, stack, contents, budget)
            return
        for name in filter(compiled(unread.glob).fullmatch, stack.names(unread.place)):
            _read_lent(f"{unread.path}/{shown(name)}", f"{unread.place}/{name}", unread, stack, contents, budget)
    except OSError as error:
        why = str(unreadable(unread.place, error))
        contents.gaps.append(Gap(kind="file", what=unread.path, why=why, seen_at=Location(unread.path)))


def _read_lent(path: str, place: str, unread: Unread, stack: Stack, contents: Contents, budget: Budget) -> None:
    with stack.lend(path, place) as lent:
        if lent is not None:
            index, file = lent
            budget.reads()
            facts, _ = read_file(unread.reader, file, budget)
            reader = name_of(unread.reader)
            contents.seen.append((reader, Seen(path, facts, index, contents.merged.moved(reader, facts, index))))
