"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): one run a target, for code scanning and viewers.

Findings that fail are results; passes are not, since many viewers show every result as a problem. Waived ones are suppressed results. Gaps
are notifications of the invocation, so that a run with no results does not read as clean.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import msgspec

from ..model import Change, Comparison, Feed, Finding, Gap, Location, Note, Report, Reported, Setting, Severity, TargetReport, Verdict
from .look import Look
from .names import instruction, newest_edition
from .readable import encodable, with_strings
from .rows import status
from .sentences import sentence
from .summary import rank

name = "sarif"
suffixes: tuple[str, ...] = (".sarif", ".sarif.json")
holds_many = True

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "hullwatchFindingId/v1"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.UNRATED: "error",  # as with --fail-on: nobody said that it is harmless
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.NEGLIGIBLE: "note",
}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.NEGLIGIBLE: "1.0",
}
"""The middle of the band that viewers give our severity's name; they want a number. Unrated has none."""

Json = dict[str, object]


def render(report: Report, look: Look) -> bytes:
    """One log, the same bytes for the same report."""
    report = with_strings(report, encodable)
    runs = [_run(target, report) for target in report.targets]
    if report.unfinished or report.waived_unfinished:
        runs.append(_unfinished_run(report))
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}
    return msgspec.json.format(msgspec.json.encode(log), indent=2) + b"\n"


def _run(target: TargetReport, report: Report) -> Json:
    failing = sorted(
        (each for each in target.findings if each.finding.verdict is Verdict.FAIL),
        key=lambda each: (each.finding.subject, each.finding.rule, each.finding.id),
    )
    rules = _rules([each.finding for each in failing])
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    reference = target.inventory.target.reference
    run: Json = {
        "tool": _tool(report, rules),
        "automationDetails": {"id": f"hullwatch/{reference}"},
        "invocations": [_invocation(target, report)],
        "results": [_result(each, places[each.finding.rule], target) for each in failing],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "target": reference,
            "identifiers": dict(sorted(target.inventory.target.identifiers.items())),
            "layers": [
                {"number": each.number, "diffId": each.diff_id, "instruction": instruction(each)} for each in target.inventory.layers
            ],
            "feeds": [_feed(each) for each in target.feeds],
            "mendedFindings": list(target.mended),
            **({"knownFindingsLeftOut": target.known} if report.changes_only else {}),
        },
    }
    return run


def _unfinished_run(report: Report) -> Json:
    """What was asked for and could not be looked at at all."""
    notifications = [_notification(each.gap, "error") | {"properties": {"target": each.reference}} for each in report.unfinished]
    covered = [
        _notification(each.gap, "note") | {"properties": {"target": each.reference, "waived": True}} for each in report.waived_unfinished
    ]
    notifications += covered
    invocation = {"executionSuccessful": False, "toolExecutionNotifications": notifications, "endTimeUtc": _utc(report)}
    return {"tool": _tool(report, []), "automationDetails": {"id": "hullwatch/unfinished"}, "invocations": [invocation], "results": []}


def _tool(report: Report, rules: Sequence[Json]) -> Json:
    return {"driver": {"name": "hullwatch", "version": report.version, "rules": list(rules)}}


def _rules(findings: Iterable[Finding]) -> list[Json]:
    """One rule a flaw or check, by id; its level is that of its worst finding."""
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.rule, []).append(finding)
    return [_rule(min(group, key=lambda each: rank(each.severity)), group) for _, group in sorted(grouped.items())]


def _rule(worst: Finding, group: Sequence[Finding]) -> Json:
    title = worst.title or worst.rule
    remedies = "\n".join(sorted({finding.remedy for finding in group if finding.remedy})) or "Nothing that mends it is known yet."
    number = worst.numbers.get(newest_edition([worst]), "")
    properties: Json = {"tags": ["security", str(worst.kind), *(["exploited"] if any(each.exploited for each in group) else [])]}
    if worst.severity in _SCORES:
        properties["security-severity"] = _SCORES[worst.severity]
    aliases = sorted({alias for finding in group for alias in finding.aliases})
    return {
        "id": worst.rule,
        "shortDescription": {"text": f"CIS {number}: {title}" if number else title},
        "fullDescription": {"text": title if not aliases else f"{title} (also known as {', '.join(aliases)})"},
        "help": {"text": remedies},
        "defaultConfiguration": {"level": _LEVELS[worst.severity]},
        "properties": properties,
    }


