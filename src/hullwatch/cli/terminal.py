"""What the terminal is like, and writing to it."""

import os
import sys
from collections.abc import Sequence

from ..model import Gap
from ..reports.look import Look
from .options import Color

_PIPED_WIDTH = 100


def look_of(color: Color, *, everything: bool = False) -> Look:
    """How a report is to look on this standard output."""
    terminal = sys.stdout.isatty()
    return Look(
        width=_width() if terminal else _PIPED_WIDTH,
        height=os.get_terminal_size(sys.stdout.fileno()).lines if terminal else 0,
        color=_wants_color(color, terminal=terminal),
        unicode=(sys.stdout.encoding or "").lower().replace("-", "") == "utf8",
        all=everything,
        piped=not terminal,
    )


def _width() -> int:
    named = os.environ.get("COLUMNS", "")
    return int(named) if named.isdecimal() and int(named) else os.get_terminal_size(sys.stdout.fileno()).columns


def _wants_color(color: Color, *, terminal: bool) -> bool:
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (terminal and os.environ.get("TERM") != "dumb")


def write_out(text: str | bytes) -> None:
    """Write to standard output, whole and at once."""
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "replace") if isinstance(text, str) else text)
    sys.stdout.buffer.flush()


def say_gaps(gaps: Sequence[Gap], *, quiet: int) -> None:
    """Say on standard error what could not be read."""
    if quiet:
        return
    for gap in gaps:
        where = f" ({gap.seen_at.path})" if gap.seen_at else ""
        print(f"hullwatch: not read: {gap.what}: {gap.why}{where}", file=sys.stderr)
