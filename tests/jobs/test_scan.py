"""The job of a scan: what it looks at, and what becomes of the rest when something stops it half-way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from hullwatch.config import Settings
from hullwatch.errors import Denied, Misuse, NotFound
from hullwatch.jobs import scan as module
from hullwatch.jobs.edges import Edges
from hullwatch.jobs.inventory import inventory_of
from hullwatch.jobs.scan import ScanParameters, scan
from hullwatch.model import FindingKind, Gap, Inventory, Report, Target
from tests.assess.builders import waiver
from tests.doubles import QuietProgress


class Impatient(QuietProgress):
    """Somebody presses Ctrl-C once so many targets are done."""

    def __init__(self, patience: int) -> None:
        super().__init__()
        self._patience = patience

    def finished(self, what: str, detail: str = "") -> None:
        if self._patience == 0:
            raise KeyboardInterrupt
        self._patience -= 1


@pytest.fixture
def roots(tmp_path: Path) -> tuple[str, ...]:
    """Three directories."""
    for name in "abc":
        (tmp_path / name / "etc").mkdir(parents=True)
        (tmp_path / name / "etc/os-release").write_text("ID=void\n")
    return tuple(f"dir:{tmp_path / name}" for name in "abc")


def scanned(roots: Sequence[str], progress: QuietProgress, home: Path, *, offline: bool = True) -> Report:
    edges = Edges(Settings(home=home, offline=offline, docker_host="unix:///nowhere/docker.sock"), progress)
    return scan(ScanParameters(references=tuple(roots)), edges)


def unfinished(report: Report) -> list[tuple[str, str]]:
    """Kind and name of what is not in the report."""
    return [(each.gap.kind, each.reference.rpartition("/")[2]) for each in report.unfinished]


def test_a_target_that_cannot_be_looked_at_may_be_waived_and_does_not_vanish(roots: tuple[str, ...], tmp_path: Path) -> None:
    """Beside those that were looked at."""
    missing = waiver(gap="unreachable", target="daemon")
    edges = Edges(Settings(home=tmp_path / "home", offline=True, docker_host="unix:///nowhere/docker.sock"), QuietProgress())
    report = scan(ScanParameters(references=(roots[0], "daemon"), waivers=(missing,)), edges)
    assert report.unfinished == ()
    assert [each.reference for each in report.waived_unfinished] == ["daemon"]
    assert report.unused_waivers == ()


def test_an_interrupted_scan_reports_what_is_done(roots: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest are gaps, nothing more is fetched, and it is said."""
    monkeypatch.setattr(module, "refresh", lambda *_: pytest.fail("feeds were asked for"))
    progress = Impatient(1)
    report = scanned(roots, progress, tmp_path / "home", offline=False)
    assert [target.inventory.target.reference for target in report.targets] == [roots[0]]
    assert unfinished(report) == [("interrupted", "b"), ("interrupted", "c")]
    assert (report.incomplete, report.exit_status) == (True, 3)
    assert any(warning.startswith("interrupted: 2 of 3 targets") for warning in progress.warnings)


def test_interrupted_before_anything_was_done_there_is_no_report(roots: tuple[str, ...], tmp_path: Path) -> None:
    """As when nothing could be looked at."""
    with pytest.raises(NotFound, match="interrupted"):
        scanned(roots, Impatient(0), tmp_path / "home")


