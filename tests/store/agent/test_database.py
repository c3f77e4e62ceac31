"""Files of an agent's memory."""

import sqlite3
from pathlib import Path

import pytest

from hullwatch.errors import HomeUnavailable
from hullwatch.store.agent.database import connect, transaction

SCHEMA = ("create table t (x integer primary key)",)


def test_a_file_is_its_owners_alone_and_keeps_what_was_committed(tmp_path: Path) -> None:
    """And nothing of what was not."""
    connection, put_aside = connect(tmp_path / "m.sqlite", SCHEMA, 1)
    assert not put_aside
    assert (tmp_path / "m.sqlite").stat().st_mode & 0o777 == 0o600
    with transaction(connection):
        connection.execute("insert into t values (1)")
    with pytest.raises(KeyError):
        _write_and_fail(connection)
    connection.close()
    connection, _ = connect(tmp_path / "m.sqlite", SCHEMA, 1)
    assert connection.execute("select x from t").fetchall() == [(1,)]
    connection.close()


def _write_and_fail(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        connection.execute("insert into t values (2)")
        raise KeyError


@pytest.mark.parametrize("damage", [b"this is no database at all, and long enough to be one" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_put_aside(tmp_path: Path, damage: bytes) -> None:
    """A new one begins, and it is said."""
    (tmp_path / "m.sqlite").write_bytes(damage)
    connection, put_aside = connect(tmp_path / "m.sqlite", SCHEMA, 1)
    connection.close()
    assert put_aside
    assert (tmp_path / "m.sqlite.damaged").read_bytes() == damage


def test_a_file_of_another_version_is_put_aside(tmp_path: Path) -> None:
    """Whatever it holds."""
    connect(tmp_path / "m.sqlite", SCHEMA, 7)[0].close()
    connection, put_aside = connect(tmp_path / "m.sqlite", SCHEMA, 8)
    connection.close()
    assert put_aside


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(HomeUnavailable, match="--database-path"):
        connect(tmp_path / "nowhere/m.sqlite", SCHEMA, 1)


def test_what_the_database_refuses_is_an_error_of_ours(tmp_path: Path) -> None:
    """And the transaction is over."""
    connection, _ = connect(tmp_path / "m.sqlite", SCHEMA, 1)
    with pytest.raises(HomeUnavailable), transaction(connection):
        connection.execute("insert into nothing values (1)")
    with transaction(connection):
        connection.execute("insert into t values (1)")
    connection.close()
    with pytest.raises(HomeUnavailable), transaction(connection):
        connection.execute("select 1")
    assert isinstance(connection, sqlite3.Connection)
