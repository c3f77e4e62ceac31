"""What the terminal is like."""

import os
import sys

from ..reports.look import Look
from .options import Color
from .streams import speaks_utf8

_PIPED_WIDTH = 100
_WIDEST = 1000
_USUAL = 80
"""Columns of a terminal that does not know how many it has."""


def look_of(color: Color, *, everything: bool = False) -> Look:
    """How a report is to look on this standard output."""
    terminal = sys.stdout.isatty()
    return Look(
        width=_width() if terminal else _PIPED_WIDTH,
        height=os.get_terminal_size(sys.stdout.fileno()).lines if terminal else 0,
        color=_wants_color(color, terminal=terminal),
        unicode=speaks_utf8(sys.stdout),
        all=everything,
        piped=not terminal,
    )


def _width() -> int:
    named = os.environ.get("COLUMNS", "")
    columns = int(named) if named.isascii() and named.isdecimal() and len(named) < 10 else 0
    return min(columns or os.get_terminal_size(sys.stdout.fileno()).columns or _USUAL, _WIDEST)


def _wants_color(color: Color, *, terminal: bool) -> bool:
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (terminal and os.environ.get("TERM") != "dumb")
