import json

import msgspec
from hypothesis import given, settings

from hullwatch.model import Inventory, Report
from hullwatch.reports.json import InventoryDocument, ReportDocument, render, render_inventory
from hullwatch.reports.look import Look

from .generated import HOSTILE, reports
from .samples import clean_report, image_report, machine_report, unfinished_report


def test_both_facts_of_the_exit_status_are_there() -> None:
    """A pipeline can tell findings from gaps, even when the status can say only one of them."""
    document = json.loads(render(machine_report(), Look()))
    assert (document["exit_status"], document["failed"], document["incomplete"], document["clean"]) == (1, True, True, False)
    assert json.loads(render(unfinished_report(), Look()))["incomplete"]
    assert json.loads(render(clean_report(), Look()))["clean"]


def test_counts_are_those_of_every_format() -> None:
    """And none is left out for being zero."""
    summary = json.loads(render(image_report(), Look()))["summary"]
    assert summary["total"]["vulnerabilities"]["fix"] == 14
    assert summary["total"]["gaps"] == 0
    assert summary["mends"] == [14]


def test_findings_are_flat_and_whole() -> None:
    """One jq filter reaches them; every field is there."""
    first = json.loads(render(image_report(), Look()))["findings"][0]
    wanted = {
        "severity",
        "exploited",
        "id",
        "package",
        "installed",
        "fixed",
        "target",
        "layer",
        "status",
        "kind",
        "finding_id",
        "new",
        "mend",
    }
    assert set(first) == wanted


def test_the_record_comes_back() -> None:
    """What was written can be read as the same report."""
    document = msgspec.json.decode(render(machine_report(), Look()), type=ReportDocument)
    assert document.schema_version == "1"
    assert document.report == machine_report()


def test_an_inventory_comes_back() -> None:
    """Under the same version of the schema."""
    inventory: Inventory = image_report().targets[0].inventory
    assert msgspec.json.decode(render_inventory(inventory), type=InventoryDocument).inventory == inventory


@settings(max_examples=50)
@given(reports(HOSTILE))
def test_any_report_is_json_and_the_same_bytes_again(report: Report) -> None:
    """Lone surrogates are escaped instead of refused."""
    data = render(report, Look())
    assert data == render(report, Look())
    assert json.loads(data)["schema_version"] == "1"
