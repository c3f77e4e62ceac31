"""How a report may look: what the place it is shown in can do. Handed in by a door; nothing here asks a terminal."""

import re
import unicodedata
from enum import StrEnum

from msgspec import Struct

_NARROW = 100
_WIDE = 160

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Control, bidirectional and other characters that show nothing or change what stands beside them; lone surrogates."""
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_PLAIN = str.maketrans({"·": "-", "→": "->", "…": "...", "≤": "<=", "≥": ">="})
"""Our own typography where UTF-8 is not spoken."""


class Look(Struct, frozen=True, kw_only=True):
    """The place a report is shown in."""

    width: int = 100
    """Columns."""
    height: int = 0
    """Lines of the terminal; 0 where there is none."""
    color: bool = False
    unicode: bool = True
    all: bool = False
    """Fold nothing."""
    piped: bool = False
    """No terminal: nothing is cut or folded, and times go to standard error."""

    @property
    def narrow(self) -> bool:
        """Too narrow for every column."""
        return self.width < _NARROW and not self.piped

    @property
    def wide(self) -> bool:
        """Wide enough for more columns than usual."""
        return self.width >= _WIDE or self.piped

    @property
    def unfolded(self) -> bool:
        """Whether everything is shown."""
        return self.all or self.piped

    def text(self, text: str) -> str:
        """Our own or a target's words as they may stand here: one line, nothing hidden, ASCII where it must be."""
        seen = _UNSEEN.sub(_escaped, text) if not (text.isascii() and text.isprintable()) else text
        return seen if self.unicode or seen.isascii() else seen.translate(_PLAIN).encode("ascii", "backslashreplace").decode("ascii")


class Style(StrEnum):
    """How a word stands out: SGR parameters from the terminal's own 16 colours. Nothing is told by a style alone."""

    NONE = ""
    HEADING = "1"
    EXPLOITED = "1;7"
    CRITICAL = "1;31"
    HIGH = "31"
    GAP = "1;33"
    CLEAN = "1;32"


def columns(text: str) -> int:
    """How many columns a terminal needs for ``text``."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 0 if unicodedata.category(each) in _NO_WIDTH else 1 for each in text)


_NO_WIDTH = ("Mn", "Me", "Cf")


def cut_middle(text: str, width: int, look: Look) -> str:
    """``text`` in at most ``width`` columns, without its middle where it is longer."""
    if columns(text) <= width:
        return text
    gap = look.text("…")
    room = max(width - columns(gap), 2)
    tail = _fitting(text[::-1], room // 2)[::-1]
    return _fitting(text, room - columns(tail)) + gap + tail


def cut_end(text: str, width: int, look: Look) -> str:
    """``text`` in at most ``width`` columns, without its end where it is longer."""
    if columns(text) <= width:
        return text
    gap = look.text("…")
    return _fitting(text, max(width - columns(gap), 1)).rstrip() + gap


def _fitting(text: str, width: int) -> str:
    """The longest beginning of ``text`` that fits."""
    used = 0
    for index, each in enumerate(text):
        used += columns(each)
        if used > width:
            return text[:index]
    return text


def _escaped(match: re.Match[str]) -> str:
    """``\\x1b``, ``\\u202e``; a byte that was no UTF-8 (a surrogate of PEP 383) as that byte."""
    each = match[0]
    code = ord(each)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return _NAMED.get(each) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