def _result(each: Reported, rule_index: int, target: TargetReport) -> Json:
    finding = each.finding
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "kind": "fail",
        "level": _LEVELS[finding.severity],
        "message": {"text": sentence(finding, target.inventory)},
        "locations": _locations(finding, target),
        "partialFingerprints": {FINGERPRINT: finding.id},
        "properties": _properties(each),
    }
    if target.previous_at is not None:
        result["baselineState"] = "new" if each.new else "unchanged"
    if each.waived_by:
        who = f" ({each.waived_by.who})" if each.waived_by.who else ""
        reason = f"{each.waived_by.reason}{who}, until {each.waived_by.until}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _locations(finding: Finding, target: TargetReport) -> list[Json]:
    """Each place; the path is inside the target. Where there is none, the object stands for it: viewers want a physical location."""
    reference = target.inventory.target.reference
    logical = [{"name": finding.subject, "fullyQualifiedName": f"{reference}/{finding.subject}", "kind": "resource"}]
    seen = [place for evidence in finding.evidence if isinstance(evidence, Comparison) for place in evidence.seen_at]
    paths = [evidence.path for evidence in finding.evidence if isinstance(evidence, Change)]
    paths += [evidence.where for evidence in finding.evidence if isinstance(evidence, Setting) and evidence.where.startswith("/")]
    places = seen or [Location(path.lstrip("/")) for path in paths if path.strip("/")] or [Location(finding.subject)]
    return [{**_physical(place), "logicalLocations": logical} for place in dict.fromkeys(places)]


def _physical(place: Location) -> Json:
    physical: Json = {"artifactLocation": {"uri": quote(place.path, errors="backslashreplace")}, "region": {"startLine": 1}}
    layer = {"properties": {"layer": {"number": place.layer_number, "diffId": place.layer}}} if place.layer else {}
    return {"physicalLocation": physical, **layer}


def _properties(each: Reported) -> Json:
    finding = each.finding
    return {
        "severity": str(finding.severity),
        "publishedSeverities": [{"kind": known.kind, "value": known.value} for known in finding.published],
        "exploited": finding.exploited,
        "status": status(finding),
        "subject": finding.subject,
        "installed": finding.installed,
        "fixedIn": finding.fixed_in,
        "aliases": list(finding.aliases),
        "checkNumbers": dict(sorted(finding.numbers.items())),
    }


def _invocation(target: TargetReport, report: Report) -> Json:
    """Gaps are warnings, waived ones and notes are notes."""
    notifications = [_notification(gap, "warning") for gap in target.gaps]
    notifications += [_notification(gap, "note") | {"properties": {"waived": True}} for gap in target.waived_gaps]
    notifications += [_notification(note, "note") for note in target.notes]
    return {
        "executionSuccessful": True,
        "exitCode": report.exit_status,
        "endTimeUtc": _utc(report),
        "toolExecutionNotifications": notifications,
        "properties": {"failed": report.failed, "incomplete": report.incomplete, "failOn": report.fail_on},
    }


def _notification(about: Gap | Note, level: str) -> Json:
    text = f"{about.what}: {about.why}" if about.why else about.what
    seen_at = about.seen_at if isinstance(about, Gap) else None
    located = {"locations": [_physical(seen_at)]} if seen_at and seen_at.path else {}
    return {"descriptor": {"id": about.kind}, "level": level, "message": {"text": text}, **located}


def _feed(feed: Feed) -> Json:
    dates = {"publishedAt": feed.published_at, "fetchedAt": feed.fetched_at}
    return {"id": feed.id, "knowsUnfixed": feed.knows_unfixed, **{key: value for key, value in dates.items() if value}}


def _utc(report: Report) -> str:
    return f"{report.made_at:%Y-%m-%dT%H:%M:%SZ}"
