"""The checks of a benchmark that fail, worst first, and what would mend them."""

from itertools import groupby

from msgspec import Struct

from ...model import Finding, FindingKind, Report, Verdict
from ..look import Look, Style, columns
from ..names import natural, newest_edition, number_of, object_name
from ..summary import rank
from .styled import Column, Line, Span, flow, line, listed, table, width, wrap

_SHOWN = 5
_OBJECTS = 24
"""Columns for the objects that a check fails on."""
_DAEMON_FILE = "daemon.json"


class FailedCheck(Struct, frozen=True):
    """One check and the objects that it fails on."""

    number: str
    finding: Finding
    """One of its answers."""
    objects: tuple[str, ...]


def checks(report: Report, look: Look) -> list[Line]:
    """The section; nothing where no check fails."""
    failed = failed_checks(report)
    if not failed:
        return []
    edition = newest_edition(check.finding for check in failed)
    shown = failed if look.unfolded else failed[:_SHOWN]
    title = f"CHECKS THAT FAIL{f', CIS {edition}' if edition else ''}"
    pad = max(len(check.number) for check in shown)
    rows = [
        [f"{check.number.ljust(pad)} {check.finding.title}", listed(check.objects, _OBJECTS, look, between=", "), check.finding.remedy]
        for check in shown
    ]
    lines = _with_remedies(title, rows, pad, look)
    return lines + _below(failed, failed[len(shown) :], look)


def failed_checks(report: Report) -> list[FailedCheck]:
    """Each check that fails and is not waived, worst severity first, then by number."""
    found = [
        each.finding
        for target in report.targets
        for each in target.findings
        if each.finding.kind is FindingKind.BENCHMARK and each.finding.verdict is Verdict.FAIL and not each.waived_by
    ]
    edition = newest_edition(found)
    found.sort(key=lambda finding: finding.rule)
    grouped = [list(group) for _, group in groupby(found, key=lambda finding: finding.rule)]
    failed = [
        FailedCheck(number_of(group[0], edition), group[0], tuple(sorted({object_name(finding.subject) for finding in group})))
        for group in grouped
    ]
    return sorted(failed, key=lambda check: (rank(check.finding.severity), natural(check.number)))


def _with_remedies(title: str, rows: list[list[str]], pad: int, look: Look) -> list[Line]:
    """A column of remedies where all of them fit, else each below its check. Neither titles nor remedies are cut: they go on below."""
    lines = table([Column(title), Column("FOUND ON"), Column("REMEDY")], rows, look)
    if max(width(each) for each in lines) <= look.width:
        return lines
    right = max(columns("FOUND ON"), *(columns(objects) for _, objects, _ in rows))
    left = min(max(columns(title), *(columns(text) for text, *_ in rows)), look.width - right - 2)
    lines = [(Span(title.ljust(left + 2), Style.HEADING), Span("FOUND ON", Style.HEADING))]
    indent = " " * (pad + 1)
    for text, objects, remedy in rows:
        first, *more = wrap(line(text), look, hang=len(indent), room=left)
        lines += [(*first, Span(" " * (left + 2 - width(first))), Span(objects)), *more]
        if remedy and not look.narrow:
            lines += [(Span(indent), *part) for part in wrap(line(remedy), look, room=look.width - len(indent))]
    return lines


def _below(failed: list[FailedCheck], rest: list[FailedCheck], look: Look) -> list[Line]:
    """The checks that are not shown, and those that one edit of the daemon's configuration mends."""
    by_file = sorted((check.number for check in failed if _DAEMON_FILE in check.finding.remedy), key=natural)
    edit = f"one {_DAEMON_FILE} edit mends {' '.join(by_file)}" if len(by_file) > 1 else ""
    more = ""
    if rest:
        numbers = sorted((check.number for check in rest), key=natural)
        room = look.width - columns(f"+{len(rest)}:  (hullwatch bench)")
        more = f"+{len(rest)}: {listed(numbers, room, look)} (hullwatch bench)"
    return flow([line(more), line(edit)], look)
