"""One feed as one SQLite file, open for reading; ``feed_writer`` makes such files.

Tables: ``meta`` (the feed as JSON, the format's number), ``documents`` (what was fetched: a fingerprint per address), ``advisories`` by
package in the publisher's order, ``scores`` by flaw, ``lifecycles``, ``gaps`` that concern everyone, ``memos`` of the source's own.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from weakref import finalize

import msgspec
from msgspec import Struct

from ..errors import HomeUnavailable, Malformed
from ..model import Advisory, Feed, Gap, Lifecycle, Score

FORMAT = "1"
SUFFIX = ".sqlite"
SCHEMA = """
create table meta (key text primary key, value blob) without rowid;
create table documents (address text primary key, value blob) without rowid;
create table advisories (package text, number integer, record blob, primary key (package, number)) without rowid;
create table scores (id text, number integer, record blob, primary key (id, number)) without rowid;
create table lifecycles (number integer primary key, record blob);
create table gaps (number integer primary key, record blob);
create table memos (key text primary key, value blob) without rowid;
"""
_CHUNK = 500
"""Names per query, well below what any SQLite allows."""

_advisory = msgspec.msgpack.Decoder(Advisory | Gap)
_score = msgspec.msgpack.Decoder(Score)
_lifecycle = msgspec.msgpack.Decoder(Lifecycle)
_gap = msgspec.msgpack.Decoder(Gap)


class Fingerprint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a document was when it was fetched, so that the next request can be conditional."""

    address: str
    """Of the publisher."""
    place: str = ""
    """Where the bytes came from."""
    sha256: str
    etag: str = ""
    last_modified: str = ""


def file_name(feed_id: str) -> str:
    """The name of a feed's file; no two feeds share one."""
    return quote(feed_id, safe="") + SUFFIX


class FeedFile:
    """A feed's file. It goes on reading what it opened when another takes its place. Every method raises Malformed for a damaged one."""

    feed: Feed

    def __init__(self, path: Path) -> None:
        """Open it. Raises FileNotFoundError, Malformed (also for one of another format), HomeUnavailable."""
        self.path = path
        _readable(path)
        self._connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self.close = finalize(self, self._connection.close)
        try:
            self._open()
        except Malformed:
            self.close()
            raise

    def _open(self) -> None:
        with self._reading():
            meta = dict(self._connection.execute("select key, value from meta"))
            if meta.get("format") != FORMAT:
                raise Malformed(f"{self.path}: written by another version of hullwatch")
            self.feed = msgspec.json.decode(meta["feed"], type=Feed)

    def advisories(self, packages: Collection[str]) -> Iterator[Advisory | Gap]:
        """What is said of these packages, by package, each in the publisher's order."""
        for blob in self._named("advisories", "package", packages):
            with self._reading():
                decoded = _advisory.decode(blob)
            yield decoded

    def scores(self, ids: Collection[str]) -> Iterator[Score]:
        """What is known of these flaws."""
        for blob in self._named("scores", "id", ids):
            with self._reading():
                decoded = _score.decode(blob)
            yield decoded

    def lifecycles(self) -> Sequence[Lifecycle]:
        """All of them, in order."""
        with self._reading():
            return [_lifecycle.decode(row[0]) for row in self._connection.execute("select record from lifecycles order by number")]

    def gaps(self) -> Sequence[Gap]:
        """Those that concern everyone."""
        with self._reading():
            return [_gap.decode(row[0]) for row in self._connection.execute("select record from gaps order by number")]

    def fingerprints(self) -> Mapping[str, Fingerprint]:
        """What was fetched, by address."""
        with self._reading():
            found = [msgspec.json.decode(row[0], type=Fingerprint) for row in self._connection.execute("select value from documents")]
        return {each.address: each for each in found}

    def memos(self, keys: Collection[str]) -> Mapping[str, bytes]:
        """The source's own memos, those that are there."""
        with self._reading():
            return select_memos(self._connection, keys)

    def memos_below(self, prefix: str) -> Mapping[str, bytes]:
        """All of the source's memos whose keys begin so."""
        with self._reading():
            return select_memos_below(self._connection, prefix)

    def count(self) -> int:
        """How many advisories and scores it holds."""
        with self._reading():
            [(number,)] = self._connection.execute("select (select count(*) from advisories) + (select count(*) from scores)")
        return int(number)

    def _named(self, table: str, column: str, names: Collection[str]) -> Iterator[bytes]:
        """Records by name. Only names of our own tables and question marks become part of the query."""
        for some in _chunks(names):
            query = f"select record from {table} where {column} in ({_marks(some)}) order by {column}, number"  # noqa: S608  # our names, marks
            with self._reading():
                rows = self._connection.execute(query, some).fetchall()
            yield from (row[0] for row in rows)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """SQLite and msgspec complain in their own words; here it means that the file is damaged."""
        try:
            yield
        except (sqlite3.Error, msgspec.MsgspecError, KeyError, TypeError, UnicodeDecodeError, ValueError) as error:
            raise Malformed(f"{self.path}: damaged: {error}", remedy="hullwatch db update --force builds it anew") from error


def select_memos(connection: sqlite3.Connection, keys: Collection[str]) -> Mapping[str, bytes]:
    """Memos by key, from a file that is read or written. Raises sqlite3.Error."""
    found: dict[str, bytes] = {}
    for some in _chunks(keys):
        found.update(connection.execute(f"select key, value from memos where key in ({_marks(some)})", some))  # noqa: S608
    return found


def select_memos_below(connection: sqlite3.Connection, prefix: str) -> Mapping[str, bytes]:
    """Memos whose keys begin so. Raises sqlite3.Error."""
    return dict(connection.execute("select key, value from memos where substr(key, 1, ?) = ?", (len(prefix), prefix)))


def _readable(path: Path) -> None:
    """SQLite says "unable to open" for all that may be wrong; the system says what it is."""
    try:
        path.open("rb").close()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise HomeUnavailable(f"{path}: {error.strerror}") from error


def _chunks(names: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(set(names))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def _marks(names: Collection[str]) -> str:
    return ",".join("?" * len(names))
