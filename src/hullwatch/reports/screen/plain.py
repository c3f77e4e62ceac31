"""The report where no terminal is: the same sections, one thing a line with its target and id, nothing cut, folded or aged."""

from collections.abc import Sequence

from ...model import Report, Reported, Verdict
from ..look import Look, Style
from ..names import instruction, newest_edition, number_of, object_name
from ..rows import FindingRow, finding_rows
from ..summary import Summary, worst_of
from .checks import failed_checks
from .footer import data, hints, why_exit
from .gaps import grouped_gaps, notes
from .gone import gone
from .header import header, times
from .layers import count_layers
from .mends import RUNNING
from .styled import Cell, Column, Line, Span, line, table
from .targets import number, severity_cells, severity_columns, targets, unfixed
from .waived import ending, unused


def sections(report: Report, summary: Summary, look: Look) -> list[list[Line]]:
    """What goes to standard output: the same bytes as long as nothing changes but the time."""
    rows = finding_rows(report)
    return [
        header(report, summary, look),
        _mends(report, summary, look),
        targets(report, summary, look) if len(report.targets) > 1 else [],
        _layers(report, summary, look),
        _findings([row for row in rows if row.kind == "vulnerability" and row.status != "waived"], look),
        _checks(report, look),
        gone(report, look),
        _waived(report, look),
        _gaps(report, look),
        notes(report, look),
        [line(why_exit(report, summary)), *unused(report, look)],
    ]


def beside(report: Report, summary: Summary, look: Look) -> list[Line]:
    """What goes to standard error: times, ages and hints."""
    aged = data(report)
    return [
        line(f"{report.machine}: {times(report, summary)}"),
        *([line(aged)] if aged else []),
        *ending(report, look),
        *hints(report, summary, look),
    ]


def _mends(report: Report, summary: Summary, look: Look) -> list[Line]:
    rows = [
        [
            str(place),
            f"{'' if mend.sure else 'up to '}{count}",
            worst_of(mend),
            RUNNING[mend.running],
            ",".join(mend.targets),
            " · ".join((mend.what, *mend.details)),
        ]
        for place, (mend, count) in enumerate(zip(report.mends, summary.mends, strict=True), 1)
        if count
    ]
    heads = [Column("MEND"), Column("MENDS", right=True), Column("WORST"), Column("RUNNING"), Column("TARGETS"), Column("WHAT")]
    return _titled("MEND NOW, IN ORDER", heads, rows, look)


def _layers(report: Report, summary: Summary, look: Look) -> list[Line]:
    if len(report.targets) != 1 or not report.targets[0].inventory.layers:
        return []
    target, counts = report.targets[0], summary.targets[0]
    rows = [
        [
            target.inventory.target.reference,
            str(each.layer.number),
            number(each.packages),
            *severity_cells(each.tally, look),
            "-" if each.empty else unfixed(counts, each.tally),
            instruction(each.layer),
        ]
        for each in count_layers(target)[0]
    ]
    heads = [Column("TARGET"), Column("LAYER", right=True), Column("PKGS", right=True), *severity_columns(look)]
    return table([*heads, Column("NOFIX", right=True), Column("INSTRUCTION")], rows, look)


def _findings(rows: Sequence[FindingRow], look: Look) -> list[Line]:
    cells = [
        [
            row.target,
            row.package,
            row.id,
            f"EXPLOITED {row.severity}" if row.exploited else row.severity,
            row.installed or "-",
            row.fixed or "-",
            str(row.layer or "-"),
            str(row.mend or "-"),
            row.status,
        ]
        for row in rows
    ]
    titles = ("TARGET", "SOURCE PACKAGE", "ID", "SEVERITY", "INSTALLED", "FIXED IN", "LAYER", "MEND", "STATUS")
    return _titled("SOURCE PACKAGES", [Column(title) for title in titles], cells, look)


def _checks(report: Report, look: Look) -> list[Line]:
    failing = {check.finding.rule: check.number for check in failed_checks(report)}
    found = sorted(
        (each.finding for target in report.targets for each in target.findings if each.finding.rule in failing and _is_open(each)),
        key=lambda finding: (finding.target, finding.subject, finding.rule),
    )
    rows = [
        [finding.target, object_name(finding.subject), failing[finding.rule], finding.rule, finding.severity, finding.title, finding.remedy]
        for finding in found
    ]
    edition = newest_edition(found)
    heads = [Column(title) for title in ("TARGET", "FOUND ON", "NUMBER", "ID", "SEVERITY", "TITLE", "REMEDY")]
    return _titled(f"CHECKS THAT FAIL{f', CIS {edition}' if edition else ''}", heads, rows, look)


def _waived(report: Report, look: Look) -> list[Line]:
    rows = sorted(
        [each.finding.target, each.finding.subject, _id(each), str(each.waived_by.until), each.waived_by.reason]
        for target in report.targets
        for each in target.findings
        if each.waived_by and each.finding.verdict is Verdict.FAIL
    )
    return _titled("WAIVED", [Column(title) for title in ("TARGET", "SUBJECT", "ID", "UNTIL", "REASON")], rows, look)


def _gaps(report: Report, look: Look) -> list[Line]:
    rows = sorted(
        [each.target, each.kind, what, each.why] for each in grouped_gaps(report, lambda target: target.reference) for what in each.whats
    )
    return _titled("NOT JUDGED", [Column(title) for title in ("TARGET", "KIND", "WHAT", "WHY")], rows, look)


def _titled(title: str, heads: Sequence[Column], rows: Sequence[Sequence[Cell]], look: Look) -> list[Line]:
    """A table under its section's name; nothing where it has no rows."""
    return [(Span(title, Style.GAP if title == "NOT JUDGED" else Style.HEADING),), *table(heads, rows, look)] if rows else []


def _id(each: Reported) -> str:
    return number_of(each.finding)


def _is_open(each: Reported) -> bool:
    return each.finding.verdict is Verdict.FAIL and each.waived_by is None
