"""Reading one layer, or a whole file system, out of a tar archive as it flows by."""

import posixpath
from array import array
from collections.abc import Collection, Iterable

from ...errors import Malformed
from ..files import BytesFile, shown
from .flow import read_exactly
from .layer_facts import Collector, Kind, LayerFacts
from .tar import Entry, Tar
from .wanted import Wanted, parents

_MARK = ".wh."
_OPAQUE = ".wh..wh..opq"
_RESERVED = ".wh..wh."
"""Names that aufs keeps for itself (image specification, "Whiteouts")."""
_HOPS = 40


class Tarred:
    """Reads one archive. ``layer``: names that begin with ``.wh.`` are whiteouts, as in every layer; else they are files."""

    def __init__(self, wanted: Wanted, collector: Collector, *, layer: bool = True) -> None:
        self._wanted = wanted
        self._collector = collector
        self._limits = collector.budget.limits
        self._layer = layer
        self._nondirectories = array("q")
        self._directory = "\0"
        self._is_skeleton = False
        self._test = wanted.test_in("")

    def read(self, tar: Tar) -> LayerFacts:
        """Read it to its end. Raises Malformed, LimitExceeded."""
        met = 0
        for entry in tar:
            met += 1
            path = self._path_of(entry.name)
            if path:
                directory, _, name = path.rpartition("/")
                if directory != self._directory:
                    self._enter(directory)
                self._entry(tar, entry, path, name)
            if met == 1024:
                self._collector.budget.met(met)
                met = 0
        self._collector.budget.met(met)
        self._settle()
        return self._collector.finish()

    def covers(self, directories: Collection[str]) -> list[str]:
        """Which of these paths are no directories in this layer, so that nothing below them in lower layers is seen.

        Python's hash of a string is keyed anew in every process: nobody can make two paths collide.
        """
        asked = {hash(path): path for path in directories}
        return sorted(asked[each] for each in set(asked).intersection(self._nondirectories))

    def _path_of(self, name: str) -> str:
        """The path inside the root, empty for what is to be passed over."""
        path = clean(name)
        if path is None:
            self._collector.cannot("archive-entry", "its name leads out of the root", shown(name), settled=True)
            return ""
        if len(path) > self._limits.path_bytes:
            self._collector.cannot("limit", f"a name of more than {self._limits.path_bytes} bytes (path_bytes)", f"{shown(path[:80])}…")
            return ""
        if path.count("/") > self._limits.depth:
            self._collector.cannot(
                "limit", f"more than {self._limits.depth} directories deep (depth below [limits])", f"{shown(path[:80])}…"
            )
            return ""
        return shown(path)

    def _enter(self, directory: str) -> None:
        """Entries of one directory follow each other: what holds for all of them is looked up once."""
        self._directory = directory
        self._test = self._wanted.test_in(directory)
        self._is_skeleton = directory in self._wanted.skeleton_directories
        for above in (*parents(directory), directory):
            if above in self._wanted.skeleton and above not in self._collector.stands:
                self._collector.stand(above, Kind.DIRECTORY)
        above, _, name = directory.rpartition("/")  # archives need not have entries for directories
        if self._wanted.test_in(above)(name) and directory not in self._collector.stands and self._wanted.readers_of(directory):
            self._collector.stand(directory, Kind.DIRECTORY)

    def _entry(self, tar: Tar, entry: Entry, path: str, name: str) -> None:
        if self._layer and name.startswith(_MARK):
            self._mark(path, name)
            return
        if not entry.is_directory:
            self._nondirectories.append(hash(path))
        if not (self._is_skeleton or self._test(name)):
            return
        readers = self._wanted.readers_of(path)
        if not readers and path not in self._wanted.skeleton:
            return
        self._collector.forget(path)
        match entry.kind:
            case "5" | "0" if entry.is_directory:
                self._collector.stand(path, Kind.DIRECTORY)
            case "2":
                self._link(path, entry.link)
            case "0" if readers:
                self._read(tar, entry, path)
            case "1" if readers:
                self._hard_link(path, entry.link)
            case _:
                self._collector.stand(path, Kind.OTHER)

    def _read(self, tar: Tar, entry: Entry, path: str) -> None:
        if entry.sparse:
            self._collector.cannot("archive-entry", "a sparse file, which is not unfolded", path)
            return
        kept = self._limits.file_bytes
        data = read_exactly(tar, entry.size_bytes) if entry.size_bytes <= kept else None
        if data is not None and len(data) < entry.size_bytes:
            raise Malformed(f"a tar archive ends within {path}", remedy="the archive is not whole: save it again")
        file = BytesFile(path, data, size_bytes=entry.size_bytes, mode=entry.mode, kept_bytes=kept)
        self._collector.read(path, self._wanted.readers_of(path), file)

    def _link(self, path: str, target: str) -> None:
        if len(target) > self._limits.path_bytes:
            self._collector.cannot("limit", f"a link's target of more than {self._limits.path_bytes} bytes (path_bytes)", path)
            self._collector.stand(path, Kind.OTHER)
        else:
            self._collector.stand(path, Kind.LINK, shown(target))

    def _hard_link(self, path: str, link: str) -> None:
        """The same file as one that came before: what was read of that holds for this."""
        target = clean(link)
        if target is None:
            self._collector.cannot("archive-entry", "a hard link that leads out of the root", path, settled=True)
        elif not self._collector.repeat(path, shown(target), self._wanted.readers_of(path)):
            self._collector.cannot("archive-entry", "a hard link to a file that had flowed by", path)

    def _mark(self, path: str, name: str) -> None:
        directory = path.rpartition("/")[0]
        hidden = name.removeprefix(_MARK)
        if name == _OPAQUE:
            self._collector.hide_content(directory)
        elif hidden in ("", ".", ".."):
            self._collector.cannot("archive-entry", "a whiteout of nothing", path, settled=True)
        elif not name.startswith(_RESERVED):
            self._collector.hide(f"{directory}/{hidden}" if directory else hidden)

    def _settle(self) -> None:
        """Files that lie below a link of the same archive lie where the link leads; below anything else they were replaced."""
        facts = self._collector.facts
        seen = {path for by_path in facts.values() for path in by_path}
        covered = set(self.covers({above for path in seen for above in parents(path)}))
        if not covered:
            return
        for path in sorted(path for path in seen if not covered.isdisjoint(parents(path))):
            place = self._place_of(path, covered)
            if place is None:
                self._collector.cannot("archive-entry", "lies below what is no directory", path)
            self._collector.move(path, place)

    def _place_of(self, path: str, covered: Iterable[str]) -> str | None:
        """Where a file below a link lies; None when that cannot be told."""
        for _ in range(_HOPS):
            at = next((above for above in parents(path) if above in covered), None)
            if at is None:
                return path if path.count("/") <= self._limits.depth else None
            stands = self._collector.stands.get(at)
            if stands is None or stands.kind is not Kind.LINK:
                return None
            path = followed(at, stands.target) + path[len(at) :]
        return None


def clean(name: str) -> str | None:
    """An entry's name as a path inside the root, empty for the root itself; None when it leads out."""
    if name[:2] == "./":
        name = name[2:]
    if name[-1:] == "/":
        name = name.rstrip("/")
    if name[:1] not in (".", "/") and "/." not in name and "//" not in name:
        return name
    if name[:1] == "/":
        return clamped(name)
    path = posixpath.normpath(name)
    if path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else path


def clamped(path: str) -> str:
    """A path inside the root as chroot(2) sees it: ``..`` at the top stays there."""
    return posixpath.normpath(f"/{path}").lstrip("/")


def followed(path: str, target: str) -> str:
    """Where a link at ``path`` leads, inside the root; links on the way there are not followed."""
    return clamped(target if target.startswith("/") else f"{posixpath.dirname(path)}/{target}")
