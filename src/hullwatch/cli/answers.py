"""Answers of SQL as text: for eyes, as JSON, as CSV, as lines."""

import csv
import io
from collections.abc import Sequence

import msgspec

from ..reports.look import Look, Style, columns
from ..tables.engine import Answer, Cell

_BETWEEN = "  "
Row = Sequence[Cell]


def render_answer(answer: Answer, form: str, look: Look) -> str:
    """``form`` is table, json, csv or lines."""
    match form:
        case "json":
            return _json(answer)
        case "csv":
            return _csv(answer)
        case "lines":
            return "".join("\t".join(look.text(_shown(cell)) for cell in row) + "\n" for row in answer.rows)
        case _:
            return _table(answer, look)


def _json(answer: Answer) -> str:
    """A list with one object a line, values typed; of a name that repeats, the later are ``name_2``, ``name_3``."""
    names = _unlike(answer.columns)
    objects = (msgspec.json.encode(dict(zip(names, map(_plain, row), strict=True))).decode() for row in answer.rows)
    return "[\n" + ",\n".join(objects) + "\n]\n" if answer.rows else "[]\n"


def _csv(answer: Answer) -> str:
    """As RFC 4180 has it, with line feeds; the first line names the columns."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_plain(cell) for cell in row] for row in answer.rows)
    return written.getvalue()


def _table(answer: Answer, look: Look) -> str:
    """Aligned columns; on a terminal that is too narrow for them, a block for each row."""
    heading = [look.text(name) for name in answer.columns]
    rows = [[look.text(_shown(cell)) for cell in row] for row in answer.rows]
    widths = [max(map(columns, column)) for column in zip(heading, *rows, strict=True)]
    if not look.piped and 0 < look.width < sum(widths) + len(_BETWEEN) * (len(widths) - 1):
        return _blocks(heading, rows, look)
    numeric = [all(isinstance(row[number], int | float | None) for row in answer.rows) and bool(rows) for number in range(len(widths))]
    lines = [_aligned(row, widths, numeric) for row in (heading, *rows)]
    return "\n".join((_styled(lines[0], look), *lines[1:])) + "\n"


def _aligned(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = []
    for cell, width, to_the_right in zip(cells, widths, numeric, strict=True):
        padding = " " * (width - columns(cell))
        padded.append(padding + cell if to_the_right else cell + padding)
    return _BETWEEN.join(padded).rstrip()


def _blocks(heading: Sequence[str], rows: Sequence[Sequence[str]], look: Look) -> str:
    width = max(map(columns, heading))
    names = [_styled(name.rjust(width), look) for name in heading]
    blocks = ("".join(f"{name}  {cell}".rstrip() + "\n" for name, cell in zip(names, row, strict=True)) for row in rows)
    return "\n".join(blocks)


def _styled(text: str, look: Look) -> str:
    return f"\x1b[{Style.HEADING.value}m{text}\x1b[0m" if look.color else text


def _unlike(names: Sequence[str]) -> list[str]:
    unlike: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in unlike:
            number += 1
            candidate = f"{name}_{number}"
        unlike.append(candidate)
    return unlike


def _plain(cell: Cell) -> Cell:
    """Bytes as hexadecimal digits; all else as it is."""
    return cell.hex() if isinstance(cell, bytes) else cell


def _shown(cell: Cell) -> str:
    return "" if cell is None else str(_plain(cell))
