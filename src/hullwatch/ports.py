"""What the core and the edges ask of each other. An edge fills a port, ``jobs`` hands it on, nobody imports across."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, Protocol

from msgspec import Struct

from .model import Advisory, Feed, FileState, Gap, Inventory, Lifecycle, Location, Note, Score
from .model.agent import FileEvent, Signature
from .model.reads import Reads

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE


class File(Protocol):
    """What a target lends: one regular file, bounded and seekable. Valid until the next one is lent."""

    @property
    def location(self) -> Location:
        """Where it was found."""

    @property
    def size_bytes(self) -> int:
        """Its size as the file system or archive says."""

    @property
    def mode(self) -> int:
        """Permission bits."""

    def read(self, limit: int) -> bytes:
        """All bytes. Raises LimitExceeded when there are more than ``limit``, Denied or Unreachable when reading fails."""

    def text(self, limit: int) -> str:
        """As ``read``, decoded as UTF-8; bytes that are not become U+FFFD."""

    def open(self) -> BinaryIO:
        """A seekable stream, for formats that are read where it matters."""


class Files(Protocol):
    """A target's file system. Paths are relative to its root, without a leading slash; links never lead out of it."""

    def open_each(self, reads: Reads) -> Iterator[File | Gap]:
        """Each regular file that is declared and there, in path order; a gap for one that is there and cannot be read."""

    def open(self, path: str) -> File | None:
        """One regular file, links followed; None when there is none. Raises Denied."""

    def names(self, directory: str) -> tuple[str, ...]:
        """Sorted names in a directory; empty when there is none. Raises Denied."""

    def state(self, path: str, *, digest: bool = False) -> FileState | None:
        """The state of a path itself (a last link is not followed); None when nothing stands there. Raises Denied."""

    def link(self, path: str) -> str:
        """Target of a symbolic link as written; empty when it is none or cannot be read."""


class Entry(Struct, frozen=True):
    """What stands at one place of a file system, as stat(2) tells it."""

    name: str
    """Its name in the directory that holds it."""
    itself: os.stat_result
    """A last link is not followed."""
    behind: os.stat_result | None
    """What a link leads to; the same as ``itself`` where it is none, None where the link dangles."""
    link: str = ""
    """Where a link points, as written."""


class Paths(Protocol):
    """A file system that is asked place by place. Paths as in ``Files``; bytes that are no UTF-8 are surrogates."""

    def entry(self, path: str) -> Entry | None:
        """What stands at a path; None when nothing does. Raises Denied, Unreachable."""

    def entries(self, directory: str) -> Iterator[Entry]:
        """What stands in a directory, by name; nothing where there is none. Raises Denied, Unreachable."""

    def open(self, path: str) -> File | None:
        """One regular file, links followed; None when there is none. Raises Denied, Unreachable."""


class Commands(Protocol):
    """Commands on the target's side."""

    def run(self, words: Sequence[str], *, limit: int = 16 * MEBIBYTE, timeout_s: float = 30) -> bytes:
        """Standard output. Raises NotFound (no such program), Denied, Unreachable (failed or timed out), LimitExceeded."""


class Docker(Protocol):
    """The API of a Docker Engine; only GET is ever asked."""

    @property
    def endpoint(self) -> str:
        """For example ``unix:///var/run/docker.sock``."""

    def get(self, path: str, **query: str) -> bytes:
        """Body of ``GET path``. Raises NotFound (404), Denied, Unreachable (also on a time-out), LimitExceeded."""

    def stream(self, path: str, **query: str) -> AbstractContextManager[BinaryIO]:
        """The body as a stream, for exports."""


class KnownFiles(Protocol):
    """What an agent remembers of the files it watches, over restarts. Paths as in ``Paths``."""

    def established(self) -> frozenset[str]:
        """Patterns whose files have all been met once: what is new below them is news."""

    def establish(self, patterns: Collection[str]) -> None:
        """Say that these, and no others, have been."""

    def inside(self, directory: str) -> Mapping[str, Signature]:
        """What is known in a directory, by name."""

    def get(self, directory: str, name: str) -> Signature | None:
        """What is known of one file."""

    def put(self, directory: str, name: str, signature: Signature) -> None:
        """Remember."""

    def drop(self, directory: str, name: str) -> None:
        """Forget."""

    def drop_below(self, directory: str) -> Sequence[str]:
        """Forget all below a directory; the paths that were known, what lies deeper before what holds it."""

    def move(self, directory: str, to: str) -> None:
        """What is known below one directory is from now on known below another."""

    def directories(self) -> Sequence[str]:
        """In which something is known."""

    def forget(self, directory: str) -> None:
        """Forget what is known in a directory, not below it."""


class FileEvents(Protocol):
    """Changes of files, live."""

    def wait(self, timeout_s: float | None) -> None:
        """Until there is something to take, ``wake`` is called, or the time is over."""

    def wake(self) -> None:
        """End a ``wait``, from any thread."""

    def take(self) -> Iterator[FileEvent | Gap | Note]:
        """What has happened, as far as it is known now; what could not be watched or was missed is a gap."""

    def close(self) -> None:
        """Watch no longer."""


class FactCache(Protocol):
    """Facts kept per layer × reader × revision. Losing it costs time and nothing else."""

    def load(self, keys: Collection[str]) -> Mapping[str, bytes]:
        """The values that are there."""

    def save(self, values: Mapping[str, bytes]) -> None:
        """Keep; never raises for lack of room or permission."""


class Advisories(Protocol):
    """Look-up in the advisory database."""

    def covering(self, inventory: Inventory) -> Sequence[Feed | Gap]:
        """The feeds that speak of this inventory and are there, each with its date; a gap for each that is missing."""

    def about(self, feed: Feed, packages: Collection[str]) -> Iterable[Advisory | Gap]:
        """All that a feed says of the named packages (source or package names, as the feed's advisories are about), in stable order."""

    def scores(self, ids: Collection[str]) -> Iterable[Score]:
        """What is known of these flaws."""

    def lifecycles(self, inventory: Inventory) -> Iterable[Lifecycle]:
        """What is known of the support of this inventory's release and its packages."""


class Clock(Protocol):
    """The time, handed in."""

    def now(self) -> datetime:
        """Now, in UTC."""


class Step(Protocol):
    """One piece of work that is under way."""

    def advance(self, amount: int = 1) -> None:
        """So much more is done."""


class Progress(Protocol):
    """Says how work goes on. A terminal shows bars, a pipe lines, a server keeps a log."""

    def step(self, what: str, total: int | None = None, unit: str = "") -> AbstractContextManager[Step]:
        """A piece of work; ``total`` in ``unit`` (``B`` for bytes) when known."""

    def finished(self, what: str, detail: str = "") -> None:
        """One target, feed or other thing is done."""

    def warn(self, what: str) -> None:
        """Something the user should know that is no gap of the report."""


__all__ = [
    "KIBIBYTE", "MEBIBYTE", "Advisories", "Clock", "Commands", "Docker", "Entry", "FactCache", "File", "FileEvents", "Files",
    "KnownFiles", "Paths", "Progress", "Reads", "Step",
]  # fmt: skip
