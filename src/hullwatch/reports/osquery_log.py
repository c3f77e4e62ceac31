"""The lines that osqueryd logs: results of scheduled queries as JSON, and its own messages as glog writes them.

See https://osquery.readthedocs.io/en/stable/deployment/logging/. A result line is one line of JSON, returned without its end.
"""

import json
import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

Cell = None | int | float | str | bytes

_CONTROL = re.compile(r"[\x00-\x1f]")


class Severity(StrEnum):
    """Of a message; the value is the name of the file that holds it."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Head(Struct, frozen=True, kw_only=True):
    """What every line of one run of a query says."""

    name: str
    host: str
    at: int
    """Seconds since 1970."""
    epoch: int = 0
    counter: int = 0
    numerics: bool = False
    """Whether numbers are numbers; else everything is text."""
    decorations: Mapping[str, str] = {}
    decorations_top_level: bool = False
    """Beside the other keys, which they may then replace, as in osquery."""


def columns(names: Sequence[str], row: Sequence[Cell], *, numerics: bool = False, escaped: bool = True) -> str:
    """A row as an object, keys sorted; of names that repeat the last counts. ``escaped`` writes control characters as ``\\xHH``."""
    cells = dict(sorted(zip(names, row, strict=True), key=lambda pair: pair[0]))
    return _object({name: _value(cell, numerics=numerics, escaped=escaped) for name, cell in cells.items()})


def event_line(head: Head, row: str, action: str) -> str:
    """A row that is ``added``, ``removed``, or one of a ``snapshot``; ``row`` as ``columns`` makes it."""
    return f'{{{_told(head)},"columns":{row},"action":{_text(action)}}}'


def batch_line(head: Head, removed: Sequence[str], added: Sequence[str]) -> str:
    """All rows of a run in one line."""
    return f'{{"diffResults":{{"removed":[{",".join(removed)}],"added":[{",".join(added)}]}},{_told(head)}}}'


def snapshot_line(head: Head, rows: Sequence[str]) -> str:
    """All rows of a query that is logged whole."""
    return f'{{"snapshot":[{",".join(rows)}],"action":"snapshot",{_told(head)}}}'


def status_header(host: str, at: datetime) -> str:
    """The first lines of a file of messages; ``at`` in the machine's own time zone, as in all such files."""
    return (
        f"Log file created at: {at:%Y/%m/%d %H:%M:%S}\nRunning on machine: {host}\nRunning duration (h:mm:ss): 0:00:00\n"
        "Log line format: [IWEF]yyyymmdd hh:mm:ss.uuuuuu threadid file:line] msg\n"
    )


def status_line(severity: Severity, at: datetime, thread: int, place: str, text: str) -> str:
    """One message, with its line end; ``place`` is file and line of who says it."""
    return f"{severity.value[0]}{at:%m%d %H:%M:%S.%f} {thread:>5} {place}] {' '.join(text.splitlines())}\n"


def cell_text(cell: Cell) -> str:
    """A value as SQLite writes it; nothing for NULL. Bytes that are no UTF-8 become U+FFFD."""
    if isinstance(cell, float):
        return _real(cell)
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return "" if cell is None else str(cell)


def _told(head: Head) -> str:
    """What stands in every line, in osquery's order."""
    pairs = [
        ("name", _text(head.name)), ("hostIdentifier", _text(head.host)),
        ("calendarTime", _text(f"{time.asctime(time.gmtime(head.at))} UTC")), ("unixTime", str(head.at)),
        ("epoch", str(head.epoch)), ("counter", str(head.counter)), ("numerics", "true" if head.numerics else "false"),
    ]  # fmt: skip
    decorations = {name: _text(value) for name, value in sorted(head.decorations.items())}
    if head.decorations_top_level:
        pairs = [(name, value) for name, value in pairs if name not in decorations] + list(decorations.items())
    elif decorations:
        pairs.append(("decorations", _object(decorations)))
    return ",".join(f"{_text(name)}:{value}" for name, value in pairs)


def _object(values: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{_text(name)}:{value}" for name, value in values.items()) + "}"


def _value(cell: Cell, *, numerics: bool, escaped: bool) -> str:
    text = cell_text(cell)
    if numerics and isinstance(cell, int | float) and "Inf" not in text:
        return text
    return _text(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02X}", text) if escaped else text)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _real(number: float) -> str:
    """Fifteen digits and always a full stop: SQLite's ``%!.15g``."""
    mantissa, e, exponent = f"{number:.15g}".replace("inf", "Inf").partition("e")
    return mantissa + ("" if "." in mantissa or "Inf" in mantissa else ".0") + e + exponent
