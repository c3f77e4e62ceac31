"""What a target had when it was last judged and has no more; of a report of changes alone."""

from ...model import Finding, Report
from ..look import Look, Style
from ..names import many, number_of
from .styled import Column, Line, Span, line, table

_SHOWN = 10


def gone(report: Report, look: Look) -> list[Line]:
    """The section: a line a finding, by target, subject and rule; nothing where all that was asked for is the report as it is."""
    if not report.changes_only:
        return []
    found = sorted((each for target in report.targets for each in target.gone), key=_place)
    if not found:
        return []
    shown = found if look.unfolded else found[:_SHOWN]
    heads = [Column("TARGET", name=True), Column("SUBJECT", name=True), Column("ID"), Column("WAS INSTALLED")]
    rows = [[each.target, each.subject, number_of(each), each.installed or "-"] for each in shown]
    lines: list[Line] = [(Span("GONE SINCE THE LAST RUN", Style.HEADING),), *table(heads, rows, look)]
    if rest := len(found) - len(shown):
        lines.append(line(f"+{many(rest, 'more finding')} (--all)"))
    return lines


def _place(finding: Finding) -> tuple[str, str, str]:
    return (finding.target, finding.subject, finding.rule)
