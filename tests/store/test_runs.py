"""Runs as they are listed and cleared away, on both databases."""

from hullwatch.model import Report
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Counts, Parameters, RunStatus

from .judgements import IMAGE, day, flaw, image, judged, package, remember


def ask(memory: Memory, *references: str) -> int:
    """A run of these, ended, with a report of each."""
    run = memory.work.request("scan", references, by="ann", at=day(0), parameters=Parameters(only=("benchmark",))).id
    for position in range(len(references)):
        memory.work.begin(run, position, day(1))
        report = Report(made_at=day(1), machine=f"m{position}", version="1")
        memory.work.end(run, position, RunStatus.SUCCEEDED, day(1), report=report)
    return run


def test_the_newest_run_comes_first(memory: Memory) -> None:
    """A terminal's runs are among them; a page begins below a number."""
    first, second = ask(memory, "host"), ask(memory, "daemon")
    remember(memory.history, 2, judged(image([package("zlib1g")]), flaw("CVE-1", "zlib")))
    third = memory.runs.page()[0]
    assert (third.requested_by, third.total, third.status, third.finished_at) == ("", 0, RunStatus.SUCCEEDED, day(2))
    assert [each.id for each in memory.runs.page()] == [third.id, second, first]
    assert [each.id for each in memory.runs.page(before=second)] == [first]
    assert [each.id for each in memory.runs.page(limit=1)] == [third.id]
    assert [each.id for each in memory.runs.page(reference="host")] == [first]
    assert memory.runs.page(status="failed") == []
    assert memory.runs.by_status() == {"succeeded": 3}
    assert memory.runs.get(first).parameters == Parameters(only=("benchmark",))


def test_reports_are_kept_of_the_last_runs(memory: Memory) -> None:
    """What they found stays in history; the runs themselves too."""
    runs = [ask(memory, "host", "daemon") for _ in range(3)]
    assert [report.machine for report in memory.runs.reports(runs[0])] == ["m0", "m1"]
    assert memory.runs.forget_reports(keep=2) == 2
    assert memory.runs.forget_reports(keep=2) == 0
    assert [len(memory.runs.reports(run)) for run in runs] == [0, 2, 2]
    assert [each.has_report for each in memory.runs.targets(runs[0])] == [False, False]
    assert memory.runs.forget_reports(keep=5) == 0


def test_what_a_run_judges_is_remembered_once(memory: Memory) -> None:
    """Work that is done again is told the same as the first time, and finds nothing twice."""
    one, two = flaw("CVE-1", "zlib"), flaw("CVE-2", "zlib")
    found = image([package("zlib1g", source="zlib")])
    remember(memory.history, 0, judged(found, one))
    run = memory.work.request("scan", [IMAGE], by="ann", at=day(1), parameters=Parameters()).id
    first = memory.history.remember([judged(found, two)], started_at=day(1), finished_at=day(1), run=run)
    assert (first[IMAGE].new, first[IMAGE].mended, first[IMAGE].run) == (frozenset({two.id}), (one.id,), run)
    again = memory.history.remember([judged(found, two)], started_at=day(2), finished_at=day(2), run=run)
    assert again == first
    assert memory.history.previous(IMAGE) == day(1)
    assert [(each.present, each.reopened) for each in memory.history.findings(IMAGE)] == [(False, 0), (True, 0)]


def test_targets_of_one_run_are_judged_at_their_own_times(memory: Memory) -> None:
    """A run that is under way has no end yet; what it has judged was judged."""
    other = "docker:shop/worker:2.4"
    run = memory.work.request("scan", [IMAGE, other], by="ann", at=day(0), parameters=Parameters()).id
    memory.work.begin(run, 0, day(1))
    memory.history.remember([judged(image([package("zlib1g")]))], started_at=day(1), finished_at=day(2), run=run)
    assert memory.history.previous(IMAGE) == day(2)
    memory.history.remember([judged(image([package("zlib1g")], reference=other))], started_at=day(1), finished_at=day(3), run=run)
    assert memory.history.previous(other) == day(3)
    assert memory.runs.get(run).finished_at is None


def test_counts_add_up() -> None:
    """Severity by severity."""
    added = Counts(findings={"high": 1}, new=1, exploited=1, failed=True) + Counts(findings={"high": 2, "low": 1}, waived=3, gone=1, gaps=2)
    assert added == Counts(findings={"high": 3, "low": 1}, new=1, exploited=1, failed=True, waived=3, gone=1, gaps=2)
