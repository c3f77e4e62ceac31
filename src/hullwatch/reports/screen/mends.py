"""What to do, in order: a line a mend, with what is in it below; and one mend's commands, to copy."""

from collections.abc import Sequence

from ...errors import Misuse
from ...model import Mend, Report
from ..look import Look, Style, columns
from ..names import command, many
from ..summary import Summary, worst_of
from .header import worst
from .styled import Line, Span, line, width, wrap

_SHOWN = 6
_INDENT = 5
_COMMANDS = "commands: "
_MENDS, _WORST, _RUNNING = len("MENDS"), len("EXPLOITED"), len("RUNNING")
RUNNING = {True: "yes", False: "no", None: "?"}
"""How it is told whether something runs."""


def mends(report: Report, summary: Summary, look: Look) -> list[Line]:
    """The section; nothing where nothing can be done. Mends of which no finding is in the report are left out."""
    shown = [(number, mend, summary.mends[number - 1]) for number, mend in enumerate(report.mends, 1) if summary.mends[number - 1]]
    if not shown:
        return []
    lines = _set("MEND NOW, IN ORDER", "MENDS", Span("WORST"), "RUNNING", look, Style.HEADING)
    folded = [] if look.unfolded else shown[_SHOWN:]
    shown = shown[: len(shown) - len(folded)]
    details = {number: mend.details for number, mend, _ in shown}
    if hinted := _hint([(number, mend) for number, mend, _ in shown], report, look):
        details[hinted[0]] = hinted[1]
    for number, mend, count in shown:
        amount = f"{count}" if mend.sure else f"up to {count:>{_MENDS}}"
        lines += _set(f"{number:>2} {mend.what}", amount, worst(worst_of(mend)), RUNNING[mend.running], look)
        if not look.narrow:
            lines += [part for detail in details[number] for part in _detail(detail, look)]
    if folded:
        rest = many(sum(count for *_, count in folded), "finding")
        lines.append(line(f"+{len(folded)} more, for {rest} (--all)"))
    return lines


def render_remedy(report: Report, number: int, look: Look | None = None) -> str:
    """The commands of one mend, whole, to copy; what it is stands before them as a shell comment. Raises Misuse where there is none."""
    look = look or Look(piped=True)
    if not 1 <= number <= len(report.mends):
        known = f"there are 1 to {len(report.mends)}" if report.mends else "nothing in this report can be mended"
        raise Misuse(f"no mend has the number {number}", remedy=known)
    mend = report.mends[number - 1]
    about = [mend.what, *mend.details, f"mends {'' if mend.sure else 'up to '}{len(mend.findings)} findings; nothing was run"]
    commands = mend.commands or ("# no command is known for this",)
    return "".join(look.text(text) + "\n" for text in (*(f"# {text}" for text in about), *commands))


def _set(what: str, amount: str, worst_word: Span, running: str, look: Look, style: Style = Style.NONE) -> list[Line]:
    """One line: what to do to the left, what it is worth in columns at the right end; what is longer goes on below."""
    right = line(
        Span(amount, style),
        Span("  "),
        Span(worst_word.text, worst_word.style or style),
        Span(" " * (_WORST - columns(worst_word.text) + 2)),
        Span(running, style),
    )
    edge = look.width - _WORST - _RUNNING - 4 - len(amount)
    first, *more = wrap(line(Span(what, style)), look, hang=3, room=edge - 2)
    return [(*first, Span(" " * max(edge - width(first), 2)), *right), *more]


def _hint(shown: Sequence[tuple[int, Mend]], report: Report, look: Look) -> tuple[int, tuple[str, ...]] | None:
    """How to see commands, said once: beside the details of the first mend where it fits, else below those of the first that has any."""
    able = [(number, mend) for number, mend in shown if mend.commands]
    for number, mend in able:
        hint = _hint_text(number, report)
        if mend.details and _INDENT + columns(f"{mend.details[-1]} · {hint}") <= look.width:
            return number, (*mend.details[:-1], f"{mend.details[-1]} · {hint}")
    return (able[0][0], (*able[0][1].details, _hint_text(able[0][0], report))) if able else None


def _hint_text(number: int, report: Report) -> str:
    return f"{_COMMANDS}{command(report, f'--remedy {number}')}"


def _detail(text: str, look: Look) -> list[Line]:
    """A line below a mend, broken where it is too long; a command is never broken."""
    if text.startswith(_COMMANDS):
        return [line(" " * _INDENT, text)]
    return [(Span(" " * _INDENT), *part) for part in wrap(line(text), look, room=look.width - _INDENT)]
