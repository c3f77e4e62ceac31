"""What is kept of one layer: facts by path, and as much of its shape as merging asks for. Bounded, however many files it has."""

import re
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct, field

from ...config import Limits
from ...errors import HullwatchError, LimitExceeded
from ...model import Gap, Location
from ...ports import File
from ...readers.catalogue import Fact, Reader
from ...readers.ownership import OwnedPaths
from ..files import unreadable
from .wanted import name_of

ROOT = "/"
"""The root itself among ``Skeleton.opaque``; all other paths there begin with a name."""
SHAPE = ""
"""Stands for the skeleton among ``LayerFacts.unsettled``."""
_EXAMPLES = 3


class Kind(StrEnum):
    """What stands at a path, as far as merging asks."""

    DIRECTORY = "d"
    LINK = "l"
    OTHER = "o"


class Stands(Struct, frozen=True, array_like=True, omit_defaults=True):
    """What stands at a path, and a link's target as written."""

    kind: Kind
    target: str = ""


class Skeleton(Struct, frozen=True, array_like=True):
    """The shape of one layer."""

    stands: dict[str, Stands]
    """At exact paths that readers name and at the directories above them; elsewhere what a reader wants and is no regular file."""
    hidden: bytes
    """Whiteouts: paths that lower layers have and this one removes; one after another, each ended by NUL."""
    opaque: bytes
    """Directories whose content in lower layers is removed; likewise."""
    gaps: tuple[Gap, ...] = ()


class LayerFacts(Struct):
    """What was read of one layer: per reader the facts by path (of paths without facts too), and the shape."""

    facts: dict[str, dict[str, tuple[Fact, ...]]]
    skeleton: Skeleton
    unsettled: set[str] = field(default_factory=set)
    """Readers whose facts hang on more than the layer's bytes (a limit, a permission, a failing disk), and ``SHAPE``: never kept."""


class Budget:
    """Counts what one target makes us hold. Every count raises LimitExceeded, naming its key in the settings."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._entries = self._wanted = self._facts = self._whiteouts = 0

    def met(self, entries: int) -> None:
        """So many more files and directories."""
        self._entries += entries
        if self._entries > self.limits.entries:
            raise over("entries", self.limits.entries, "files and directories")

    def reads(self, files: int = 1) -> None:
        """So many more files that readers want."""
        self._wanted += files
        if self._wanted > self.limits.wanted_files:
            raise over("wanted_files", self.limits.wanted_files, "files that readers want")

    def holds(self, facts: int) -> None:
        """So many more facts."""
        self._facts += facts
        if self._facts > self.limits.facts:
            raise over("facts", self.limits.facts, "facts")

    @property
    def facts_left(self) -> int:
        """How many more may be held."""
        return self.limits.facts - self._facts

    def hides(self, whiteouts: int = 1) -> None:
        """So many more whiteouts."""
        self._whiteouts += whiteouts
        if self._whiteouts > self.limits.whiteouts:
            raise over("whiteouts", self.limits.whiteouts, "whiteouts")


class _Oddity(Struct):
    """How often something happened, and where first."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, path: str) -> None:
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(path)


