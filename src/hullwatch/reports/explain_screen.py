"""Why something is a finding: what was found, where, by whose word, by which comparison, and what mends it."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from ..errors import NotFound
from ..model import Change, Comparison, FileState, Finding, FindingKind, Location, Report, Reported, Scheme, Setting, TargetReport, Verdict
from .look import Look, Style
from .names import age, called, instruction, newest_edition, number_of
from .readable import with_strings
from .rows import status
from .screen.header import worst
from .screen.styled import Cell, Line, Span, line, paint, wrap
from .summary import EXPLOITED

_FIELD = 12
_SCHEMES = {Scheme.DEB: "dpkg's order", Scheme.APK: "apk's order", Scheme.PEP440: "PEP 440's order"}

Field = tuple[str, tuple[Cell, ...]]


def render_explain(report: Report, look: Look, *, name: str = "") -> str:
    """Every finding of the report that ``name`` means: a rule, an alias, a check's number or a finding's id; all of them without a name.

    Raises NotFound when there is none.
    """
    report = with_strings(report, look.text)
    found = [(each, target) for target in report.targets for each in target.findings if not name or is_named(each.finding, name)]
    if not found:
        raise NotFound(f"{name or 'nothing'} is no finding of this report", remedy="hullwatch scan lists the findings; a gap may hide one")
    lines: list[Line] = []
    for each, target in found:
        lines += [*([()] if lines else []), *_explained(each, target, report, look)]
    return paint(lines, look)


def is_named(finding: Finding, name: str) -> bool:
    """Whether a user's ``name`` means this finding; letter case does not matter."""
    known = {finding.id, finding.rule, *finding.aliases, *finding.numbers.values()}
    return name.casefold() in {each.casefold() for each in known}


def _explained(each: Reported, target: TargetReport, report: Report, look: Look) -> list[Line]:
    finding = each.finding
    lines = wrap(_title(each, target), look, hang=2)
    now = None if look.piped else report.made_at
    fields = [*_about(each), *_evidence(finding, target), *_feeds(finding, target, now), *_after(each, report, now)]
    for title, cells in fields:
        lines += [
            (Span(f"  {title if not index else '':<{_FIELD}}", Style.HEADING), *part)
            for index, part in enumerate(wrap(line(*cells), look, room=look.width - _FIELD - 2))
        ]
    return lines


def _title(each: Reported, target: TargetReport) -> Line:
    finding = each.finding
    name = finding.rule if finding.kind is not FindingKind.BENCHMARK else f"{number_of(finding)} {finding.rule}"
    verdict = "waived" if each.waived_by else "" if finding.verdict is Verdict.FAIL else str(finding.verdict).replace("_", " ")
    manual = " (manual: a person has to look)" if finding.manual else ""
    where = called(target.inventory)
    place = where if finding.subject == target.inventory.target.kind else f"{finding.subject} in {where}"
    return line(Span(f"{name} on {place}", Style.HEADING), f"  {verdict}{manual}".rstrip())


def _about(each: Reported) -> Iterator[Field]:
    finding = each.finding
    if finding.title:
        yield "what", (finding.title,)
    if finding.numbers:
        yield "benchmark", (f"CIS {newest_edition([finding])}, number {number_of(finding)}",)
    if finding.aliases:
        yield "also", (", ".join(finding.aliases),)
    published = ", ".join(f"{known.value} ({known.kind})" for known in finding.published)
    yield "severity", (worst(str(finding.severity)), f" · published: {published}" if published else "")
    for score in finding.scores:
        since = f" since {score.since}" if score.since else ""
        if score.kind == "kev":
            yield "exploited", (Span(EXPLOITED, Style.EXPLOITED), f"{since}, says CISA's list of known exploited vulnerabilities")
        else:
            yield score.kind, (f"{score.value}{since}",)


def _evidence(finding: Finding, target: TargetReport) -> Iterator[Field]:
    for evidence in finding.evidence:
        match evidence:
            case Comparison():
                yield from _comparison(evidence, finding, target)
            case Setting():
                yield "where", (evidence.where,)
                yield "found", (evidence.found,)
                if evidence.expected:
                    yield "expected", (evidence.expected,)
            case Change():
                yield "path", (evidence.path,)
                yield "before", (_state(evidence.before),)
                yield "now", (_state(evidence.after),)
            case other:
                assert_never(other)