def test_interrupted_while_feeds_are_fetched_judges_by_what_is_there(
    roots: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All targets are in the report; that feeds were not asked is a gap."""

    def interrupted(*_: object) -> tuple[Gap, ...]:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "refresh", interrupted)
    report = scanned(roots, QuietProgress(), tmp_path / "home", offline=False)
    assert len(report.targets) == 3
    assert unfinished(report) == [("interrupted", "advisories")]


def test_a_defect_of_ours_costs_the_target_that_met_it(roots: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a gap that says where it is; where no other target is at stake it is not dressed up."""
    real = inventory_of

    def taken(target: Target, edges: Edges) -> Inventory:
        if target.reference == roots[1]:
            raise RecursionError("too deep")
        return real(target, edges)

    monkeypatch.setattr(module, "inventory_of", taken)
    report = scanned(roots, QuietProgress(), tmp_path / "home")
    assert len(report.targets) == 2
    assert unfinished(report) == [("failed", "b")]
    assert report.unfinished[0].gap.why.startswith("hullwatch failed: RecursionError: too deep (test_scan.py, line ")
    with pytest.raises(RecursionError):
        scanned(roots[1:2], QuietProgress(), tmp_path / "home")


def test_a_defect_in_judging_costs_one_judgement(roots: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target stays in the report, with a gap."""

    def judge(inventory: Inventory, *_: object, **__: object) -> object:
        raise ValueError(inventory.target.reference)

    monkeypatch.setattr(module, "judge_packages", judge)
    report = scanned(roots, QuietProgress(), tmp_path / "home")
    assert [target.gaps[-1].kind for target in report.targets] == ["failed"] * 3
    assert report.exit_status == 3


def test_a_defect_in_fetching_costs_no_judgement(roots: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at is judged by the feeds that are there; that not all were asked is a gap."""

    def refresh(*_: object) -> tuple[Gap, ...]:
        raise ValueError("odd")

    monkeypatch.setattr(module, "refresh", refresh)
    report = scanned(roots, QuietProgress(), tmp_path / "home", offline=False)
    assert len(report.targets) == 3
    assert unfinished(report) == [("failed", "advisories")]


def test_only_what_is_judged_for_a_kind_is_looked_at(roots: tuple[str, ...], tmp_path: Path) -> None:
    """The others are a note and no clean report; where nothing is left that is misuse."""
    edges = Edges(Settings(home=tmp_path / "home", offline=True, docker_host="unix:///nowhere/docker.sock"), QuietProgress())
    for kind in (FindingKind.BENCHMARK, FindingKind.INTEGRITY):
        with pytest.raises(Misuse, match=f"is judged for {kind}"):
            scan(ScanParameters(references=roots, only=frozenset({kind})), edges)
    report = scan(ScanParameters(references=(*roots, "daemon"), only=frozenset({FindingKind.VULNERABILITY})), edges)
    assert [target.inventory.target.reference for target in report.targets] == list(roots)
    assert [(note.kind, note.what) for note in report.notes] == [("not-asked", "1 target")]
    assert report.unfinished == ()


def test_a_machine_without_an_engine_is_a_note(tmp_path: Path) -> None:
    """Nobody asked for one. Asked for the benchmark, it is missing; an engine that does not answer is missing always."""
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/os-release").write_text("ID=void\n")
    none = NotFound("no Docker Engine")
    for engine, only, notes, missing in (
        (none, frozenset(), ["no-engine"], []),
        (none, frozenset({FindingKind.VULNERABILITY}), ["no-engine"], []),
        (Denied("closed"), frozenset(), [], ["daemon"]),
    ):
        edges = Edges(Settings(home=tmp_path / "home", offline=True), QuietProgress(), root=tmp_path / "root")
        edges.__dict__["engine"] = engine
        report = scan(ScanParameters(only=only), edges)
        assert [note.kind for note in report.notes] == notes
        assert [each.reference for each in report.unfinished] == missing
    edges = Edges(Settings(home=tmp_path / "home", offline=True), QuietProgress(), root=tmp_path / "root")
    edges.__dict__["engine"] = none
    with pytest.raises(NotFound, match="no Docker Engine"):
        scan(ScanParameters(only=frozenset({FindingKind.BENCHMARK})), edges)


def test_an_address_of_history_that_cannot_be_understood_is_said_at_once(roots: tuple[str, ...], tmp_path: Path) -> None:
    """Not when everything was looked at."""
    progress = QuietProgress()
    with pytest.raises(Misuse):
        scan(ScanParameters(references=roots), Edges(Settings(home=tmp_path / "home", database_url="mysql://x", offline=True), progress))
    assert not (tmp_path / "home" / "facts.sqlite").exists()


def test_ctrl_c_at_the_command_line(roots: tuple[str, ...], tmp_path: Path) -> None:
    """While an archive is waited for that nobody writes: what is done is printed, and the exit status is that of gaps."""
    os.mkfifo(tmp_path / "slow.tar")
    words = ["scan", "--offline", "--format", "json", roots[0], f"archive:{tmp_path / 'slow.tar'}", roots[1]]
    environment = {**os.environ, "HULLWATCH_HOME": str(tmp_path / "home"), "DOCKER_HOST": "unix:///nowhere", "CI": "true"}
    heeded = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # what runs in the background ignores it
    command = [sys.executable, "-c", f"{heeded}from hullwatch.__main__ import main; main()", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stderr is not None
        assert any(line.startswith("directory") for line in running.stderr)
        slow = (tmp_path / "slow.tar").open("wb")  # opens once the scan waits there: sooner, Python might lose the signal to a finalizer
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
        slow.close()
    report = json.loads(out)["report"]
    assert running.returncode == 3
    assert len(report["targets"]) == 1
    assert [each["gap"]["kind"] for each in report["unfinished"]] == ["interrupted", "interrupted"]
    assert "Traceback" not in err
