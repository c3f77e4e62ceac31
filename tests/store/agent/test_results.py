"""What is remembered of queries."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from hullwatch.model.agent import QueryStatistics
from hullwatch.store.agent.results import Appending, Last, ResultStore, Run

STATISTICS = QueryStatistics(name="q", query="select 1", interval_s=60, executions=1, last_executed=1795600000, wall_time=3, memory=2**40)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ResultStore]:
    """An empty one."""
    made = ResultStore(tmp_path)
    yield made
    made.close()


def test_a_run_is_remembered_whole(store: ResultStore, tmp_path: Path) -> None:
    """Rows with how many there are, epoch, counter, statistics, the last event, lines; also after a restart."""
    store.keep(
        Run(statistics=STATISTICS, epoch=3, counter=0, added={"a": 2, "b": 1}, told=("series", 7), lines=[("r.log", "1"), ("r.log", "2")])
    )
    store.keep(Run(statistics=STATISTICS, epoch=3, counter=1, removed={"a": 1, "b": 1}, added={"c": 1}, lines=[("s.log", "3")]))
    store.close()
    again = ResultStore(tmp_path)
    assert (again.last("q"), again.rows("q")) == (Last(3, 1), {"a": 1, "c": 1})
    assert (again.told("q", "series"), again.told("q", "another"), again.told("none", "series")) == (7, 0, 0)
    assert again.statistics("q") == STATISTICS
    assert sorted(again.files_with_lines()) == ["r.log", "s.log"]
    assert [line for _, line in again.lines("r.log", 10)] == ["1", "2"]
    assert [line for _, line in again.lines("r.log", 1)] == ["1"]
    again.close()


def test_a_query_that_is_logged_whole_leaves_only_lines_and_statistics(store: ResultStore) -> None:
    """It is not compared."""
    store.keep(Run(statistics=STATISTICS, remembered=False, lines=[("s.log", "x")]))
    assert (store.last("q"), store.rows("q"), store.statistics("q")) == (None, {}, STATISTICS)


def test_what_is_no_longer_scheduled_is_forgotten_in_time(store: ResultStore) -> None:
    """What is scheduled never, however long ago it ran."""
    for name in ("old", "kept"):
        store.keep(Run(statistics=replace(STATISTICS, name=name), added={"a": 1}, told=("s", 1)))
    store.forget(["kept"], before=STATISTICS.last_executed + 1)
    assert (store.last("old"), store.rows("old"), store.told("old", "s"), store.statistics("old")) == (None, {}, 0, None)
    assert store.last("kept")
    store.forget([], before=STATISTICS.last_executed)
    assert store.last("kept")


def test_lines_are_waiting_until_they_have_been_written(store: ResultStore) -> None:
    """Those of another file go on waiting."""
    store.keep(Run(statistics=STATISTICS, lines=[("r.log", "1"), ("s.log", "2"), ("r.log", "3")]))
    (first, _), (second, _) = store.lines("r.log", 9)
    store.begin_appending("r.log", Appending(inode=5, offset=10, last=first))
    assert store.appending("r.log") == Appending(5, 10, first)
    store.end_appending("r.log", first)
    assert (store.appending("r.log"), store.lines("r.log", 9)) == (None, [(second, "3")])
    assert len(store.lines("s.log", 9)) == 1


def test_a_setting_stays_what_it_first_was(store: ResultStore) -> None:
    """Such as the name of this instance."""
    assert (store.setting("instance", "a"), store.setting("instance", "b")) == ("a", "a")
