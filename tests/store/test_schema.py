"""The columns that both databases would keep differently."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import select

from hullwatch.store import migrations
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


def test_migrations_are_numbered_without_a_hole() -> None:
    """Each follows the one before it, its file says its number, and the code needs the last."""
    scripts = list(ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions())[::-1]
    numbers = [f"{number:04}" for number in range(1, len(scripts) + 1)]
    assert [script.revision for script in scripts] == numbers
    assert [script.down_revision for script in scripts] == [None, *numbers[:-1]]
    assert [Path(script.path).name[1:5] for script in scripts] == numbers
    assert numbers[-1] == NEWEST
