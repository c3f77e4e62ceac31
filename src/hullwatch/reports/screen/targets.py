"""A line for each target of a report with several: its counts, or the verdicts of its checks."""

from collections.abc import Sequence

from ...model import Report, TargetReport
from ..look import Look, Style
from ..names import called, many, system
from ..summary import Counts, Summary, Tally, is_its_image
from .styled import Cell, Column, Line, Span, line, table

_SHOWN = 20


def targets(report: Report, summary: Summary, look: Look) -> list[Line]:
    """The section. Where there are too many, the worst are shown, in the report's order."""
    pairs = list(zip(report.targets, summary.targets, strict=True))
    shown = range(len(pairs)) if look.unfolded or len(pairs) <= _SHOWN else _worst(pairs)
    lines = table(_columns(look), [_row(*pairs[index], look) for index in shown], look)
    if rest := [counts for index, (_, counts) in enumerate(pairs) if index not in shown]:
        fix, gaps = sum(counts.vulnerabilities.fix for counts in rest), sum(counts.gaps for counts in rest)
        lines.append(line(f"+{len(rest)} more with {many(fix, 'finding')} to mend and {many(gaps, 'gap')} (--all)"))
    return lines


def severity_columns(look: Look) -> list[Column]:
    """FIX and what it is made of."""
    titles = ["FIX", "EXPL", "CRIT", "HIGH", *(("MED", "LOW", "UNRATED") if look.wide else ())]
    return [Column(title, right=True) for title in titles]


def severity_cells(tally: Tally, look: Look) -> list[Cell]:
    """The values of ``severity_columns``."""
    cells: list[Cell] = [
        number(tally.fix),
        number(tally.exploited, Style.EXPLOITED),
        number(tally.critical, Style.CRITICAL),
        number(tally.high, Style.HIGH),
    ]
    return cells + ([number(tally.medium), number(tally.low), number(tally.unrated)] if look.wide else [])


def number(count: int, style: Style = Style.NONE) -> Cell:
    """A count; ``-`` for none."""
    return Span(str(count), style) if count else "-"


def unfixed(counts: Counts, tally: Tally) -> Cell:
    """How many have no fix; ``?`` where the sources cannot know it."""
    return "?" if counts.blind or counts.unheard else number(tally.unfixed)


def checks_text(counts: Counts) -> str:
    """``132 checks: 71 pass, 9 fail, 3 undetermined, 18 manual, 31 not applicable``."""
    checks = counts.checks
    if counts.known:
        return f"{many(checks.failed, 'check')} {'fails' if checks.failed == 1 else 'fail'} anew"
    parts = (
        (checks.passed, "pass"),
        (checks.failed, "fail"),
        (checks.waived, "waived"),
        (checks.undetermined, "undetermined"),
        (checks.manual, "manual"),
        (checks.not_applicable, "not applicable"),
    )
    text = f"{checks.total} checks: " + ", ".join(f"{count} {word}" for count, word in parts if count)
    return text + (f" · {counts.new} new" if counts.new else "")


def _columns(look: Look) -> list[Column]:
    heads = [Column("TARGET", name=True), Column("SYSTEM", name=True)]
    heads += [] if look.narrow else [Column("PKGS", right=True)]
    heads += [*severity_columns(look), Column("NOFIX", right=True)]
    heads += [] if look.narrow else [Column("WAIVED", right=True)]
    heads += [] if look.narrow or look.piped else [Column("NEW", right=True)]
    return [*heads, Column("GAPS", right=True)]


def _row(target: TargetReport, counts: Counts, look: Look) -> list[Cell]:
    inventory = target.inventory
    if counts.checks.total and not inventory.packages:
        return [called(inventory), checks_text(counts)]
    tally = counts.vulnerabilities
    cells: list[Cell] = [called(inventory), target.relation or system(inventory)]
    cells += [] if look.narrow else [number(counts.packages)]
    severities = severity_cells(tally, look)
    cells += ["?", *severities[1:]] if counts.unheard and not tally.fix else severities
    cells += [unfixed(counts, tally)]
    cells += [] if look.narrow else [number(counts.waived)]
    cells += [] if look.narrow or look.piped else [number(counts.new)]
    return [*cells, number(counts.gaps, Style.GAP)]


def _worst(pairs: Sequence[tuple[TargetReport, Counts]]) -> Sequence[int]:
    """Places of the targets to show where not all are."""
    weighed = sorted(range(len(pairs)), key=lambda index: (_weight(*pairs[index]), -index), reverse=True)
    return sorted(weighed[:_SHOWN])


def _weight(target: TargetReport, counts: Counts) -> tuple[int, ...]:
    tally = counts.vulnerabilities
    return (
        tally.exploited + tally.exploited_unfixed,
        counts.checks.failed,
        tally.critical,
        tally.high,
        tally.fix,
        counts.gaps,
        tally.unfixed,
        int(not is_its_image(target)),
    )
