"""The columns that both databases would keep differently."""

from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import select

from hullwatch.store.database import connect, transaction
from hullwatch.store.history import History
from hullwatch.store.runs import begin_run
from hullwatch.store.schema import NEWEST, runs


def test_a_time_comes_back_in_utc_to_the_microsecond(history: History, address: str) -> None:
    """Whatever zone it was given in, and whatever zone the server keeps."""
    there = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with transaction(connect(address), write=True) as connection:
        run = begin_run(connection, "scan", there, there)
        (found,) = connection.scalars(select(runs.c.started_at).where(runs.c.id == run))
    assert found == there
    assert found.tzinfo is UTC


def test_migrations_have_numbers_that_sort() -> None:
    """Newer and older is told by their order as text."""
    assert len(NEWEST) == 4
    assert NEWEST.isdecimal()
