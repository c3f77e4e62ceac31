"""How watched targets stand: what was found when each was last judged, and what became of it since."""

import pytest

from hullwatch.errors import NotFound
from hullwatch.model import Gap, Judgement, Report, TargetReport, Verdict
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Parameters, RunStatus

from ..doubles import NOON
from .judgements import IMAGE, answer, daemon, day, flaw, image, judged, package

CURL = flaw("CVE-2024-0001", "curl")
ZLIB = flaw("CVE-2024-0002", "zlib")


def watch(memory: Memory, judgement: Judgement) -> int:
    """Number of its target."""
    return memory.targets.watch(judgement.inventory.target, name="", labels=(), by="me", at=NOON).id


def run_of(memory: Memory, number: int, judgement: Judgement) -> int:
    """A server's run of one target, on that day; gives its number."""
    reference = judgement.inventory.target.reference
    run = memory.work.request("scan", [reference], by="me", at=day(number), parameters=Parameters()).id
    memory.work.begin(run, 0, day(number))
    memory.history.remember([judgement], started_at=day(number), finished_at=day(number), run=run)
    target = TargetReport(inventory=judgement.inventory, feeds=judgement.feeds, running=True)
    report = Report(made_at=day(number), machine="here", version="1", targets=(target,))
    memory.work.end(run, 0, RunStatus.SUCCEEDED, day(number), report=report)
    return run


def test_a_target_that_was_never_judged(memory: Memory) -> None:
    """Nothing is known of it; a number that is not watched is refused."""
    target = watch(memory, judged(image([])))
    standing = memory.standings.get(target)
    assert (standing.inventory, standing.report, standing.findings, standing.tried) == (None, None, (), None)
    with pytest.raises(NotFound):
        memory.standings.get(target + 1)
    assert [each.watched.id for each in memory.standings.each([target, target + 1])] == [target]


def test_what_was_found_last_and_when_it_was_first_seen(memory: Memory) -> None:
    """With gaps, feeds and report of that run; what is new is so since the time before."""
    inventory = image([package("curl"), package("zlib")])
    target = watch(memory, judged(inventory))
    run_of(memory, 0, judged(inventory, CURL))
    gap = Gap(kind="version-order", what="CVE-2024-0003 on curl", why="x")
    run = run_of(memory, 1, judged(inventory, CURL, ZLIB, gaps=(gap,)))
    standing = memory.standings.get(target)
    assert standing.report is not None
    assert standing.report.targets[0].running
    assert {each.finding.rule: (each.first_seen, each.new) for each in standing.findings} == {
        CURL.rule: (day(0), False),
        ZLIB.rule: (day(1), True),
    }
    assert standing.gaps == (gap,)
    assert [feed.id for feed in standing.feeds] == ["debian/bookworm"]
    assert standing.previous_at == day(0)
    assert standing.watched.last_run == run
    assert memory.standings.feeds(target)[0].fetched_at == NOON


def test_what_is_gone_and_what_was_not_looked_for_again(memory: Memory) -> None:
    """The one was seen mended by the last run; the other fails still, as far as we know, though no report of now has it."""
    inventory = image([package("curl"), package("zlib")])
    other = flaw("CVE-2024-0003", "zlib", feed="another/feed")
    target = watch(memory, judged(inventory))
    run_of(memory, 0, judged(inventory, CURL, other))
    run_of(memory, 1, judged(inventory))
    standing = memory.standings.get(target)
    assert [each.finding.rule for each in standing.findings] == [other.rule]
    assert [finding.rule for finding in standing.gone] == [CURL.rule]
    run_of(memory, 2, judged(inventory))
    assert memory.standings.get(target).gone == ()


def test_answers_of_a_terminals_run_are_found_without_a_report(memory: Memory) -> None:
    """Passes too; the inventory comes from history."""
    judgement = judged(daemon(None), answer("icc", "daemon", Verdict.PASS), answer("tls", "daemon", Verdict.FAIL), feeds=())
    target = watch(memory, judgement)
    memory.history.remember([judgement], started_at=NOON, finished_at=NOON)
    standing = memory.standings.get(target)
    assert standing.report is None
    assert standing.inventory == judgement.inventory
    assert sorted(each.finding.rule for each in standing.findings) == ["icc", "tls"]


def test_what_became_of_it_since(memory: Memory) -> None:
    """A newer run that waits, or that could not look at it; the marks tell each of these apart."""
    inventory = image([package("curl")])
    target = watch(memory, judged(inventory))
    marks = [memory.standings.marks()]
    run_of(memory, 0, judged(inventory, CURL))
    marks.append(memory.standings.marks())
    run = memory.work.request("scan", [IMAGE], by="me", at=day(1), parameters=Parameters()).id
    marks.append(memory.standings.marks())
    tried = memory.standings.get(target).tried
    assert tried is not None
    assert (tried.run, tried.status, tried.at, tried.error) == (run, RunStatus.QUEUED, None, None)
    memory.work.begin(run, 0, day(1))
    gap = Gap(kind="unreachable", what=IMAGE, why="connection refused")
    memory.work.end(run, 0, RunStatus.FAILED, day(1), error=gap)
    marks.append(memory.standings.marks())
    tried = memory.standings.get(target).tried
    assert tried is not None
    assert (tried.status, tried.at, tried.error) == (RunStatus.FAILED, day(1), gap)
    assert [each.finding.rule for each in memory.standings.get(target).findings] == [CURL.rule]
    memory.targets.change(target, name="the door")
    marks.append(memory.standings.marks())
    assert len(set(marks)) == len(marks)
    assert memory.standings.marks() == marks[-1]


def test_the_last_report_of_a_watched_target_stays(memory: Memory) -> None:
    """However many runs came after; reports of before, and of what is not watched any more, are dropped."""
    inventory = image([package("curl")])
    target = watch(memory, judged(inventory))
    runs = [run_of(memory, number, judged(inventory, CURL)) for number in range(3)]
    other = judged(image([package("curl")], reference="docker:other:1"))
    watch(memory, other)
    others = run_of(memory, 3, other)
    for _ in range(3):
        memory.work.request("update", [""], by="me", at=day(4), parameters=Parameters())
    memory.targets.leave(memory.targets.page(reference="docker:other:1")[0].id)
    assert memory.runs.forget_reports(1) == 3
    assert memory.standings.get(target).report is not None
    assert [len(memory.runs.reports(run)) for run in (*runs, others)] == [0, 0, 1, 0]