def _comparison(evidence: Comparison, finding: Finding, target: TargetReport) -> Iterator[Field]:
    packages = f" (installed: {', '.join(evidence.packages)})" if evidence.packages and evidence.packages != (evidence.subject,) else ""
    yield "package", (f"{evidence.subject} {evidence.installed}{packages}",)
    for seen in evidence.seen_at:
        yield "seen in", (f"{seen.path}{_layer(seen, target)}",)
    yield "advisory", (f"{evidence.advisory} · feed {evidence.feed}",)
    yield "compared", (compared(evidence),)
    if evidence.text:
        yield "it says", (evidence.text,)


def compared(evidence: Comparison) -> str:
    """The comparison that anyone can repeat: ``1.3-r0 < 1.3.1-r1 by apk's order``."""
    affected, order = evidence.affected, _SCHEMES[evidence.scheme]
    if affected is None:
        return f"{evidence.installed} is listed as affected"
    lower = f"{affected.introduced} <= " if affected.introduced and affected.introduced != "0" else ""
    upper = f" < {affected.fixed}" if affected.fixed else f" <= {affected.last_affected}" if affected.last_affected else ""
    if not lower and not upper:
        return f"every version is affected, {evidence.installed} too"
    return f"{lower}{evidence.installed}{upper} by {order}"


def _layer(seen: Location, target: TargetReport) -> str:
    """The layer that put a place there, and the instruction that made it."""
    known = next((layer for layer in target.inventory.layers if layer.diff_id == seen.layer or layer.number == seen.layer_number), None)
    if known is None:
        return f" · layer {seen.layer}" if seen.layer else ""
    made = f": {instruction(known)}" if known.instruction else ""
    return f" · layer {known.number}, {known.diff_id[:19]}{made}"


def _feeds(finding: Finding, target: TargetReport, now: datetime | None) -> Iterator[Field]:
    wanted = {evidence.feed for evidence in finding.evidence if isinstance(evidence, Comparison)}
    for feed in target.feeds:
        if feed.id in wanted:
            times = [f"published {_when(feed.published_at, now)}"] if feed.published_at else []
            times += [f"fetched {_when(feed.fetched_at, now)}"] if feed.fetched_at else []
            covers = [feed.covers] if feed.covers else []
            yield "feed", (" · ".join([feed.id, *covers, *times]),)


def _after(each: Reported, report: Report, now: datetime | None) -> Iterator[Field]:
    finding = each.finding
    if finding.kind is FindingKind.VULNERABILITY:
        yield "fix", (f"{finding.fixed_in} mends it" if finding.fixed_in else f"none yet: {status(finding)}",)
    if finding.remedy:
        yield "remedy", (finding.remedy,)
    for number, mend in enumerate(report.mends, 1):
        if finding.id in mend.findings:
            yield "mend", (f"{number}: {mend.what}",)
    for note in finding.notes:
        yield "note", (note,)
    if waiver := each.waived_by:
        who = f" by {waiver.who}" if waiver.who else ""
        yield "waived", (f"until {waiver.until}{who}: {waiver.reason}{f' ({waiver.origin})' if waiver.origin else ''}",)
    if each.first_seen:
        yield "first seen", (f"{_when(each.first_seen, now)}{', new since the last run' if each.new else ''}",)
    yield "id", (finding.id,)


def _when(time: datetime, now: datetime | None) -> str:
    """A time, and how long ago that is where a person reads it."""
    return f"{time:%Y-%m-%d %H:%M} UTC{f' ({age(time, now)} ago)' if now else ''}"


def _state(state: FileState | None) -> str:
    if state is None:
        return "absent"
    content = f", sha256 {state.sha256}" if state.sha256 else f" -> {state.link_target}" if state.link_target else ""
    return f"{state.kind}, mode {state.mode:04o}, owner {state.uid}:{state.gid}, {state.size_bytes} bytes{content}"
