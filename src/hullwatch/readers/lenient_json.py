"""JSON as people write configurations: with remarks, commas at the end, and strings that go on after a backslash at the end of a line."""

import json
import re
from collections.abc import Sequence

from msgspec import Struct

from ..errors import LimitExceeded, Malformed

_STRING = r'"(?:[^"\\]++|\\.)*+(?:"|\Z)'
_REMARK = re.compile(rf"({_STRING})|//[^\n]*+|#[^\n]*+|/\*.*?(?:\*/|\Z)", re.DOTALL)
_LAST_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)


class Document(Struct, frozen=True):
    """A value, and the names that stood twice in one object; of those the first counts, as in osquery."""

    value: object
    doubled: tuple[str, ...] = ()


def parse_lenient(data: bytes, origin: str, *, limit: int) -> Document:
    """Parse. Raises Malformed, with the line, and LimitExceeded. Numbers without end and NaN are malformed too."""
    if len(data) > limit:
        raise LimitExceeded(f"{origin} is larger than {limit} bytes")
    doubled: list[str] = []
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\\\n", "")
        plain = _LAST_COMMA.sub(lambda found: found[1] or "", _REMARK.sub(_without_remark, text))
        value = json.loads(plain, strict=False, object_pairs_hook=lambda pairs: _first(pairs, doubled), parse_constant=_no_number)
    except RecursionError as error:
        raise Malformed(f"{origin}: too many brackets within each other") from error
    except ValueError as error:
        raise Malformed(f"{origin} is no JSON: {error}", remedy="mend the file") from error
    return Document(value, tuple(dict.fromkeys(doubled)))


def _without_remark(found: re.Match[str]) -> str:
    """The string itself; of a remark only its line ends, so that an error names the right line."""
    return found[1] or "\n" * found[0].count("\n")


def _first(pairs: Sequence[tuple[str, object]], doubled: list[str]) -> dict[str, object]:
    made: dict[str, object] = {}
    for name, value in pairs:
        if name in made:
            doubled.append(name)
        made.setdefault(name, value)
    return made


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number")
