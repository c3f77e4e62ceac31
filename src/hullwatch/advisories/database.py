"""The advisory database: a directory with one immutable file per feed (``feed_file``). Fills the port ``Advisories``."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from ..errors import HomeUnavailable, HullwatchError, Malformed
from ..model import Advisory, Feed, Gap, Inventory, Lifecycle, Score
from .feed_file import SUFFIX, FeedFile, file_name
from .feed_writer import FeedWriter, clean_leftovers, only_one, writing
from .records import Record
from .sources import SOURCES, Doubting, Source

_T = TypeVar("_T")
_PATIENCE_S = 600.0
_HAVE_IT = "run hullwatch db update, or scan without --offline"


class _Missing(Struct, frozen=True):
    """Why a feed cannot be asked."""

    kind: str
    why: str


class AdvisoryDatabase:
    """Feeds in a directory. Opens a file when it is first asked for, and goes on with that one until this object replaces it."""

    def __init__(self, directory: Path, *, sources: Sequence[Source] = SOURCES) -> None:
        self.directory = directory
        self.sources = tuple(sources)
        self._open: dict[str, FeedFile | _Missing] = {}

    def status(self) -> tuple[Feed, ...]:
        """The feeds that are there and whole, ordered by id. Raises HomeUnavailable."""
        try:
            names = sorted(path.name for path in self.directory.glob(f"[!.]*{SUFFIX}"))
        except OSError as error:
            raise HomeUnavailable(f"{self.directory}: {error.strerror}") from error
        files = (self._file(name) for name in names)
        return tuple(sorted((each.feed for each in files if isinstance(each, FeedFile)), key=lambda feed: feed.id))

    def covering(self, inventory: Inventory) -> tuple[Feed | Gap, ...]:
        """The feeds that speak of the inventory, each with its date, and a gap for all that is missing or that they cannot answer."""
        found: list[Feed | Gap] = []
        for source in self.sources:
            for feed in source.needs(inventory):
                found += self._covering(source, feed, inventory)
        return tuple(found) + tuple(_uncovered(inventory, self.sources))

    def _covering(self, source: Source, wanted: Feed, inventory: Inventory) -> Iterator[Feed | Gap]:
        file = self._file(file_name(wanted.id))
        if isinstance(file, _Missing):
            yield Gap(kind=file.kind, what=wanted.id, why=file.why)
            return
        try:
            gaps = list(file.gaps())
            if isinstance(source, Doubting):
                gaps += source.doubts(file.feed, inventory, file)
        except Malformed as error:
            yield Gap(kind="feed-damaged", what=wanted.id, why=str(error))
            return
        yield file.feed
        yield from gaps

    def about(self, feed: Feed, packages: Collection[str]) -> Iterator[Advisory | Gap]:
        """All that the feed says of these packages, by package, each in the publisher's order; a gap when its file is damaged."""
        file = self._file(file_name(feed.id))
        if isinstance(file, _Missing):
            yield Gap(kind=file.kind, what=feed.id, why=file.why)
            return
        try:
            yield from file.advisories(packages)
        except Malformed as error:
            yield Gap(kind="feed-damaged", what=feed.id, why=str(error))

    def scores(self, ids: Collection[str]) -> Iterable[Score]:
        """What any feed that is there knows of these flaws, by feed."""
        for feed in self.status():
            file = self._file(file_name(feed.id))
            if isinstance(file, FeedFile):
                yield from _whole(partial(file.scores, ids))

    def lifecycles(self, inventory: Inventory) -> Iterable[Lifecycle]:
        """What is known of the support of the inventory's release and of its (source) packages."""
        subjects = {package.source.name for package in inventory.packages if package.ecosystem is None}
        if inventory.distribution is not None:
            subjects |= {
                f"{inventory.distribution.id} {name}" for name in (inventory.distribution.release, inventory.distribution.code_name)
            }
        feeds = [feed for source in self.sources for feed in source.needs(inventory)]
        files = [self._file(file_name(feed.id)) for feed in feeds]
        known = [each for file in files if isinstance(file, FeedFile) for each in _whole(file.lifecycles)]
        return [each for each in dict.fromkeys(known) if _speaks_of(each, subjects)]

    def file(self, feed_id: str) -> FeedFile | None:
        """A feed's file as it is now; None when there is none that is whole."""
        name = file_name(feed_id)
        self._forget(name)
        found = self._file(name)
        return found if isinstance(found, FeedFile) else None

    def replace(self, feed: Feed, records: Iterable[Record]) -> None:
        """Put the feed and its records in place of what was there, as one step. Raises HomeUnavailable; then the old one stays."""
        with self.writing(feed.id) as writer:
            writer.describe(feed)
            for record in records:
                writer.add(record)

    def writing(self, feed_id: str, *, amend: bool = False) -> AbstractContextManager[FeedWriter]:
        """A writer of a new file for the feed (``amend``: of a copy of what is there). Raises HomeUnavailable, Malformed."""
        clean_leftovers(self.directory)
        name = file_name(feed_id)
        self._forget(name)
        path = self.directory / name
        return writing(path, like=path if amend else None)

    def only_one(self, feed_id: str) -> AbstractContextManager[None]:
        """Hold the feed against other updates. Raises Unreachable when another holds it for too long, HomeUnavailable."""
        return only_one(self.directory / f".lock-{file_name(feed_id)}", patience_s=_PATIENCE_S)

    def close(self) -> None:
        """Close all files; they are opened again when asked for."""
        for file in self._open.values():
            if isinstance(file, FeedFile):
                file.close()
        self._open.clear()

    def _forget(self, name: str) -> None:
        """Open the file anew when it is next asked for; whoever still reads the old one goes on."""
        self._open.pop(name, None)

    def _file(self, name: str) -> FeedFile | _Missing:
        if name not in self._open:
            self._open[name] = self._opened(name)
        return self._open[name]

    def _opened(self, name: str) -> FeedFile | _Missing:
        try:
            return FeedFile(self.directory / name)
        except FileNotFoundError:
            return _Missing("feed-missing", f"it was never fetched; {_HAVE_IT}")
        except Malformed as error:
            return _Missing("feed-damaged", str(error))
        except HullwatchError as error:
            return _Missing("feed-missing", str(error))


