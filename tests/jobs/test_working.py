"""One piece of a run's work on both databases, without a queue: begun, done, ended, done again."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hullwatch.config import Settings
from hullwatch.errors import Unreachable
from hullwatch.jobs import working
from hullwatch.jobs.gathering import report_of
from hullwatch.jobs.run_log import Cancelled, RunLog
from hullwatch.jobs.working import MAX_ATTEMPTS, TRIES, Workshop
from hullwatch.model import Gap, Inventory, Target
from hullwatch.store.logs import LogLevel
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Parameters, RunStatus

from ..doubles import FixedClock
from .roots import FLAWS, fill_advisories, make_root, set_version


@pytest.fixture
def shop(tmp_path: Path, memory: Memory) -> Workshop:
    """A workshop with advisories and no network."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    fill_advisories(home)
    return Workshop(Settings(home=home, offline=True), memory, FixedClock())


def ask(shop: Workshop, *references: str, job: str = "scan", **given: object) -> int:
    """A run of these."""
    parameters = replace(Parameters(fail_on="exploited"), **given)
    return shop.memory.work.request(job, references, by="ann", at=shop.clock.now(), parameters=parameters).id


def texts(shop: Workshop, run: int) -> list[str]:
    """What its log says."""
    return [line.text for line in shop.memory.logs.read(run)]


def test_a_scan_is_remembered_and_reported(shop: Workshop, tmp_path: Path) -> None:
    """Its counts are those of its report; its log says what was found."""
    reference = make_root(tmp_path / "a")
    run = ask(shop, reference)
    assert shop.look(run, 0)
    found = shop.memory.runs.get(run)
    assert (found.status, found.counts.findings, found.counts.new, found.exit_status) == (RunStatus.SUCCEEDED, {"unrated": 2}, 0, 0)
    assert {each.finding.rule for each in shop.memory.history.findings(reference)} == set(FLAWS)
    report = report_of(shop.memory, run)
    assert report is not None
    assert (report.run, len(report.targets[0].findings), report.exit_status) == (run, 2, 0)
    assert texts(shop, run) == [
        f"directory {reference}: 1 package",
        "found 2 unrated; 0 new, 0 gone, 0 gaps",
        f"run {run} succeeded",
    ]


def test_the_next_scan_says_what_is_gone(shop: Workshop, tmp_path: Path) -> None:
    """And one that is looked at again within its run counts once."""
    reference = make_root(tmp_path / "a")
    shop.look(ask(shop, reference), 0)
    set_version(tmp_path / "a", "2-r0")
    run = ask(shop, reference)
    assert shop.look(run, 0)
    assert shop.look(run, 0)
    assert shop.memory.runs.get(run).counts.gone == 2
    assert [each.present for each in shop.memory.history.findings(reference)] == [False, False]


