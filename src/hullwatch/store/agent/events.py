"""What an agent knows of the files it watches, and the events it has noticed: one file of SQLite, so that both are kept or neither is."""

import os
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ...model.agent import FileEvent, KeptFileEvent, Signature
from .database import connect, transaction

UNTOLD_MOST = 1_000_000
"""Events that are kept for queries that have not run yet: some 300 MB."""
_VERSION = 1
_SCHEMA = (
    """create table known (directory blob not null, name blob not null, mode integer not null, inode integer not null, uid integer not null,
       gid integer not null, size integer not null, modified integer not null, changed integer not null,
       primary key (directory, name)) without rowid""",
    "create table established (pattern text primary key) without rowid",
    "create table events (number integer primary key autoincrement, at integer not null, event blob not null)",
    "create table series (name text not null)",
)
_SIGNATURE = "mode, inode, uid, gid, size, modified, changed"
_WRAP = 1 << 64
"""Inodes and sizes have 64 bits without a sign, SQLite's integers have one."""


class EventStore:
    """One writer: the one that watches. Fills the port ``KnownFiles``."""

    def __init__(self, directory: Path) -> None:
        """Raises HomeUnavailable."""
        self._connection, self.was_damaged = connect(directory / "hullwatch-events.sqlite", _SCHEMA, _VERSION)
        if self._connection.execute("select 1 from series").fetchone() is None:
            self._connection.execute("insert into series values (?)", (secrets.token_hex(8),))
        self._encoder = msgspec.msgpack.Encoder()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All that is done inside is kept, or nothing is. Raises HomeUnavailable."""
        with transaction(self._connection):
            yield

    def close(self) -> None:
        """Give the file up."""
        self._connection.close()

    def add(self, event: FileEvent) -> None:
        """Keep an event."""
        self._connection.execute("insert into events (at, event) values (?, ?)", (event.at, self._encoder.encode(event)))

    def expire(self, *, before: int, told: int, most_told: int) -> int:
        """Drop what was told (numbers up to ``told``) and is older than ``before`` or beyond ``most_told``; all beyond ``UNTOLD_MOST``.

        Returns how many of these last had not been told.
        """
        newest = int(self._connection.execute("select coalesce(max(number), 0) from events").fetchone()[0])
        self._connection.execute("delete from events where number <= ? and (at < ? or number <= ?)", (told, before, newest - most_told))
        return self._connection.execute("delete from events where number <= ?", (newest - UNTOLD_MOST,)).rowcount

    def established(self) -> frozenset[str]:
        """Patterns whose files have all been met once."""
        return frozenset(pattern for (pattern,) in self._connection.execute("select pattern from established"))

    def establish(self, patterns: Collection[str]) -> None:
        """These, and no others."""
        self._connection.execute("delete from established")
        self._connection.executemany("insert into established values (?)", ((pattern,) for pattern in patterns))

    def inside(self, directory: str) -> Mapping[str, Signature]:
        """What is known in a directory, by name."""
        found = self._connection.execute(f"select name, {_SIGNATURE} from known where directory = ?", (os.fsencode(directory),))  # noqa: S608 - names of columns only
        return {os.fsdecode(name): _signature(*values) for name, *values in found}

    def get(self, directory: str, name: str) -> Signature | None:
        """What is known of one file."""
        key = (os.fsencode(directory), os.fsencode(name))
        found = self._connection.execute(f"select {_SIGNATURE} from known where directory = ? and name = ?", key).fetchone()  # noqa: S608
        return _signature(*found) if found else None

    def put(self, directory: str, name: str, signature: Signature) -> None:
        """Remember."""
        values = (_signed(value) for value in msgspec.structs.astuple(signature))
        self._connection.execute(
            "insert or replace into known values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (os.fsencode(directory), os.fsencode(name), *values),
        )

    def drop(self, directory: str, name: str) -> None:
        """Forget."""
        self._connection.execute("delete from known where directory = ? and name = ?", (os.fsencode(directory), os.fsencode(name)))

    def drop_below(self, directory: str) -> Sequence[str]:
        """Forget all below a directory; the paths that were known, what lies deeper before what holds it."""
        path = os.fsencode(directory)
        range_ = (path, path + b"/", path + b"0")  # "0" comes after "/"
        found = self._connection.execute(
            "select directory, name from known where directory = ? or (directory > ? and directory < ?)", range_
        )
        paths = [os.fsdecode(above + b"/" + name) for above, name in found]
        self._connection.execute("delete from known where directory = ? or (directory > ? and directory < ?)", range_)
        return sorted(paths, key=lambda each: each.count("/"), reverse=True)

    def move(self, directory: str, to: str) -> None:
        """What is known below one directory is from now on known below another."""
        self.drop_below(to)
        path, new = os.fsencode(directory), os.fsencode(to)
        self._connection.execute(
            "update known set directory = cast(? || substr(directory, ?) as blob) where directory = ? or (directory > ? and directory < ?)",
            (new, len(path) + 1, path, path + b"/", path + b"0"),
        )

    def directories(self) -> Sequence[str]:
        """In which something is known."""
        return [os.fsdecode(path) for (path,) in self._connection.execute("select distinct directory from known")]

    def forget(self, directory: str) -> None:
        """Forget what is known in a directory, not below it."""
        self._connection.execute("delete from known where directory = ?", (os.fsencode(directory),))


class KeptEvents:
    """Reads events while they are written."""

    def __init__(self, directory: Path) -> None:
        """Raises HomeUnavailable."""
        self._connection, _ = connect(directory / "hullwatch-events.sqlite", _SCHEMA, _VERSION)
        self._decoder = msgspec.msgpack.Decoder(FileEvent)

    @property
    def series(self) -> str:
        """Changes when numbers begin anew."""
        found: tuple[str] | None = self._connection.execute("select name from series").fetchone()
        return found[0] if found else ""

    def after(self, number: int, most: int) -> Iterable[KeptFileEvent]:
        """At most so many events with higher numbers, in their order; those that are there now."""
        found = self._connection.execute("select number, event from events where number > ? order by number limit ?", (number, most))
        return [KeptFileEvent(each, self._decoder.decode(event)) for each, event in found.fetchall()]

    def newest(self) -> int:
        """The highest number that is there now; 0 where there is none."""
        (number,) = self._connection.execute("select coalesce(max(number), 0) from events").fetchone()
        return int(number)

    def close(self) -> None:
        """Give the file up."""
        self._connection.close()


def _signature(*values: int) -> Signature:
    mode, inode, uid, gid, size, modified, changed = values
    return Signature(mode, inode % _WRAP, uid, gid, size, modified, changed)


def _signed(value: int) -> int:
    return value - _WRAP if value >= _WRAP >> 1 else value
