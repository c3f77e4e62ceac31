"""Events in the Elastic Common Schema 8.11 (https://www.elastic.co/guide/en/ecs/8.11/), one JSON object a line: for Filebeat.

A finding that fails is an event, a waived one too; so is one that is gone, and each gap (``pipeline_error``): a quiet index is not to be
read as clean. What the schema has no field for stands in ``labels``, as text. ``event.id`` is made of the finding and the time of the
run: a report that is shipped twice is the same events.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from ..model import (
    Change,
    Comparison,
    Finding,
    FindingKind,
    Gap,
    Inventory,
    Report,
    Reported,
    Scheme,
    Severity,
    TargetKind,
    TargetReport,
    Verdict,
)
from .ecs_places import container_of, file_of, filled, host_of
from .look import Look
from .names import about, layer_of, newest_edition, places
from .readable import encodable, with_strings
from .rows import status
from .sentences import sentence

name = "ecs"
suffixes: tuple[str, ...] = (".ecs.ndjson",)
holds_many = True

VERSION = "8.11.0"
_CATEGORIES = {FindingKind.VULNERABILITY: "vulnerability", FindingKind.BENCHMARK: "configuration", FindingKind.INTEGRITY: "file"}
_NUMBERS = {Severity.CRITICAL: 99, Severity.HIGH: 73, Severity.MEDIUM: 47, Severity.LOW: 21, Severity.NEGLIGIBLE: 1}
"""Elastic's own numbers for its severities; unrated has none."""
_PACKAGE_TYPES = {Scheme.DEB: "deb", Scheme.APK: "apk", Scheme.PEP440: "pypi"}
_VECTOR_LIMIT = 1024

Json = dict[str, object]


def render(report: Report, look: Look) -> bytes:
    """One event a line: by target its findings, then what is gone, then its gaps; at last what could not be looked at."""
    report = with_strings(report, encodable)
    return b"".join(msgspec.json.encode(event) + b"\n" for event in _events(report))


def _events(report: Report) -> Iterator[Json]:
    for target in report.targets:
        failing = (each for each in target.findings if each.finding.verdict is Verdict.FAIL)
        for each in sorted(failing, key=lambda each: (each.finding.subject, each.finding.rule, each.finding.id)):
            yield _finding_event(each, target, report)
        for finding in target.gone:
            yield _gone_event(finding, target, report)
        for gap in target.gaps:
            yield _gap_event(gap, target.inventory.target.reference, report) | _place(target, report)
    for unfinished in report.unfinished:
        yield _gap_event(unfinished.gap, unfinished.reference, report)


def _finding_event(each: Reported, target: TargetReport, report: Report) -> Json:
    finding = each.finding
    kind, action = ("alert", "finding-new") if each.new else ("state", "finding-present")
    labels = {
        "first_seen": _time(each.first_seen) if each.first_seen else "",
        "status": "waived" if each.waived_by else status(finding),
        "waived_until": str(each.waived_by.until) if each.waived_by else "",
        "waived_reason": each.waived_by.reason if each.waived_by else "",
    }
    event = _event(finding, kind, action, report)
    if finding.kind is FindingKind.BENCHMARK:
        event["outcome"] = "failure"
    return {
        **_head(report, sentence(finding, target.inventory)),
        "event": event,
        **_place(target, report),
        **_subject(finding, target),
        **_labels(finding, labels),
    }


def _gone_event(finding: Finding, target: TargetReport, report: Report) -> Json:
    event = _event(finding, "event", "finding-gone", report)
    if finding.kind is FindingKind.BENCHMARK:
        event["outcome"] = "success"
    return {
        **_head(report, f"Gone: {finding.rule} on {finding.subject} in {target.inventory.target.reference}."),
        "event": event,
        **_place(target, report),
        **_subject(finding, target),
        **_labels(finding, {"status": "gone"}),
    }


def _gap_event(gap: Gap, reference: str, report: Report) -> Json:
    identity = hashlib.sha256("\0".join((reference, gap.kind, gap.what, gap.why, _time(report.made_at))).encode()).hexdigest()[:32]
    return {
        **_head(report, f"Not judged: {about(gap)}: {gap.why}"),
        "event": {
            "kind": "pipeline_error",
            "type": ["error"],
            "action": "gap",
            "module": "hullwatch",
            "dataset": "hullwatch.gaps",
            "id": identity,
            "outcome": "unknown",
        },
        "error": {"type": gap.kind, "message": gap.why},
        "labels": {"target": reference, "what": gap.what},
    }


def _head(report: Report, message: str) -> Json:
    return {
        "@timestamp": _time(report.made_at),
        "ecs": {"version": VERSION},
        "message": message,
        "observer": {
            "vendor": "hullwatch",
            "product": "hullwatch",
            "type": "scanner",
            "version": report.version,
            "hostname": report.machine,
        },
        "tags": ["hullwatch"],
    }


