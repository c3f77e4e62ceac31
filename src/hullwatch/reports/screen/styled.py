"""Words with styles, set into lines and tables: what a terminal needs and no more."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from ..look import Look, Style, columns, cut_end, cut_middle

_GAP = "  "
_LEAST = 12
"""Columns that a name keeps however narrow the terminal is."""


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style = Style.NONE


Line = tuple[Span, ...]
Cell = str | Span


class Column(NamedTuple):
    """A column of a table."""

    title: str
    right: bool = False
    name: bool = False
    """Holds names: may be cut in the middle."""
    prose: bool = False
    """Holds words: may be cut at the end."""


def line(*pieces: Cell) -> Line:
    """A line of words and spans."""
    return tuple(piece if isinstance(piece, Span) else Span(piece) for piece in pieces)


def paint(lines: Iterable[Line], look: Look) -> str:
    """The lines as text, each ended; with SGR codes where colours are wanted. Every span passes ``Look.text``."""
    return "".join(_paint(each, look) + "\n" for each in lines)


def _paint(spans: Line, look: Look) -> str:
    text = "".join(_paint_span(span, look) for span in spans)
    return text.rstrip(" ")


def _paint_span(span: Span, look: Look) -> str:
    text = look.text(span.text)
    return f"\x1b[{span.style}m{text}\x1b[0m" if look.color and span.style and text.strip() else text


def width(spans: Iterable[Span]) -> int:
    """Columns that a line needs."""
    return sum(columns(span.text) for span in spans)


def wrap(spans: Iterable[Span], look: Look, *, hang: int = 0, room: int = 0) -> list[Line]:
    """A line broken at spaces so that each part fits, the later ones indented by ``hang``; one line where nothing is cut.

    ``room`` is how many columns there are, default the look's. A word that is too long stays whole.
    """
    if look.piped:
        return [tuple(spans)]
    room = room or look.width
    lines: list[list[Span]] = [[]]
    start = used = 0
    for word, style in _words(spans):
        size = columns(word)
        if word != " " and used > start and used + size > room:
            lines.append([Span(" " * hang)])
            start = used = hang
        if word != " " or used > start or len(lines) == 1:
            lines[-1].append(Span(word, style))
            used += size
    return [tuple(_merged(each)) for each in lines]


def _words(spans: Iterable[Span]) -> Iterator[Span]:
    for span in spans:
        for index, word in enumerate(span.text.split(" ")):
            if index:
                yield Span(" ", span.style)
            if word:
                yield Span(word, span.style)


def _merged(spans: Sequence[Span]) -> Iterator[Span]:
    """Neighbours of one style as one span."""
    start = 0
    for index in range(1, len(spans) + 1):
        if index == len(spans) or spans[index].style is not spans[start].style:
            yield Span("".join(span.text for span in spans[start:index]), spans[start].style)
            start = index


def flow(pieces: Sequence[Line], look: Look, *, hang: int = 2, between: str = " · ") -> list[Line]:
    """Pieces side by side with something between them; a line ends only between pieces, save for one that is longer than a line."""
    lines: list[Line] = []
    for piece in (piece for piece in pieces if width(piece)):
        joined = (*lines[-1], Span(between), *piece) if lines else piece
        if not lines or (width(joined) > look.width and not look.piped):
            lines.append((Span(" " * hang), *piece) if lines else piece)
        else:
            lines[-1] = joined
    return [part for each in lines for part in wrap(each, look, hang=hang)]


def spread(left: Line, right: Line, look: Look) -> list[Line]:
    """A line with something at its right end; where that does not fit, below it."""
    if look.piped:
        return [(*left, Span(_GAP), *right)]
    *before, last = wrap(left, look, hang=2)
    space = look.width - width(last) - width(right)
    return [*before, (*last, Span(" " * space), *right)] if space >= len(_GAP) else [*before, last, right]


def listed(items: Sequence[str], room: int, look: Look, *, between: str = " ") -> str:
    """As many items as fit into ``room`` columns, at least one, then ``+N``; all of them where nothing is folded."""
    if look.unfolded:
        return between.join(items)
    for shown in range(len(items), 1, -1):
        text = between.join(items[:shown]) + (f" +{len(items) - shown}" if shown < len(items) else "")
        if columns(text) <= room:
            return text
    return items[0] + (f" +{len(items) - 1}" if len(items) > 1 else "") if items else ""


def table(heads: Sequence[Column], rows: Sequence[Sequence[Cell]], look: Look) -> list[Line]:
    """A heading and rows. Names are cut where the look is too narrow; the last cell of a short row runs on to the end of the line."""
    cells = [[cell if isinstance(cell, Span) else Span(cell) for cell in row] for row in rows]
    widths = _widths(heads, cells, look)
    lines = [_row([Span(head.title, Style.HEADING) for head in heads], heads, widths, look)[0]]
    for row in cells:
        lines += _row(row, heads, widths, look)
    return lines


def _widths(heads: Sequence[Column], rows: Sequence[Sequence[Span]], look: Look) -> list[int]:
    widths = [columns(head.title) for head in heads]
    for row in rows:
        for index, cell in enumerate(row[:-1] if len(row) < len(heads) else row):
            widths[index] = max(widths[index], columns(cell.text))
    spare = sum(widths) + len(_GAP) * (len(widths) - 1) - look.width
    names = [index for index, head in enumerate(heads) if head.name or head.prose]
    while names and spare > 0 and not look.piped:
        widest = max(names, key=widths.__getitem__)
        if widths[widest] <= max(_LEAST, columns(heads[widest].title)):
            break
        widths[widest] -= 1
        spare -= 1
    return widths


def _row(row: Sequence[Span], heads: Sequence[Column], widths: Sequence[int], look: Look) -> list[Line]:
    spans: list[Span] = []
    for index, (head, size, cell) in enumerate(zip_longest(heads, widths, row)):
        if cell is None:
            break
        gap = _GAP if index else ""
        if index == len(row) - 1 < len(heads) - 1:
            before = width(spans) + len(gap)
            first, *more = wrap([cell], look, room=max(look.width - before, _LEAST))
            return [(*spans, Span(gap), *first), *((Span(" " * before), *each) for each in more)]
        text = (
            cell.text if columns(cell.text) <= size else cut_end(cell.text, size, look) if head.prose else cut_middle(cell.text, size, look)
        )
        pad = " " * (size - columns(text))
        spans += [Span(gap + pad), Span(text, cell.style)] if head.right else [Span(gap), Span(text, cell.style), Span(pad)]
    return [tuple(spans)]
