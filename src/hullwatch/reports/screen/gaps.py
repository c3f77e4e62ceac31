"""What could not be judged, why, and what was known beforehand to lie out of reach."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from ...model import Gap, Note, Report, Target
from ..look import Look, Style, columns, cut_middle
from ..names import about, many, natural, short
from .styled import Column, Line, Span, line, listed, table, wrap

_SHOWN = 5
_NOTES_SHOWN = 3
_CHECK = "check"
"""Kind of the gaps that stand for a check's answer; they begin with its number."""


class Missing(Struct, frozen=True, order=True):
    """What one reason keeps from being judged in one target."""

    target: str
    kind: str
    why: str
    whats: tuple[str, ...]


def gaps(report: Report, look: Look) -> list[Line]:
    """The section; nothing where everything was judged."""
    missing = grouped_gaps(report)
    if not missing:
        return []
    shown = missing if look.all else missing[:_SHOWN]
    rows = [[each.target, f"{_told(each, look)}{f' [{each.kind}]' if look.all else ''}"] for each in shown]
    heading = line(Span("NOT JUDGED", Style.GAP))
    lines = [heading, *table([Column("", name=True), Column(""), Column("")], rows, look)[1:]]
    if rest := missing[len(shown) :]:
        lines.append(line(f"+{many(len(rest), 'more reason')} (--all)"))
    return lines


def grouped_gaps(report: Report, name: Callable[[Target], str] = short) -> list[Missing]:
    """Gaps by target (as ``name`` calls it), kind and reason: what lacks a whole target first, then in the report's order of targets."""
    found = [*((each.reference, [each.gap]) for each in report.unfinished)]
    found += [(name(target.inventory.target), list(target.gaps)) for target in report.targets]
    return [missing for called, each in found for missing in _grouped(called, each)]


def notes(report: Report, look: Look) -> list[Line]:
    """What is worth knowing and nobody can mend: of the run first, those of targets only when nothing is folded."""
    texts = [_note(note) for note in report.notes]
    of_targets = [f"{short(target.inventory.target)}: {_note(note)}" for target in report.targets for note in target.notes]
    texts += of_targets if look.unfolded else []
    texts = list(dict.fromkeys(texts))
    if look.unfolded:
        return [line(Span("NOTES", Style.HEADING)), *(part for text in texts for part in wrap(line(text), look, hang=2))] if texts else []
    folded = len(texts[_NOTES_SHOWN:]) + len(of_targets)
    lines = [part for text in texts[:_NOTES_SHOWN] for part in wrap(line(f"note: {text}"), look, hang=6)]
    return [*lines, *([line(f"+{many(folded, 'note')} (--all)")] if folded else [])]


def _grouped(name: str, found: Sequence[Gap]) -> Iterator[Missing]:
    ordered = sorted(found, key=lambda gap: (gap.kind, gap.why))
    for (kind, why), group in groupby(ordered, key=lambda gap: (gap.kind, gap.why)):
        yield Missing(name, kind, why, tuple(sorted({about(gap) for gap in group}, key=natural)))


def _told(missing: Missing, look: Look) -> str:
    """What could not be judged, and why; of several checks their numbers: ``checks 1.1.4 1.1.7: …``."""
    whats: Sequence[str] = missing.whats
    if whats == (missing.target,):
        return missing.why
    if missing.kind != _CHECK:
        room = look.width // 2 if len(whats) > 1 else look.width - columns(missing.target) - 4
        cut = whats if look.unfolded else [cut_middle(what, room, look) for what in whats]
        return f"{listed(cut, look.width // 2, look, between=', ')}: {missing.why}"
    if len(whats) > 1:
        whats = list(dict.fromkeys(what.partition(" ")[0] for what in whats))
    return f"check{'s' if len(whats) > 1 else ''} {listed(whats, look.width // 2, look)}: {missing.why}"


def _note(note: Note) -> str:
    return f"{note.what}: {note.why}" if note.why else note.what
