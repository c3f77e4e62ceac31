"""Events in the Elastic Common Schema, against the fields that its makers publish."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from msgspec.structs import replace

from hullwatch.model import (
    Change,
    FileKind,
    FileState,
    Finding,
    FindingKind,
    Inventory,
    Report,
    Reported,
    Severity,
    Target,
    TargetKind,
    TargetReport,
    Verdict,
    finding_id,
)
from hullwatch.reports.ecs import render
from hullwatch.reports.formats import format_for
from hullwatch.reports.look import Look

from .builders import DEBIAN, MADE_AT, check, flaw, waiver
from .generated import HOSTILE, reports
from .samples import clean_report, image_report, machine_report

HOST = Target(kind=TargetKind.HOST, reference="host", identifiers={"hostname": "web-1", "machine_id": "ab" * 16})
KINDS = {"alert", "asset", "enrichment", "event", "metric", "state", "pipeline_error", "signal"}
TYPES = {"vulnerability": {"info"}, "configuration": {"info", "change"}, "file": {"info", "change", "creation", "deletion"}}
"""Of the categories that we use, the types that the schema expects there."""


def events(report: Report) -> list[dict[str, Any]]:
    """Each line, decoded."""
    return [json.loads(line) for line in render(report, Look(piped=True)).split(b"\n") if line]


def report_of(*findings: Reported, gone: tuple[Finding, ...] = (), inventory: Inventory | None = None) -> Report:
    """A report of this machine."""
    target = TargetReport(
        inventory=inventory or Inventory(target=HOST, taken_at=MADE_AT, distribution=DEBIAN, running_kernel="6.1.0-13-amd64"),
        findings=findings,
        mended=tuple(each.id for each in gone),
        gone=gone,
    )
    return Report(made_at=MADE_AT, machine="web-1", version="0.1.0", targets=(target,))


def flat(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each field by its dotted name; ``labels`` whole."""
    for key, value in tree.items():
        if isinstance(value, dict) and key != "labels":
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def fits(value: object, kind: str) -> bool:
    """Whether a value is of a field's type as its makers have it."""
    match kind:
        case "number":
            return isinstance(value, int | float)
        case "string | Array<string>":
            return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))
        case "Record<string, unknown>":
            return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        case _:
            return isinstance(value, str) and (not kind.startswith("'") or kind == f"'{value}'")


def assert_schema(found: list[dict[str, Any]], data: Path) -> None:
    """Every field is one of the schema's and of its type; the four categories hold what they may."""
    known = json.loads((data / "ecs-8.11.0" / "fields.json").read_text())
    for event in found:
        assert [name for name, value in flat(event) if name not in known or not fits(value, known[name])] == []
        assert event["event"]["kind"] in KINDS
        for category in event["event"].get("category", ()):
            assert set(event["event"]["type"]) <= TYPES[category]
        assert event["event"].get("outcome", "unknown") in {"failure", "success", "unknown"}
        assert all("." not in key for key in event["labels"])


def test_every_field_is_one_of_the_schema(data: Path) -> None:
    """Ten targets of every kind, with gaps and waivers."""
    found = events(machine_report())
    assert_schema(found, data)
    assert len({event["event"]["id"] for event in found}) == len(found)


def test_each_failing_finding_and_each_gap_is_one_event() -> None:
    """Passes are none; what could not be looked at is one."""
    report = machine_report()
    found = events(report)
    failing = sum(each.finding.verdict is Verdict.FAIL for target in report.targets for each in target.findings)
    assert sum(event["event"]["dataset"] == "hullwatch.findings" for event in found) == failing
    gaps = [event for event in found if event["event"]["kind"] == "pipeline_error"]
    assert len(gaps) == sum(len(target.gaps) for target in report.targets) + len(report.unfinished) > 0
    assert all(event["error"]["message"] for event in gaps)


