"""The report that people read: two screens, one of several targets and one of a single target, and their plain form for pipes."""

from msgspec import Struct

from ...model import Report, TargetReport
from ..look import Look, Style
from ..names import called
from ..readable import with_strings
from ..summary import Counts, Summary, summarise
from . import plain
from .checks import checks
from .footer import footer
from .gaps import gaps, notes
from .gone import gone
from .header import header, verdict_line
from .layers import layers
from .mends import mends, render_remedy
from .packages import packages
from .styled import Line, Span, paint
from .targets import targets
from .waived import ending, unused, waived

name = "table"
suffixes: tuple[str, ...] = (".txt",)
holds_many = True


class Rendered(Struct, frozen=True):
    """A report as text for standard output, and what belongs beside it on standard error."""

    stdout: str
    stderr: str = ""


def render(report: Report, look: Look) -> bytes:
    """The report for a file: as it is piped."""
    return render_screen(report, Look(piped=True, unicode=look.unicode)).stdout.encode("utf-8")


def render_screen(report: Report, look: Look) -> Rendered:
    """The report as ``look`` wants it. Piped, what changes with the time alone goes to standard error."""
    report = with_strings(report, look.text)
    summary = summarise(report)
    if look.piped:
        return Rendered(paint(_joined(plain.sections(report, summary, look)), look), paint(plain.beside(report, summary, look), look))
    lines = _joined(
        [header(report, summary, look), mends(report, summary, look), *_body(report, summary, look), _end(report, summary, look)]
    )
    if look.height and len(lines) >= look.height:
        lines += verdict_line(report, summary, look)
    return Rendered(paint(lines, look))


def _body(report: Report, summary: Summary, look: Look) -> list[list[Line]]:
    """The sections between what to do and the last lines."""
    after = [checks(report, look), gone(report, look), gaps(report, look)]
    if len(report.targets) == 1:
        return [*_single(report.targets[0], summary.targets[0], look), *after]
    counted = zip(report.targets, summary.targets, strict=True)
    details = [part for target, counts in counted for part in _detail(target, counts, look)] if look.all else []
    return [targets(report, summary, look), *details, *after]


def _single(target: TargetReport, counts: Counts, look: Look) -> list[list[Line]]:
    return [layers(target, counts, look), [*packages(target, look), *waived(target, look)]]


def _detail(target: TargetReport, counts: Counts, look: Look) -> list[list[Line]]:
    """All of one target among several, under its name."""
    parts = _single(target, counts, look)
    title: list[Line] = [(Span(called(target.inventory), Style.HEADING),)]
    return [title, *parts] if any(parts) else []


def _end(report: Report, summary: Summary, look: Look) -> list[Line]:
    return [*unused(report, look), *ending(report, look), *notes(report, look), *footer(report, summary, look)]


def _joined(sections: list[list[Line]]) -> list[Line]:
    """Sections with an empty line between those that say something."""
    lines: list[Line] = []
    for section in (section for section in sections if section):
        lines += [(), *section] if lines else section
    return lines


__all__ = ["Rendered", "holds_many", "name", "render", "render_remedy", "render_screen", "suffixes"]