def _uncovered(inventory: Inventory, sources: Sequence[Source]) -> Iterator[Gap]:
    """A gap for packages that no source speaks of."""
    distribution = inventory.distribution
    feeds = [feed for source in sources for feed in source.needs(inventory)]
    for ecosystem, count in sorted(Counter(package.ecosystem or "" for package in inventory.packages).items()):
        if ecosystem and not any(feed.covers == ecosystem for feed in feeds):
            yield Gap(kind="no-advisories", what=f"{count} {ecosystem} packages", why="no source of advisories here speaks of them")
        if not ecosystem and not any(distribution and feed.id.startswith(f"{distribution.id}/") for feed in feeds):
            name = (distribution.name or f"{distribution.id} {distribution.release}".strip()) if distribution else "no known distribution"
            yield Gap(kind="no-advisories", what=f"{count} packages of {name}", why="no source of advisories here speaks of them")


def _whole(read: Callable[[], Iterable[_T]]) -> Sequence[_T]:
    """Scores and lifecycles only add to what advisories say; that a file of advisories is damaged is said where it is asked for those."""
    try:
        return list(read())
    except Malformed:
        return []


def _speaks_of(lifecycle: Lifecycle, subjects: Collection[str]) -> bool:
    """Whether one of the subjects is meant: by name, or by a glob. Debian's own list writes ``golang.*`` for what starts with golang."""
    if lifecycle.subject in subjects:
        return True
    pattern = lifecycle.subject.replace(".*", "*")
    return "*" in pattern and any(fnmatchcase(subject, pattern) for subject in subjects)