def test_a_vulnerability_names_flaw_package_and_host() -> None:
    """As a person would look for it."""
    (event,) = events(report_of(Reported(finding=flaw(HOST, "CVE-2023-4911", "glibc", Severity.CRITICAL), new=True, first_seen=MADE_AT)))
    assert event["@timestamp"] == "2027-01-04T09:12:00.000Z"
    assert (event["event"]["kind"], event["event"]["action"], event["event"]["severity"]) == ("alert", "finding-new", 99)
    assert event["vulnerability"]["id"] == "CVE-2023-4911"
    assert event["vulnerability"]["score"] == {"base": 9.8, "version": "3.1"}
    assert event["package"] == {"name": "glibc", "version": "1.0-1", "type": "deb", "path": "/var/lib/dpkg/status"}
    assert event["host"]["os"] == {
        "type": "linux", "platform": "debian", "name": "Debian", "full": DEBIAN.name, "version": "12", "kernel": "6.1.0-13-amd64",
    }  # fmt: skip
    assert (event["labels"]["exploited"], event["labels"]["fixed_in"]) == ("true", "1.0-1+deb12u1")
    assert event["message"].startswith("glibc 1.0-1 in host web-1 has CVE-2023-4911: known to be exploited")


def test_what_is_gone_is_an_event_of_its_own(data: Path) -> None:
    """A check that is mended succeeded."""
    found = events(report_of(gone=(flaw(HOST, "CVE-2024-1", "zlib"), check("live-restore", "2.15", "daemon"))))
    assert [event["event"]["action"] for event in found] == ["finding-gone", "finding-gone"]
    assert [event["event"]["kind"] for event in found] == ["event", "event"]
    assert (found[0]["vulnerability"]["id"], found[1]["rule"]["id"], found[1]["event"]["outcome"]) == (
        "CVE-2024-1",
        "live-restore",
        "success",
    )
    assert_schema(found, data)


def test_a_changed_file_is_a_file(data: Path) -> None:
    """With its state and hash as it is now; one that is there for the first time is a creation."""
    state = FileState(
        path="etc/cron.d/x", kind=FileKind.FILE, mode=0o644, uid=0, gid=0, size_bytes=9, modified_at_ns=10**18, sha256="ab" * 32
    )
    finding = Finding(
        id=finding_id(FindingKind.INTEGRITY, "file", "host", "etc/cron.d/x"),
        kind=FindingKind.INTEGRITY,
        rule="file",
        target="host",
        subject="etc/cron.d/x",
        evidence=(Change(path="etc/cron.d/x", after=state),),
    )
    (event,) = events(report_of(Reported(finding=finding)))
    assert event["event"]["type"] == ["creation"]
    assert (event["file"]["path"], event["file"]["directory"], event["file"]["mode"]) == ("/etc/cron.d/x", "/etc/cron.d", "0644")
    assert (event["file"]["hash"], event["file"]["mtime"]) == ({"sha256": "ab" * 32}, "2001-09-09T01:46:40Z")
    assert_schema([event], data)


def test_an_image_names_no_host() -> None:
    """It may lie in an archive; who looked stands in ``observer``."""
    event = next(each for each in events(image_report()) if "vulnerability" in each)
    assert event["container"]["image"]["name"] == "nginx"
    assert event["container"]["image"]["tag"] == ["1.25"]
    assert "host" not in event
    assert event["observer"]["hostname"]


def test_a_waived_finding_says_until_when_and_why() -> None:
    """It is shipped, for what is hidden here cannot be counted there."""
    (event,) = events(report_of(Reported(finding=flaw(HOST, "CVE-2024-1", "zlib"), waived_by=waiver("CVE-2024-1"))))
    assert (event["labels"]["status"], event["labels"]["waived_until"]) == ("waived", "2027-03-01")


def test_the_same_report_is_the_same_events_in_any_order() -> None:
    """Shipping a file twice makes no second event."""
    report = image_report()
    turned = replace(report, targets=(replace(report.targets[0], findings=tuple(reversed(report.targets[0].findings))),))
    assert render(turned, Look()) == render(report, Look())


def test_nothing_found_is_no_line() -> None:
    """And the suffix chooses the format."""
    assert render(clean_report(), Look()) == b""
    assert format_for("events.ecs.ndjson").format == "ecs"


@settings(max_examples=50)
@given(reports(HOSTILE))
def test_hostile_text_breaks_no_line(data: Path, report: Report) -> None:
    """Any text at all; each line is one object of the schema."""
    assert_schema(events(report), data)
