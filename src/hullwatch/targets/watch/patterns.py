"""Which files are watched: patterns of paths, followed down a tree one name at a time, so that nothing has to be listed to know it.

``/d/%%`` is everything below d; ``/d/%`` and ``/d/`` are what d holds; ``/d`` is d and, where it is a directory, what it holds. ``%`` is
any part of one name, and ``*`` means the same. What stands behind ``%%`` does not count, as in osquery.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from ...errors import Misuse
from ...readers.path_patterns import DEEP, wildcard

LEFT_OUT = "\0"
"""Begins the keys of patterns that leave something out; no category is called so."""
_ANY_DEPTH = 1 << 30


class Pattern(Struct, frozen=True, kw_only=True):
    """One pattern, its path cut into names and expressions."""

    category: str
    components: tuple[str | re.Pattern[str], ...]
    below: int
    """How many levels below its path are meant."""
    itself: bool
    """Whether what stands at its path is meant."""
    text: str
    """As written."""
    leaves_out: bool = False
    accesses: bool = False
    """Whether opening and reading counts too."""

    @property
    def key(self) -> str:
        """By this it is known again after a restart."""
        return f"{LEFT_OUT if self.leaves_out else self.category}:{self.text}"

    @property
    def rank(self) -> tuple[int, int]:
        """The pattern that says more counts where several mean one file."""
        return len(self.components), sum(len(each) for each in self.components if isinstance(each, str))


Places = frozenset[tuple[int, int]]
"""Where a path stands in the patterns: number of a pattern, and how many of its components it has met."""
NOWHERE: Places = frozenset()


def parse_watched(category: str, text: str, *, accesses: bool = False) -> Pattern:
    """Read a pattern of ``file_paths``. Raises Misuse when it is not absolute."""
    names = _names(text)
    if DEEP in text.replace("*", "%"):
        cut = next(number for number, name in enumerate(names) if DEEP in name)
        first = names[cut].partition(DEEP)[0]
        components = _compiled([*names[:cut], f"{first}%"] if first else names[:cut])
        return Pattern(category=category, components=components, below=_ANY_DEPTH, itself=bool(first), text=text, accesses=accesses)
    if names and not names[-1]:
        names = [*names[:-1], "%"]
    below = 0 if names and "%" in names[-1] else 1
    return Pattern(category=category, components=_compiled(names), below=below, itself=True, text=text, accesses=accesses)


def parse_left_out(text: str) -> Pattern:
    """Read a pattern of ``exclude_paths``: what it means is left out, with everything below. Raises Misuse."""
    pattern = parse_watched("", text)
    if text.endswith("/"):
        return Pattern(category="", components=pattern.components[:-1], below=_ANY_DEPTH, itself=False, text=text, leaves_out=True)
    return Pattern(category="", components=pattern.components, below=_ANY_DEPTH, itself=pattern.itself, text=text, leaves_out=True)


def _names(text: str) -> list[str]:
    if not text.startswith("/") or "\0" in text:
        raise Misuse(f"{text!r} is no absolute path", remedy="begin it with a slash")
    first, *rest = text.replace("*", "%")[1:].split("/")
    return [name for name in (first, *rest[:-1]) if name] + rest[-1:]


def _compiled(names: Iterable[str]) -> tuple[str | re.Pattern[str], ...]:
    return tuple(wildcard(name) or name for name in names)


def left_out_by(keys: Iterable[str]) -> "Patterns":
    """What patterns that were known by these keys left out: all else is meant."""
    texts = sorted(key.removeprefix(f"{LEFT_OUT}:") for key in keys if key.startswith(LEFT_OUT))
    return Patterns([parse_watched("", "/%%"), *map(parse_left_out, texts)])


class Patterns:
    """Several patterns, followed together. What is asked of places is remembered: there are few of them."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = list(patterns)
        self.telling = cache(self._telling)
        self.is_same_below = cache(self._is_same_below)

    @property
    def start(self) -> Places:
        """Where the root stands."""
        return frozenset((number, 0) for number in range(len(self._patterns)))

    def derive(self, number: int, met: int, directory: str) -> None:
        """One more: what is left of a pattern when ``met`` components of it turned out to mean another directory."""
        pattern = self._patterns[number]
        names = tuple(directory.split("/")) if directory else ()
        self._patterns.append(replace(pattern, components=(*names, *pattern.components[met:])))

    def step(self, places: Places, name: str) -> Places:
        """Where a name in a directory stands, given where the directory does."""
        if self.is_same_below(places):
            return places
        found = set()
        for number, met in places:
            pattern = self._patterns[number]
            whole = len(pattern.components)
            if not (_matches(pattern.components[met], name) if met < whole else met - whole < pattern.below):
                continue
            now_met = min(met + 1, whole + 1)
            if pattern.leaves_out and (now_met > whole or (now_met == whole and pattern.itself)):
                return NOWHERE
            found.add((number, now_met))
        return frozenset(found) if any(not self._patterns[number].leaves_out for number, _ in found) else NOWHERE

    def places_of(self, path: str) -> Places:
        """Where a path stands."""
        places = self.start
        for name in filter(None, path.split("/")):
            places = self.step(places, name)
        return places

    def _telling(self, places: Places) -> "Telling":
        """What is to be done about what stands there."""
        everything = [(self._patterns[number], met - len(self._patterns[number].components)) for number, met in places]
        each = [(pattern, beyond) for pattern, beyond in everything if not pattern.leaves_out]
        nothing_below = any(pattern.leaves_out and beyond == 0 for pattern, beyond in everything)
        means = [pattern for pattern, beyond in each if beyond > 0 or (beyond == 0 and pattern.itself)]
        inside = [pattern for pattern, beyond in each if beyond == -1 or 0 <= beyond < pattern.below]
        return Telling(
            of=max(means, key=lambda pattern: pattern.rank, default=None),
            inside=None if nothing_below else max(inside, key=lambda pattern: pattern.rank, default=None),
            keys=frozenset(pattern.key for pattern in means),
            enters=not nothing_below and any(beyond < 0 or beyond < pattern.below for pattern, beyond in each),
            accesses=any(pattern.accesses for pattern in inside),
            through_links=tuple((number, met) for number, met in sorted(places) if self._follows(number, met)),
        )

    def _follows(self, number: int, met: int) -> bool:
        """Whether a link there is gone through: where more of the path is to come, not below ``%%``."""
        pattern = self._patterns[number]
        whole = len(pattern.components)
        return met < whole or (met == whole and pattern.below > 0)

    def _is_same_below(self, places: Places) -> bool:
        each = ((self._patterns[number], met) for number, met in places)
        return all(pattern.below == _ANY_DEPTH and met > len(pattern.components) for pattern, met in each)


class Telling(Struct, frozen=True, kw_only=True):
    """What is to be done about what stands at a place."""

    of: Pattern | None
    """The pattern under which it is told of; None when it is not."""
    inside: Pattern | None
    """The same for what it may hold."""
    keys: frozenset[str]
    """All patterns that mean it."""
    enters: bool
    """Whether a directory there is watched."""
    accesses: bool
    """Whether opening and reading what it holds counts."""
    through_links: tuple[tuple[int, int], ...]
    """Patterns that go on behind a link to a directory."""


def _matches(component: str | re.Pattern[str], name: str) -> bool:
    return component == name if isinstance(component, str) else component.fullmatch(name) is not None
