"""The benchmark's job: what its filters keep, and that nothing is kept by silence."""

import json
from pathlib import Path

import pytest

from hullwatch.config import Settings
from hullwatch.errors import Misuse
from hullwatch.jobs.bench import BenchParameters, bench
from hullwatch.jobs.edges import Edges
from hullwatch.model import Report
from hullwatch.store.memory import Memory
from tests.doubles import QuietProgress
from tests.targets.docker_double import MemoryDocker


@pytest.fixture
def edges(data: Path, tmp_path: Path) -> Edges:
    """A recorded engine, on a machine that is not its own: its settings and files cannot be seen."""
    recorded = data / "docker-engine-20.10.24"
    answers = {f"/{name}": (recorded / f"{name}.json").read_bytes() for name in ("version", "info", "networks")}
    for which, listing in (("containers", "container"), ("images", "image")):
        answers[f"/{which}/json"] = (recorded / f"{which}.json").read_bytes()
        for file in recorded.glob(f"{listing}-*.json"):
            answers[f"/{which}/{json.loads(file.read_bytes())['Id']}/json"] = file.read_bytes()
    edges = Edges(Settings(home=tmp_path / "home", offline=True), QuietProgress(), root=tmp_path)
    edges.__dict__["engine"] = MemoryDocker(answers)
    return edges


def subjects(report: Report) -> set[str]:
    """What the answers of a report are about."""
    return {each.finding.subject for target in report.targets for each in target.findings}


def test_all_that_is_not_asked_leaves_no_gap(edges: Edges) -> None:
    """Without a filter what could not be determined is a gap; the gaps of checks that are left out go with them."""
    everything = bench(BenchParameters(), edges)
    assert {gap.what.split()[0] for gap in everything.targets[0].gaps if gap.kind == "check"} > {"1.1.3", "2.3"}
    some = bench(BenchParameters(checks=("5",), excluded_checks=("5.13",), objects=("rec-side",)), edges)
    assert [gap.what for gap in some.targets[0].gaps if gap.kind == "check"] == ["5.26 no-new-privileges on container:rec-side"]
    assert subjects(some) == {"container:rec-side", "daemon"}
    assert not any(each.finding.rule == "read-only-root" for each in some.targets[0].findings)


def test_the_run_ends_as_what_was_asked_for(edges: Edges) -> None:
    """What is remembered of it is the status that its command had."""
    report = bench(BenchParameters(checks=("5.4",), objects=("rec-side",)), edges)
    assert edges.history is not None
    found = Memory.open(f"sqlite:///{edges.home / 'history.sqlite'}").runs.get(report.run)
    assert (found.failed, found.incomplete, found.exit_status) == (report.failed, report.incomplete, report.exit_status)


def test_a_name_of_nothing_is_never_a_pass(edges: Edges) -> None:
    """A check that does not exist is misuse; of a container that does not run, or an image that is not there, the user is told."""
    with pytest.raises(Misuse, match="no check is called '5\\.99'"):
        bench(BenchParameters(checks=("5.99",)), edges)
    for name in ("web", "rec-privileged", "rec-sid?x"):
        bench(BenchParameters(objects=("rec-side", name)), edges)
        assert isinstance(edges.progress, QuietProgress)
        assert edges.progress.warnings[-1].startswith(f"no running container and no image is called {name};")