class Collector:
    """Gathers the facts and the shape of one layer while it is walked. Later words about a path replace earlier ones."""

    def __init__(self, readers: tuple[Reader, ...], budget: Budget) -> None:
        self.budget = budget
        self.facts: dict[str, dict[str, tuple[Fact, ...]]] = {name_of(reader): {} for reader in readers}
        self.stands: dict[str, Stands] = {}
        self._hidden, self._opaque = bytearray(), bytearray()
        self._unsettled: set[str] = set()
        self._oddities: dict[tuple[str, str], _Oddity] = {}

    def read(self, path: str, readers: tuple[Reader, ...], file: File) -> None:
        """Let readers read a regular file; those that are not asked this time are passed over."""
        self.budget.reads()
        for reader in readers:
            name = name_of(reader)
            if name in self.facts:
                facts, settled = read_file(reader, file, self.budget)
                self.facts[name][path] = facts
                if not settled:
                    self._unsettled.add(name)

    def stand(self, path: str, kind: Kind, target: str = "") -> None:
        """Something other than a wanted regular file stands here; it counts as one."""
        if path not in self.stands:
            self.budget.reads()
        self.stands[path] = Stands(kind, target)

    def forget(self, path: str) -> None:
        """A later entry of the same archive replaces what was said of this path."""
        self.stands.pop(path, None)
        for facts in self.facts.values():
            facts.pop(path, None)

    def repeat(self, path: str, like: str, readers: tuple[Reader, ...]) -> bool:
        """The same file stands at another path: its facts hold, and count, here too. False when not all readers had read it."""
        self.budget.reads()
        asked = [self.facts[name_of(reader)] for reader in readers if name_of(reader) in self.facts]
        for facts in asked:
            if like in facts:
                self.budget.holds(sum(map(weight, facts[like])))
                facts[path] = facts[like]
        return all(like in facts for facts in asked)

    def move(self, path: str, place: str | None) -> None:
        """A file that was read lies elsewhere, or nowhere."""
        for facts in self.facts.values():
            if path in facts:
                moved = facts.pop(path)
                if place is not None:
                    facts[place] = moved

    def hide(self, path: str) -> None:
        """A whiteout."""
        self.budget.hides()
        self._hidden += path.encode("utf-8") + b"\0"

    def hide_content(self, directory: str) -> None:
        """An opaque directory."""
        self.budget.hides()
        self._opaque += (directory or ROOT).encode("utf-8") + b"\0"

    def cannot(self, kind: str, why: str, path: str, *, settled: bool = False) -> None:
        """Something could not be read. Many of one kind become one gap. ``settled``: the layer's bytes alone are to blame."""
        self._oddities.setdefault((kind, why), _Oddity()).add(path or "/")
        if not settled:
            self._unsettled.update(self.facts, (SHAPE,))

    def finish(self) -> LayerFacts:
        """All of it."""
        gaps = tuple(_gap_of(kind, why, oddity) for (kind, why), oddity in sorted(self._oddities.items()))
        return LayerFacts(self.facts, Skeleton(self.stands, bytes(self._hidden), bytes(self._opaque), gaps), self._unsettled)


def read_file(reader: Reader, file: File, budget: Budget) -> tuple[tuple[Fact, ...], bool]:
    """The facts one reader finds in one file, and whether they hang on its bytes alone. What cannot be read is a gap beside the facts."""
    facts: list[Fact] = []
    held = 0
    failure: HullwatchError | None = None
    try:
        for fact in reader.read(file):
            facts.append(fact)
            held += weight(fact)
            if held > budget.facts_left:
                break
    except OSError as error:
        failure = unreadable(file.location.path, error)
    except HullwatchError as error:
        failure = error
    budget.holds(held)
    if failure is not None:
        facts.append(Gap(kind="file", what=file.location.path, why=str(failure), seen_at=file.location))
    return tuple(facts), failure is None


def weight(fact: Fact) -> int:
    """How many facts it counts as: a list of paths may be long."""
    return max(1, len(fact.paths)) if isinstance(fact, OwnedPaths) else 1


def paths_in(marks: bytes) -> Iterator[str]:
    """The paths of ``Skeleton.hidden`` or ``opaque``, one at a time: there may be a million."""
    for match in re.finditer(rb"[^\0]+", marks):
        yield match[0].decode("utf-8")


def over(key: str, limit: int, what: str) -> LimitExceeded:
    """The error for a limit of the settings."""
    return LimitExceeded(f"more than {limit} {what}", remedy=f"raise {key} below [limits] in hullwatch.toml if that is as it should be")


def _gap_of(kind: str, why: str, oddity: _Oddity) -> Gap:
    unnamed = oddity.count - len(oddity.examples)
    what = ", ".join(oddity.examples) + (f" and {unnamed} more" if unnamed else "")
    return Gap(kind=kind, what=what, why=why, seen_at=Location(oddity.examples[0]))
