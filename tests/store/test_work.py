"""The life of runs on both databases: each ends exactly once, whoever asks again."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from hullwatch.errors import NotFound
from hullwatch.model import Gap
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Counts, Parameters, RunStatus

from .judgements import day

GAP = Gap(kind="unreachable", what="host web-1", why="connection refused")


def ask(memory: Memory, *references: str, fail_on: str = "high") -> int:
    """A run of these."""
    return memory.work.request("scan", references, by="ann", at=day(0), parameters=Parameters(fail_on=fail_on)).id


def test_a_run_goes_from_queued_over_running_to_its_end(memory: Memory) -> None:
    """Its times are those of its first and its last target."""
    run = ask(memory, "host", "daemon")
    assert memory.runs.get(run).status is RunStatus.QUEUED
    begun = memory.work.begin(run, 0, day(1))
    assert begun is not None
    assert (begun.reference, begun.attempts, begun.run.status) == ("host", 1, RunStatus.RUNNING)
    memory.work.end(run, 0, RunStatus.SUCCEEDED, day(2), counts=Counts(findings={"high": 2}, new=1, failed=True))
    assert memory.runs.get(run).open
    memory.work.begin(run, 1, day(3))
    ended = memory.work.end(run, 1, RunStatus.SUCCEEDED, day(4), counts=Counts(findings={"high": 1, "low": 1}, gaps=1, incomplete=True))
    assert (ended.status, ended.started_at, ended.finished_at) == (RunStatus.SUCCEEDED, day(1), day(4))
    assert (ended.counts.findings, ended.counts.new, ended.counts.gaps) == ({"high": 3, "low": 1}, 1, 1)
    assert (ended.exit_status, ended.failed, ended.incomplete, ended.done, ended.total) == (1, True, True, 2, 2)


@pytest.mark.parametrize(
    ("outcomes", "fail_on", "status", "exit_status"),
    [
        ([Counts(), Counts()], "high", RunStatus.SUCCEEDED, 0),
        ([Counts(gaps=1, incomplete=True), Counts()], "high", RunStatus.SUCCEEDED, 3),
        ([Counts(failed=True), Counts(incomplete=True)], "high", RunStatus.SUCCEEDED, 1),
        ([Counts(), None], "high", RunStatus.SUCCEEDED, 3),
        ([Counts(incomplete=True), None], "never", RunStatus.SUCCEEDED, 0),
        ([Counts(incomplete=True), None], " Never", RunStatus.SUCCEEDED, 0),
        ([None, None], "high", RunStatus.FAILED, 2),
    ],
)
def test_how_a_run_ends_follows_from_its_targets(
    memory: Memory, outcomes: list[Counts | None], fail_on: str, status: RunStatus, exit_status: int
) -> None:
    """As on the command line; one that could not be looked at (None) spoils nothing but completeness."""
    run = ask(memory, "host", "daemon", fail_on=fail_on)
    for position, counts in enumerate(outcomes):
        memory.work.begin(run, position, day(1))
        if counts is None:
            memory.work.end(run, position, RunStatus.FAILED, day(1), error=GAP, counts=Counts(gaps=1, incomplete=True))
        else:
            memory.work.end(run, position, RunStatus.SUCCEEDED, day(1), counts=counts)
    ended = memory.runs.get(run)
    assert (ended.status, ended.exit_status) == (status, exit_status)
    assert [each.error for each in memory.runs.targets(run)] == [None if counts else GAP for counts in outcomes]


def test_what_has_ended_stays_as_it_is(memory: Memory) -> None:
    """Whoever ends it again, begins it again or cancels it changes nothing."""
    run = ask(memory, "host")
    memory.work.begin(run, 0, day(1))
    ended = memory.work.end(run, 0, RunStatus.SUCCEEDED, day(2), counts=Counts(new=1))
    assert memory.work.end(run, 0, RunStatus.FAILED, day(3), error=GAP, counts=Counts(new=5)) == ended
    assert memory.work.begin(run, 0, day(3)) is None
    assert memory.work.cancel(run, "bob", day(3)) == []
    assert memory.runs.get(run) == ended


def test_work_whose_worker_died_is_begun_again(memory: Memory) -> None:
    """It is counted how often."""
    run = ask(memory, "host")
    assert [begun.attempts for number in range(3) if (begun := memory.work.begin(run, 0, day(number)))] == [1, 2, 3]
    assert memory.runs.targets(run)[0].started_at == day(0)


def test_many_end_one_run_once(memory: Memory) -> None:
    """Targets that end at the same time, each several times: the sums are right and the last one ends the run."""
    run = ask(memory, *(f"dir:/{number}" for number in range(8)))

    def finish(position: int) -> bool:
        memory.work.begin(run, position, day(1))
        return memory.work.end(run, position, RunStatus.SUCCEEDED, day(1), counts=Counts(new=1)).open

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(finish, [*range(8), *range(8)]))
    ended = memory.runs.get(run)
    assert (ended.done, ended.counts.new, ended.status) == (8, 8, RunStatus.SUCCEEDED)
    assert [line.text for line in memory.logs.read(run)] == [f"run {run} succeeded"]


def test_cancelling_ends_what_waits_and_leaves_the_rest_to_notice(memory: Memory) -> None:
    """The run ends when the last of it has; what the first target found counts."""
    run = ask(memory, "host", "daemon", "dir:/a")
    memory.work.begin(run, 0, day(1))
    assert [each.reference for each in memory.work.cancel(run, "bob", day(2))] == ["daemon", "dir:/a"]
    found = memory.runs.get(run)
    assert (found.status, found.cancelled_by, found.done) == (RunStatus.RUNNING, "bob", 2)
    assert memory.runs.is_cancelled(run)
    ended = memory.work.end(run, 0, RunStatus.CANCELLED, day(3))
    assert (ended.status, ended.error, ended.exit_status) == (RunStatus.CANCELLED, "cancelled by bob", None)


def test_cancelling_before_anything_began_ends_at_once(memory: Memory) -> None:
    """And work that comes too late does not begin."""
    run = ask(memory, "host")
    memory.work.cancel(run, "bob", day(1))
    assert memory.runs.get(run).status is RunStatus.CANCELLED
    assert memory.work.begin(run, 0, day(2)) is None


def test_work_that_is_under_way_elsewhere_ends_when_it_is_begun_again(memory: Memory) -> None:
    """Its worker died after somebody asked that it end."""
    run = ask(memory, "host")
    memory.work.begin(run, 0, day(1))
    memory.work.cancel(run, "bob", day(2))
    assert memory.work.begin(run, 0, day(3)) is None
    assert memory.runs.get(run).status is RunStatus.CANCELLED


def test_what_waits_is_told_oldest_first(memory: Memory) -> None:
    """Each with a key that no other run has, in this database or another."""
    first, second = ask(memory, "host", "daemon"), ask(memory, "host")
    memory.work.begin(first, 0, day(1))
    memory.work.end(first, 0, RunStatus.SUCCEEDED, day(1))
    assert [(each.run, each.position, each.reference) for each in memory.work.waiting()] == [(first, 1, "daemon"), (second, 0, "host")]
    assert len({each.key for each in memory.work.waiting()}) == 2


def test_a_run_that_is_not_there_is_not_found(memory: Memory) -> None:
    """Whatever is asked of it."""
    for ask_for in (memory.runs.get, memory.runs.targets, memory.runs.reports):
        with pytest.raises(NotFound, match="no run 7"):
            ask_for(7)
    with pytest.raises(NotFound, match="no run 7"):
        memory.work.cancel(7, "bob", day(1))
