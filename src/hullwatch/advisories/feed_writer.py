"""Making a feed's file: beside its place, synchronised, then renamed into it, so that a reader sees the old one or the new one, whole."""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import assert_never

import msgspec

from ..errors import HomeUnavailable, Malformed, Unreachable
from ..model import Advisory, Feed, Gap, Lifecycle, Score
from .feed_file import FORMAT, SCHEMA, Fingerprint, select_memos, select_memos_below
from .records import Memo, PackageGap, Record

_TEMPORARY = ".new-"
_POLL_S = 0.1
_MOMENT_S = 60

_pack = msgspec.msgpack.Encoder().encode


class FeedWriter:
    """Fills a feed's file that nobody reads yet."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.count = 0
        """How many advisories and scores were added by this writer."""
        [(self._number,)] = connection.execute(
            "select max(coalesce((select max(number) from advisories), 0), coalesce((select max(number) from scores), 0),"
            " coalesce((select max(number) from lifecycles), 0), coalesce((select max(number) from gaps), 0))"
        )

    def describe(self, feed: Feed) -> None:
        """Write the feed itself, in place of what was written."""
        rows = [("format", FORMAT), ("feed", msgspec.json.encode(feed))]
        self._connection.executemany("insert or replace into meta values (?, ?)", rows)

    def fetched(self, fingerprints: Iterable[Fingerprint]) -> None:
        """Write what was fetched, in place of what was written."""
        self._connection.execute("delete from documents")
        rows = [(each.address, msgspec.json.encode(each)) for each in fingerprints]
        self._connection.executemany("insert or replace into documents values (?, ?)", rows)

    def retell(self, package: str, records: Iterable[Record]) -> None:
        """Put these in place of all that is said of one package; they need not be counted."""
        before = self.count
        self._connection.execute("delete from advisories where package = ?", (package,))
        for record in records:
            self.add(record)
        self.count = before

    def add(self, record: Record) -> None:
        """Write one record; its place among the others is kept."""
        self._number += 1
        match record:
            case Advisory():
                self.count += 1
                self._insert("advisories", record.package, self._number, _pack(record))
            case PackageGap():
                self._insert("advisories", record.package, self._number, _pack(record.gap))
            case Score():
                self.count += 1
                self._insert("scores", record.id, self._number, _pack(record))
            case Lifecycle():
                self._insert("lifecycles", self._number, _pack(record))
            case Gap():
                self._insert("gaps", self._number, _pack(record))
            case Memo():
                self._insert("memos", record.key, record.value)
            case _:
                assert_never(record)

    def memos(self, keys: Collection[str]) -> Mapping[str, bytes]:
        """The source's memos that were written so far."""
        return select_memos(self._connection, keys)

    def memos_below(self, prefix: str) -> Mapping[str, bytes]:
        """Those whose keys begin so."""
        return select_memos_below(self._connection, prefix)

    def _insert(self, table: str, *values: object) -> None:
        self._connection.execute(f"insert or replace into {table} values ({','.join('?' * len(values))})", values)  # noqa: S608  # tables are ours


@contextmanager
def writing(path: Path, *, like: Path | None = None) -> Iterator[FeedWriter]:
    """Fill a new file (a copy of ``like`` where given), which takes its place when the block ends well.

    Raises HomeUnavailable when it cannot be written (a full disk, say); what was there stays.
    """
    with _home_trouble(path), _beside(path) as temporary:
        if like is not None:
            shutil.copyfile(like, temporary)
        connection = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.executescript("pragma journal_mode=off; pragma synchronous=off; pragma temp_store=memory;")
            connection.execute("begin")
            if like is None:
                for statement in filter(str.strip, SCHEMA.split(";")):
                    connection.execute(statement)
            yield FeedWriter(connection)
            connection.execute("commit")
        finally:
            connection.close()


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path``, locked for as long as its writer lives; renamed when all went well, else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f"{_TEMPORARY}{path.stem}-", dir=path.parent)
    temporary = Path(name)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield temporary
        os.fsync(descriptor)
        temporary.replace(path)
        _sync_directory(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clean_leftovers(directory: Path) -> None:
    """Remove what writers left behind that died; a living writer holds a lock on its file, save for the moment in which it makes it."""
    for leftover in directory.glob(f"{_TEMPORARY}*"):
        with contextlib.suppress(OSError), leftover.open("rb") as stream:
            if time.time() - os.fstat(stream.fileno()).st_mtime > _MOMENT_S:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                leftover.unlink(missing_ok=True)


@contextmanager
def only_one(path: Path, *, patience_s: float) -> Iterator[None]:
    """Hold the lock at ``path``; two updates of one feed come one after the other. Raises Unreachable when it stays held, HomeUnavailable.

    A file system without locks lets both go on: the last to finish wins, whole.
    """
    with _home_trouble(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("wb")
    with stream:
        ends = time.monotonic() + patience_s
        while not _locked(stream.fileno()):
            if time.monotonic() > ends:
                raise Unreachable(f"another update has held {path} for {patience_s:.0f} s", remedy="wait for it, or end it")
            time.sleep(_POLL_S)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def _home_trouble(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not isinstance(error, sqlite3.OperationalError):
            raise Malformed(f"{path}: damaged: {error}", remedy="hullwatch db update --force builds it anew") from error
        raise _unwritable(path, str(error)) from error
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def _unwritable(path: Path, reason: str) -> HomeUnavailable:
    return HomeUnavailable(f"{path} cannot be written: {reason}", remedy="make room or set HULLWATCH_HOME; the feed that was there stays")
