"""The cache of facts: plain sqlite3, one table, many processes. Losing it costs time and nothing else, so nothing here ever raises."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from ..ports import MEBIBYTE

SCHEMA = 1
MAX_BYTES = 512 * MEBIBYTE
MAX_AGE_DAYS = 90
"""What nobody asked for in so long is dropped."""
_KEYS_AT_ONCE = 500
_BUSY_S = 2
_DROP_OLDEST = """
    delete from facts where key in (
        select key from (select key, sum(length(value)) over (order by used_on, rowid) - length(value) as before from facts)
        where before < ?
    )"""
_DAY_S = 24 * 60 * 60
T = TypeVar("T")


class FactStore:
    """Fills the port ``FactCache``. A file that is damaged or of another version is made anew; one that cannot be used keeps nothing."""

    def __init__(
        self, path: Path, *, max_bytes: int = MAX_BYTES, max_age_days: int = MAX_AGE_DAYS, now: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._max_age_days = max_age_days
        self._today = int(now() // _DAY_S)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._is_usable = True

    def load(self, keys: Collection[str]) -> Mapping[str, bytes]:
        """The values that are there."""
        return self._attempt(lambda connection: self._load(connection, tuple(keys)), {}) if keys else {}

    def save(self, values: Mapping[str, bytes]) -> None:
        """Keep, and drop what is old or too much."""
        if values:
            self._attempt(lambda connection: self._save(connection, values), None)

    def close(self) -> None:
        """Give up the file; the next question opens it again."""
        with self._lock:
            self._close()

    def __del__(self) -> None:
        self._close()

    def _load(self, connection: sqlite3.Connection, keys: tuple[str, ...]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        stale: list[tuple[int, str]] = []
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            some = keys[start : start + _KEYS_AT_ONCE]
            marks = ",".join("?" * len(some))
            question = f"select key, value, used_on from facts where key in ({marks})"  # noqa: S608  # question marks only
            for key, value, used_on in connection.execute(question, some):
                found[key] = value
                if used_on != self._today:
                    stale.append((self._today, key))
        if stale:  # at most once a day for each: reading costs no writing
            connection.executemany("update facts set used_on = ? where key = ?", stale)
            connection.commit()
        return found

    def _save(self, connection: sqlite3.Connection, values: Mapping[str, bytes]) -> None:
        rows = [(key, value, self._today) for key, value in values.items()]
        with connection:
            connection.executemany("insert or replace into facts (key, value, used_on) values (?, ?, ?)", rows)
            self._prune(connection)

    def _prune(self, connection: sqlite3.Connection) -> None:
        connection.execute("delete from facts where used_on < ?", (self._today - self._max_age_days,))
        (pages,), (free,), (size,) = (
            connection.execute(f"pragma {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
        )
        excess = (pages - free) * size - self._max_bytes
        if excess > 0:  # a tenth more than needed, so that it is not for every save
            connection.execute(_DROP_OLDEST, (excess + self._max_bytes // 10,))

    def _attempt(self, act: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Act; once more on a new file when this one is damaged."""
        with self._lock:
            for _ in range(2):
                try:
                    connection = self._open()
                    return otherwise if connection is None else act(connection)
                except sqlite3.OperationalError:
                    return otherwise  # locked for too long, full or read-only: others may still use it
                except sqlite3.DatabaseError:
                    self._discard()
            return otherwise

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is None and self._is_usable:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            except OSError:
                self._is_usable = False
                return None
            self._connection = sqlite3.connect(self._path, timeout=_BUSY_S, check_same_thread=False)
            _prepare(self._connection)
        return self._connection

    def _discard(self) -> None:
        self._close()
        try:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        except OSError:
            self._is_usable = False

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _prepare(connection: sqlite3.Connection) -> None:
    """The table as this version has it, made by whichever process comes first. Raises sqlite3.DatabaseError."""
    if _version(connection) != SCHEMA:
        connection.execute("begin immediate")
        with connection:
            if _version(connection) != SCHEMA:
                connection.execute("drop table if exists facts")
                connection.execute("create table facts (key text primary key, value blob not null, used_on integer not null)")
                connection.execute(f"pragma user_version = {SCHEMA}")
    with suppress(sqlite3.OperationalError):  # others are at work in the older way: it works too, and the next process tries again
        connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("pragma user_version").fetchone()
    return int(version)