def test_work_that_is_done_again_is_told_the_same(shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that died after history was written: the second one reports the same, and nothing is doubled."""
    reference = make_root(tmp_path / "a")
    shop.look(ask(shop, reference), 0)
    set_version(tmp_path / "a", "2-r0")
    run = ask(shop, reference)

    class Killed(BaseException):
        """As if by a signal."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(working, "counts_of", die)
        with pytest.raises(Killed):
            shop.look(run, 0)
    assert shop.memory.runs.get(run).open
    assert shop.look(run, 0)
    ended = shop.memory.runs.get(run)
    assert (ended.counts.gone, ended.counts.findings, shop.memory.runs.targets(run)[0].attempts) == (2, {}, 2)
    assert [each.reopened for each in shop.memory.history.findings(reference)] == [0, 0]


def test_a_target_that_does_not_answer_is_asked_again(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """So often, and then it is a gap of the run."""

    def refuse(target: Target, _: object) -> Inventory:
        raise Unreachable("ssh://web-1: connection refused")

    monkeypatch.setattr("hullwatch.jobs.scan.inventory_of", refuse)
    run = ask(shop, "host")
    for _ in range(TRIES - 1):
        with pytest.raises(Unreachable):
            shop.look(run, 0)
    assert shop.look(run, 0)
    (target,) = shop.memory.runs.targets(run)
    assert target.error is not None
    assert (target.status, target.error.kind, target.attempts) == (RunStatus.FAILED, "unreachable", TRIES)
    assert (shop.memory.runs.get(run).status, shop.memory.runs.get(run).exit_status) == (RunStatus.FAILED, 2)
    levels = [line.level for line in shop.memory.logs.read(run) if "refused" in line.text]
    assert levels.count(LogLevel.ERROR) == 1


def test_what_cannot_be_understood_is_not_tried_again(shop: Workshop, tmp_path: Path) -> None:
    """Nor what is not there; the other targets are finished."""
    reference = make_root(tmp_path / "a")
    run = ask(shop, f"dir:{tmp_path}/none", reference)
    assert not shop.look(run, 0)
    assert shop.look(run, 1)
    assert [(each.status, each.attempts) for each in shop.memory.runs.targets(run)] == [(RunStatus.FAILED, 1), (RunStatus.SUCCEEDED, 1)]
    found = shop.memory.runs.get(run)
    assert (found.status, found.exit_status, found.counts.gaps) == (RunStatus.SUCCEEDED, 3, 1)
    report = report_of(shop.memory, run)
    assert report is not None
    assert [each.reference for each in report.unfinished] == [f"dir:{tmp_path}/none"]


def test_work_that_takes_its_worker_along_is_given_up(shop: Workshop, tmp_path: Path) -> None:
    """Or it would go round for ever."""
    run = ask(shop, make_root(tmp_path / "a"))
    for _ in range(MAX_ATTEMPTS):
        shop.memory.work.begin(run, 0, shop.clock.now())
    assert shop.look(run, 0)
    error = shop.memory.runs.targets(run)[0].error
    assert error is not None
    assert error.kind == "given-up"


def test_an_error_of_our_own_ends_the_work_and_is_raised(shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of the process has it; the run does not hang."""

    def break_(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(working, "scan", break_)
    run = ask(shop, make_root(tmp_path / "a"))
    with pytest.raises(ZeroDivisionError):
        shop.look(run, 0)
    assert shop.memory.runs.get(run).status is RunStatus.FAILED
    assert shop.look(run, 0)


def test_work_notices_that_nobody_wants_it(shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the next thing that it says."""
    run = ask(shop, make_root(tmp_path / "a"))
    monkeypatch.setattr("hullwatch.jobs.run_log._LOOK_S", -1)

    def cancel_and_go_on(*_: object) -> None:
        shop.memory.work.cancel(run, "bob", shop.clock.now())
        progress = RunLog(shop.memory, shop.clock, run, "host")
        with pytest.raises(Cancelled):
            progress.finished("layer 1")
        with progress.step("reading", 10, "B") as step:
            step.advance()

    monkeypatch.setattr(working, "scan", cancel_and_go_on)
    assert shop.look(run, 0)
    assert shop.memory.runs.get(run).status is RunStatus.CANCELLED


def test_long_work_says_how_far_it_is(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In mebibytes where it counts bytes."""
    run = ask(shop, "host")
    monkeypatch.setattr("hullwatch.jobs.run_log._PATIENCE_S", -1)
    progress = RunLog(shop.memory, shop.clock, run, "host")
    with progress.step("reading", 3 * 2**20, "B") as step:
        step.advance(2**20)
    with progress.step("looking", None, "files") as step:
        step.advance(7)
    progress.warn("careful")
    assert texts(shop, run) == ["reading: 1 of 3 MiB", "looking: 7 files", "careful"]


def test_an_update_fetches_what_is_known(shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its gaps are warnings of its log, and it is incomplete."""
    asked: list[bool] = []

    def update(references: object, edges: object, *, force: bool) -> tuple[Gap, ...]:
        asked.append(force)
        return (Gap(kind="feed-missing", what="kev", why="no network"),)

    monkeypatch.setattr(working, "update", update)
    run = ask(shop, "", job="update", force=True)
    assert shop.look(run, 0)
    found = shop.memory.runs.get(run)
    assert (asked, found.status, found.exit_status, found.counts.gaps) == ([True], RunStatus.SUCCEEDED, 3, 1)
    assert "kev: no network" in texts(shop, run)
