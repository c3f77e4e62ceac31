"""Schedules on both databases: for each slot there is one run, whoever comes first."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from hullwatch.errors import Misuse, NotFound
from hullwatch.model import Target, TargetKind
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Parameters, RunStatus
from hullwatch.store.schedules import NewSchedule, Schedule, Slot

from .judgements import day

DAILY = NewSchedule(
    name="nightly",
    cron="0 12 * * *",
    time_zone="UTC",
    job="scan",
    targets=("host",),
    parameters=Parameters(),
    paused=False,
    next_run_at=day(1),
)


def add(memory: Memory, name: str = "nightly", **given: object) -> Schedule:
    """A schedule that is due on day 1."""
    return memory.schedules.add(replace(DAILY, name=name, **given), by="ann", at=day(0))


def slot(schedule: Schedule, **given: str) -> Slot:
    """Its slot of day 1."""
    return Slot(schedule=schedule.id, at=day(1), next_run_at=day(2), **given)


def test_what_is_due_is_told_and_nothing_else(memory: Memory) -> None:
    """Not what is paused, nor what comes later; the most overdue first."""
    later, first = add(memory, "later", next_run_at=day(2)), add(memory, "first")
    add(memory, "paused", paused=True)
    add(memory, "never", next_run_at=None)
    assert memory.schedules.due(day(0)) == []
    assert [each.id for each in memory.schedules.due(day(1))] == [first.id]
    assert [each.id for each in memory.schedules.due(day(3))] == [first.id, later.id]


def test_a_slot_has_one_run(memory: Memory) -> None:
    """Of many processes that find it due, one asks for it."""
    schedule = add(memory)
    with ThreadPoolExecutor(6) as pool:
        asked = [
            run
            for run in pool.map(lambda _: memory.schedules.fire(slot(schedule), day(1), targets=schedule.targets), range(6))
            if run is not None
        ]
    assert len(asked) == 1
    run = memory.runs.get(asked[0])
    assert (run.schedule, run.requested_by, run.status) == ("nightly", "schedule nightly", RunStatus.QUEUED)
    assert [each.reference for each in memory.runs.targets(run.id)] == ["host"]
    found = memory.schedules.get(schedule.id)
    assert (found.next_run_at, found.last_run, found.last_run_at) == (day(2), run.id, day(1))
    assert [each.id for each in memory.runs.page(schedule=schedule.id)] == [run.id]


def test_a_run_under_way_makes_the_next_slot_miss(memory: Memory) -> None:
    """Two at once would only wait for each other; it is said that it was missed, and why."""
    schedule = add(memory)
    run = memory.schedules.fire(slot(schedule), day(1), targets=schedule.targets)
    assert memory.schedules.fire(Slot(schedule=schedule.id, at=day(2), next_run_at=day(3)), day(2), targets=["host"]) is None
    found = memory.schedules.get(schedule.id)
    assert (found.missed_at, found.missed_why, found.next_run_at) == (day(2), f"run {run} was still under way", day(3))


def test_a_slot_that_was_missed_has_no_run(memory: Memory) -> None:
    """What is said of it is kept."""
    schedule = add(memory)
    assert memory.schedules.fire(slot(schedule, missed="no server ran"), day(4)) is None
    assert memory.schedules.get(schedule.id).missed_why == "no server ran"
    assert memory.runs.page() == []


def test_no_target_named_means_all_that_are_watched_then(memory: Memory) -> None:
    """Nothing watched: the slot is missed. An update has no targets."""
    schedule = add(memory, targets=())
    assert memory.schedules.fire(slot(schedule), day(1), targets=schedule.targets) is None
    assert memory.schedules.get(schedule.id).missed_why == "no target is watched"
    with pytest.raises(Misuse, match="no target is watched"):
        memory.schedules.run_now(schedule.id, by="bob", at=day(1))
    for reference in ("host", "daemon"):
        memory.targets.watch(Target(kind=TargetKind(reference), reference=reference), name="", labels=(), by="ann", at=day(0))
    run = memory.schedules.run_now(schedule.id, by="bob", at=day(1))
    assert [each.reference for each in memory.runs.targets(run)] == ["daemon", "host"]
    assert memory.runs.get(run).requested_by == "bob"
    update = memory.schedules.run_now(add(memory, "feeds", job="update", targets=()).id, by="bob", at=day(1))
    assert [each.reference for each in memory.runs.targets(update)] == [""]


def test_a_schedule_that_is_removed_leaves_its_runs(memory: Memory) -> None:
    """They no longer say whose they were."""
    schedule = add(memory)
    run = memory.schedules.run_now(schedule.id, by="bob", at=day(1), targets=["host"])
    memory.schedules.remove(schedule.id)
    assert memory.runs.get(run).schedule == ""
    for ask in (memory.schedules.get, memory.schedules.remove):
        with pytest.raises(NotFound, match="no schedule"):
            ask(schedule.id)


def test_a_name_is_taken_once(memory: Memory) -> None:
    """A schedule may keep its own."""
    schedule, other = add(memory), add(memory, "other")
    assert memory.schedules.change(schedule.id, replace(DAILY, paused=True)).paused
    with pytest.raises(Misuse, match="a schedule 'nightly' already"):
        memory.schedules.change(other.id, DAILY)
    with pytest.raises(Misuse, match="a schedule 'nightly' already"):
        add(memory)
    found = memory.schedules.named("other")
    assert found is not None
    assert found.id == other.id
