"""Databases of before come along with everything that is in them."""

import zlib
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from hullwatch.model import Score
from hullwatch.store import migrations
from hullwatch.store.database import connect, transaction
from hullwatch.store.finding_search import FindingQuery
from hullwatch.store.memory import Memory
from hullwatch.store.records import pack
from hullwatch.store.runs import RunStatus

from .judgements import IMAGE, day, flaw

FLAW = flaw("CVE-2026-1", "zlib")
KNOWN = flaw("CVE-2026-2", "zlib")


@pytest.fixture
def before(empty_address: str) -> Engine:
    """A database as the first migration made it, with a run, a target and findings: one plain, one squeezed and exploited."""
    engine = connect(empty_address)
    with transaction(engine, write=True) as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    known = pack(KNOWN).replace(b'"rule"', b'"scores":[{"type":"score","id":"CVE-2026-2","kind":"kev"}],"rule"')
    with transaction(engine, write=True) as connection:
        run = "INSERT INTO runs VALUES (7, 'scan', :at, :at, :no, :no, 0)"
        connection.execute(text(run), {"at": "2026-11-25 12:00:00+00:00", "no": False})
        connection.execute(text("INSERT INTO targets VALUES (3, :reference, 'image', 7)"), {"reference": IMAGE})
        for finding, record in ((FLAW, pack(FLAW)), (KNOWN, zlib.compress(known, 1))):
            row = (
                "INSERT INTO findings VALUES (3, :id, 'vulnerability', :rule, 'zlib', 'high', 'fail', :yes, :at, :at, NULL, 0, 7, :record)"
            )
            values = {"id": finding.id, "rule": finding.rule, "yes": True, "at": "2026-11-25 12:00:00+00:00", "record": record}
            connection.execute(text(row), values)
    return engine


def test_runs_targets_and_findings_come_along(before: Engine, empty_address: str) -> None:
    """What was done has succeeded; what is exploited is known to be; new rows go on from the old numbers."""
    memory = Memory.open(empty_address)
    run = memory.runs.get(7)
    assert (run.job, run.status, run.started_at, run.requested_at, run.requested_by) == ("scan", RunStatus.SUCCEEDED, day(0), day(0), "")
    assert memory.history.reference_of(3) == IMAGE
    rows = {row.finding.rule: row for row, _ in memory.findings.page(FindingQuery())}
    assert rows["CVE-2026-1"].finding == FLAW
    assert rows["CVE-2026-2"].finding.scores == (Score(id="CVE-2026-2", kind="kev"),)
    assert [row.finding.rule for row, _ in memory.findings.page(FindingQuery(exploited=True))] == ["CVE-2026-2"]
    memory.close()
    before.dispose()