def _event(finding: Finding, kind: str, action: str, report: Report) -> Json:
    changed = finding.kind is FindingKind.INTEGRITY and action != "finding-gone"
    number = {"severity": _NUMBERS[finding.severity]} if finding.severity in _NUMBERS else {}
    return {
        "kind": kind,
        "category": [_CATEGORIES[finding.kind]],
        "type": [_change_type(finding) if changed else "info"],
        "action": action,
        "module": "hullwatch",
        "dataset": "hullwatch.findings",
        "id": hashlib.sha256(f"{finding.id}\0{action}\0{_time(report.made_at)}".encode()).hexdigest()[:32],
        **number,
    }


def _change_type(finding: Finding) -> str:
    change = next((each for each in finding.evidence if isinstance(each, Change)), None)
    if change is None or (change.before and change.after):
        return "change"
    return "creation" if change.after else "deletion"


def _place(target: TargetReport, report: Report) -> Json:
    """The host, the container or image; an image may lie in an archive, so it names no host."""
    inventory = target.inventory
    host: Json = {} if inventory.target.kind in (TargetKind.IMAGE, TargetKind.DIRECTORY) else {"host": host_of(inventory, report.machine)}
    return host | ({"container": found} if (found := container_of(inventory)) else {})


def _subject(finding: Finding, target: TargetReport) -> Json:
    match finding.kind:
        case FindingKind.VULNERABILITY:
            return {"package": _package(finding, target.inventory), "vulnerability": _vulnerability(finding)}
        case FindingKind.BENCHMARK:
            return {"rule": _rule(finding)}
        case _:
            return {"file": file_of(finding)}


def _package(finding: Finding, inventory: Inventory) -> Json:
    compared = next((each for each in finding.evidence if isinstance(each, Comparison)), None)
    path = next((f"/{seen.path}" for seen in places(finding)), "")
    wanted: Json = {
        "name": finding.subject.rpartition(":")[2] or finding.subject,
        "version": finding.installed,
        "type": _PACKAGE_TYPES.get(compared.scheme, "") if compared else "",
        "path": path,
        "architecture": _architecture(compared, inventory) if compared else "",
    }
    return filled(wanted)


def _architecture(compared: Comparison, inventory: Inventory) -> str:
    """That of the packages compared, where all have the same."""
    found = {each.architecture for each in inventory.packages if each.name in compared.packages}
    return found.pop() if len(found) == 1 else ""


def _vulnerability(finding: Finding) -> Json:
    is_cve = finding.rule.startswith("CVE-")
    wanted: Json = {
        "id": finding.rule,
        "enumeration": "CVE" if is_cve else "",
        "reference": f"https://www.cve.org/CVERecord?id={finding.rule}" if is_cve else "",
        "severity": str(finding.severity),
        "description": finding.title,
        "scanner": {"vendor": "hullwatch"},
        **_score(finding),
    }
    return filled(wanted)


def _score(finding: Finding) -> Json:
    """Classification and base score of the first vector that a publisher gives and that can be read."""
    from cvss import CVSS3, CVSS4, CVSSError

    for published in finding.published:
        if not published.value.startswith(("CVSS:3", "CVSS:4")) or len(published.value) > _VECTOR_LIMIT:
            continue
        try:
            vector = (CVSS4 if published.value.startswith("CVSS:4") else CVSS3)(published.value)
        except CVSSError:
            continue
        version = published.value.partition("/")[0].removeprefix("CVSS:")
        return {"classification": "CVSS", "score": {"base": float(vector.base_score), "version": version}}
    return {}


def _rule(finding: Finding) -> Json:
    edition = newest_edition([finding])
    wanted: Json = {
        "id": finding.rule,
        "name": finding.title,
        "category": "benchmark",
        "ruleset": "CIS Docker Benchmark" if edition else "",
        "version": edition,
        "description": finding.remedy,
    }
    return filled(wanted)


def _labels(finding: Finding, more: dict[str, str]) -> Json:
    """What the schema has no field for; always text, for ``labels`` holds keywords."""
    wanted: Json = {
        "target": finding.target,
        "finding_id": finding.id,
        "finding_kind": str(finding.kind),
        "subject": finding.subject,
        "severity": str(finding.severity),
        "check_number": finding.numbers.get(newest_edition([finding]), "") if finding.numbers else "",
        "fixed_in": finding.fixed_in,
        "fixable": "true" if finding.fixable else "false",
        "exploited": "true" if finding.exploited else "false",
        "aliases": " ".join(finding.aliases),
        "layer": str(layer_of(finding) or ""),
        "remedy": finding.remedy,
        **more,
    }
    return {"labels": filled(wanted)}


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
