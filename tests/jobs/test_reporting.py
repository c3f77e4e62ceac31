"""From judgements to a report."""

from pathlib import Path

import pytest

from hullwatch.config import Settings
from hullwatch.jobs.edges import Edges
from hullwatch.jobs.reporting import Run, report_on
from hullwatch.model import ContainerFacts, Digest, Inventory, Judgement, Target, TargetKind
from tests.doubles import NOON, QuietProgress


@pytest.mark.parametrize(
    ("state", "runs"), [("running", True), ("paused", True), ("restarting", True), ("exited", False), ("created", False)]
)
def test_what_the_engine_calls_running_runs(state: str, runs: bool, tmp_path: Path) -> None:
    """Its mends come first."""
    facts = ContainerFacts(container_id="1", name="web", image_id=Digest("sha256:1"), image_name="nginx:1.25", state=state)
    target = Target(kind=TargetKind.CONTAINER, reference="container:web")
    judgement = Judgement(inventory=Inventory(target=target, taken_at=NOON, container=facts))
    run = Run(judgements=(judgement,), seconds=(0.0,), local=None, unfinished=(), notes=(), feed_gaps=(), started_at=NOON)
    report = report_on(run, (), "never", Edges(Settings(home=tmp_path), QuietProgress()), remembered=False)
    assert report.targets[0].running is runs
