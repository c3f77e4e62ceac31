"""Which files a reader or a table wants: exact paths and patterns, relative to the target's root, no leading slash."""

import re
from functools import cache

from msgspec import Struct


class Reads(Struct, frozen=True):
    """A declaration of files. ``a | b`` joins two."""

    exact: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    """Globs by component: ``*`` and ``?`` stay inside one; a leading ``**/`` means at any depth."""

    def matches(self, path: str) -> bool:
        """Whether ``path`` (no leading slash) is declared."""
        return path in self.exact or any(compiled(pattern).fullmatch(path) is not None for pattern in self.patterns)

    def __or__(self, other: "Reads") -> "Reads":
        return Reads(self.exact | other.exact, tuple(dict.fromkeys(self.patterns + other.patterns)))


def paths(*exact: str) -> Reads:
    """Declare exact paths."""
    return Reads(frozenset(exact))


def patterns(*globs: str) -> Reads:
    """Declare globs, see ``Reads.patterns``."""
    return Reads(patterns=globs)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression over a whole path."""
    anywhere = pattern.startswith("**/")
    body = re.escape(pattern.removeprefix("**/")).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return re.compile(("(?:.*/)?" if anywhere else "") + body, re.DOTALL)
