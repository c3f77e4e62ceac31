"""A file of the agent's memory: SQLite with a journal, so that what was committed survives ``kill -9``."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ...errors import HomeUnavailable

_BUSY_S = 30


def connect(path: Path, schema: Sequence[str], version: int) -> tuple[sqlite3.Connection, bool]:
    """Open a file for its owner alone, made where it is missing; True where a damaged or foreign one had to be put aside.

    Connections do not commit by themselves: see ``transaction``. They may be handed to another thread, not shared. Raises HomeUnavailable.
    """
    for put_aside in (False, True):
        connection = None
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            _prepare(connection, schema, version)
        except OSError as error:
            raise HomeUnavailable(f"{path}: {error.strerror}", remedy="run with sudo, or pass another --database-path") from error
        except sqlite3.DatabaseError as error:
            if connection is not None:
                connection.close()
            if put_aside or isinstance(error, sqlite3.OperationalError):
                raise _unavailable(path, error) from error
            _put_aside(path)
        else:
            return connection, put_aside
    raise AssertionError  # the loop returns or raises


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing. Raises HomeUnavailable."""
    try:
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
    except sqlite3.DatabaseError as error:
        raise _unavailable(Path("the agent's memory"), error) from error


def _prepare(connection: sqlite3.Connection, schema: Sequence[str], version: int) -> None:
    (found,) = connection.execute("pragma user_version").fetchone()
    connection.execute("pragma synchronous = normal")
    if found == version:
        return
    if found:
        raise sqlite3.DatabaseError(f"it was written by another version ({found})")
    connection.execute("pragma journal_mode = wal")
    connection.execute("begin immediate")
    for statement in schema:
        connection.execute(statement)
    connection.execute(f"pragma user_version = {version}")
    connection.execute("commit")


def _put_aside(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    path.replace(f"{path}.damaged")


def _unavailable(path: Path, error: sqlite3.Error) -> HomeUnavailable:
    return HomeUnavailable(f"{path}: {error}", remedy="make room there, or see who else uses it")
