"""Ports filled by plain objects, so that the core is tested without a disk, a network or a clock."""

import hashlib
import io
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from hullwatch.errors import LimitExceeded
from hullwatch.model import Digest, FileKind, FileState, Gap, Location
from hullwatch.model.reads import Reads
from hullwatch.ports import File, Step

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""The time in every test that does not say another."""


class MemoryFile:
    """A file of bytes."""

    def __init__(self, path: str, data: bytes, *, mode: int = 0o644, layer: Digest | None = None) -> None:
        self._data = data
        self.location = Location(path, layer)
        self.size_bytes = len(data)
        self.mode = mode
        self.uid = 0
        self.gid = 0

    def read(self, limit: int) -> bytes:
        if len(self._data) > limit:
            raise LimitExceeded(f"{self.location.path} is larger than {limit} bytes")
        return self._data

    def text(self, limit: int) -> str:
        return self.read(limit).decode("utf-8", "replace")

    def open(self) -> BinaryIO:
        return io.BytesIO(self._data)


class MemoryFiles:
    """A file system of paths and bytes; notes in ``opened`` what was opened."""

    def __init__(self, content: Mapping[str, bytes], *, links: Mapping[str, str] | None = None) -> None:
        self._content = dict(content)
        self._links = dict(links or {})
        self.opened: list[str] = []

    @classmethod
    def of_directory(cls, root: Path) -> "MemoryFiles":
        """All regular files below a directory of recorded inputs."""
        return cls({path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()})

    def open_each(self, reads: Reads) -> Iterator[File | Gap]:
        for path in sorted(self._content):
            if reads.matches(path):
                self.opened.append(path)
                yield MemoryFile(path, self._content[path])

    def open(self, path: str) -> File | None:
        if path not in self._content:
            return None
        self.opened.append(path)
        return MemoryFile(path, self._content[path])

    def names(self, directory: str) -> tuple[str, ...]:
        prefix = f"{directory}/" if directory else ""
        everything = (*self._content, *self._links)
        return tuple(sorted({path[len(prefix) :].split("/")[0] for path in everything if path.startswith(prefix)}))

    def state(self, path: str, *, digest: bool = False) -> FileState | None:
        if path in self._links:
            return FileState(path=path, kind=FileKind.LINK, mode=0o777, uid=0, gid=0, link_target=self._links[path])
        if path in self._content:
            data = self._content[path]
            digested = hashlib.sha256(data).hexdigest() if digest else ""
            return FileState(path=path, kind=FileKind.FILE, mode=stat.S_IMODE(0o644), uid=0, gid=0, size_bytes=len(data), sha256=digested)
        if self.names(path):
            return FileState(path=path, kind=FileKind.DIRECTORY, mode=0o755, uid=0, gid=0)
        return None

    def link(self, path: str) -> str:
        return self._links.get(path, "")


class FixedClock:
    """Always the same time."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


class QuietProgress:
    """Says nothing, remembers what it was told."""

    def __init__(self) -> None:
        self.finished_things: list[str] = []
        self.warnings: list[str] = []

    def step(self, what: str, total: int | None = None, unit: str = "") -> AbstractContextManager[Step]:
        return _quiet_step()

    def finished(self, what: str, detail: str = "") -> None:
        self.finished_things.append(what)

    def warn(self, what: str) -> None:
        self.warnings.append(what)


class _QuietStep:
    def advance(self, amount: int = 1) -> None:
        return None


@contextmanager
def _quiet_step() -> Iterator[Step]:
    yield _QuietStep()


class MemoryCache:
    """A cache of facts in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load(self, keys: Collection[str]) -> Mapping[str, bytes]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def save(self, values: Mapping[str, bytes]) -> None:
        self.kept.update(values)
