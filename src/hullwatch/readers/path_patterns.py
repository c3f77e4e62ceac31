"""Patterns of paths as osquery writes them: ``%`` stays inside one component, ``%%`` means any depth."""

import re
from functools import cache

DEEP = "%%"
_ANY = re.compile("(%+)")
_ANY_OR_ONE = re.compile("(%+|_)")


@cache
def wildcard(component: str, *, like: bool = False) -> re.Pattern[str] | None:
    """What a component with ``%`` matches, whole; None for a plain name. With ``like``, ``_`` is any one character, as in SQL."""
    if "%" not in component and not (like and "_" in component):
        return None
    pieces = (_ANY_OR_ONE if like else _ANY).split(component)  # every second one is a mark
    marks = (re.escape(piece) if number % 2 == 0 else "." if piece == "_" else ".*" for number, piece in enumerate(pieces))
    return re.compile("".join(marks), re.DOTALL)
