import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft4Validator
from msgspec.structs import replace

from hullwatch.model import Report, Verdict
from hullwatch.reports.look import Look
from hullwatch.reports.sarif import FINGERPRINT, render

from .generated import HOSTILE, reports
from .samples import clean_report, image_report, machine_report, unfinished_report


@pytest.fixture(scope="module")
def schema(data: Path) -> Draft4Validator:
    """The standard's own JSON schema."""
    return Draft4Validator(json.loads((data / "sarif-2.1.0" / "sarif-2.1.0-rtm.5.json").read_text()))


def _log(report: Report) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render(report, Look()))
    return log


@pytest.mark.parametrize(
    "report", [machine_report(), image_report(), clean_report(), unfinished_report()], ids=["machine", "image", "clean", "unfinished"]
)
def test_logs_are_valid(report: Report, schema: Draft4Validator) -> None:
    """By the schema of SARIF 2.1.0."""
    assert list(schema.iter_errors(_log(report))) == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(report=reports(HOSTILE))
def test_any_report_is_a_valid_log(schema: Draft4Validator, report: Report) -> None:
    """Whatever a target calls things."""
    log = _log(report)
    assert list(schema.iter_errors(log)) == []
    failing = sum(each.finding.verdict is Verdict.FAIL for target in report.targets for each in target.findings)
    assert sum(len(run["results"]) for run in log["runs"]) == failing


def test_one_run_a_target() -> None:
    """Named after it, with the feeds that were asked."""
    runs = _log(machine_report())["runs"]
    assert [run["automationDetails"]["id"] for run in runs][:2] == ["hullwatch/host", "hullwatch/docker:python:3.11-slim"]
    assert len(runs) == 10
    assert runs[0]["properties"]["feeds"][0] == {"id": "debian/bookworm", "knowsUnfixed": True, "fetchedAt": "2027-01-04T07:12:00Z"}


def test_results_say_what_where_and_since_when() -> None:
    """Finding id as fingerprint, path inside the target, layer, level, and whether it is new."""
    run = _log(image_report())["runs"][0]
    result = next(each for each in run["results"] if each["ruleId"] == "CVE-2023-44487")
    target = image_report().targets[0]
    assert result["partialFingerprints"] == {FINGERPRINT: next(each.finding.id for each in target.findings if each.finding.exploited)}
    place = result["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "var/lib/dpkg/status"
    assert place["properties"]["layer"]["number"] == 1
    assert (result["level"], result["kind"], result["baselineState"]) == ("error", "fail", "unchanged")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "CVE-2023-44487"
    assert (
        result["message"]["text"] == "nghttp2 1.0-1 in image nginx:1.25 has CVE-2023-44487: known to be exploited; mended in 1.0-1+deb12u1."
    )


def test_rules_carry_remedy_and_severity() -> None:
    """For viewers that want a number, the middle of the severity's band."""
    rules = {rule["id"]: rule for run in _log(machine_report())["runs"] for rule in run["tool"]["driver"]["rules"]}
    check = rules["no-new-privileges"]
    assert check["shortDescription"]["text"] == "CIS 2.14: new privileges allowed by default"
    assert check["help"]["text"] == '"no-new-privileges": true in daemon.json'
    assert check["properties"]["security-severity"] == "8.0"
    assert "exploited" in rules["CVE-2023-4911"]["properties"]["tags"]


def test_waived_findings_are_suppressed_and_told_why() -> None:
    """They stay in the log."""
    results = _log(image_report())["runs"][0]["results"]
    suppressed = [each for each in results if "suppressions" in each]
    assert len(suppressed) == 3
    assert suppressed[0]["suppressions"][0] == {
        "kind": "external",
        "status": "accepted",
        "justification": "minizip is not shipped (ops), until 2027-03-01",
    }


def test_gaps_are_notifications() -> None:
    """A run without results does not read as clean; a target that could not be looked at is a run that failed."""
    runs = _log(machine_report())["runs"]
    notified = [each for run in runs for each in run["invocations"][0]["toolExecutionNotifications"] if each["level"] == "warning"]
    assert len(notified) == 5
    go = next(each for each in notified if each["descriptor"]["id"] == "go-binary")
    assert go["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "usr/local/bin/migrate"
    last = _log(unfinished_report())["runs"][-1]["invocations"][0]
    assert last["executionSuccessful"] is False
    assert last["toolExecutionNotifications"][0]["level"] == "error"


def test_a_first_run_has_no_baseline() -> None:
    """Nothing is new or unchanged without one."""
    report = image_report()
    first = replace(report, targets=(replace(report.targets[0], previous_at=None),))
    assert not any("baselineState" in each for each in _log(first)["runs"][0]["results"])
