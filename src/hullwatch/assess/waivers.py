"""Waivers applied: dated exceptions with their reason. They hide nothing; what they match is kept beside them."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fnmatch import translate
from functools import lru_cache

from msgspec import Struct

from ..model import Finding, Gap, Target, Verdict, Waiver

ENDING_SOON = timedelta(days=7)
"""A waiver that ends within this time gets a line in the report."""
_SPECIAL = frozenset("*?[")


class Waived(Struct, frozen=True):
    """Findings and gaps, and what the waivers say of them."""

    findings: tuple[tuple[Finding, Waiver | None], ...] = ()
    """All of them, in their order."""
    gaps: tuple[Gap, ...] = ()
    """Those that no waiver covers."""
    waived_gaps: tuple[Gap, ...] = ()
    used: tuple[Waiver, ...] = ()
    """Waivers that match something here, in their order."""


def waive(findings: Iterable[Finding], gaps: Iterable[Gap], waivers: Sequence[Waiver], *, target: Target | str, today: date) -> Waived:
    """Apply to one target's findings and gaps the waivers that have not ended; the first that matches is the one named.

    Globs match whole words: ``rule`` a finding's rule, any alias or a check's number and ``gap`` a gap's kind, whatever the case;
    ``target`` the reference or the name in tables; ``subject`` a finding's subject, or what a gap is about. A check that passes needs no
    waiver.
    """
    names = (target, target.partition(":")[2]) if isinstance(target, str) else (target.reference, target.name)
    current = [each for each in waivers if each.until >= today and any(_fits(each.target, name) for name in names)]
    of_rules = _OfRules([each for each in current if each.rule])
    of_gaps = [each for each in current if each.gap]
    used: set[Waiver] = set()
    judged: list[tuple[Finding, Waiver | None]] = []
    for finding in findings:
        matching = of_rules.matching(finding)
        used.update(matching)
        judged.append((finding, matching[0] if matching else None))
    kept: list[Gap] = []
    waived: list[Gap] = []
    for gap in gaps:
        covering = [each for each in of_gaps if _fits_any_case(each.gap, gap.kind) and _fits(each.subject, gap.what)]
        used.update(covering)
        (waived if covering else kept).append(gap)
    return Waived(tuple(judged), tuple(kept), tuple(waived), tuple(each for each in waivers if each in used))


def unused(waivers: Iterable[Waiver], used: Iterable[Waiver]) -> tuple[Waiver, ...]:
    """Those that matched nothing in a whole run, ended ones among them: somebody should remove them."""
    matched = set(used)
    return tuple(each for each in waivers if each not in matched)


def ending(waivers: Iterable[Waiver], today: date) -> tuple[Waiver, ...]:
    """Those in force today that end within seven days."""
    return tuple(each for each in waivers if today <= each.until <= today + ENDING_SOON)


class _OfRules:
    """Waivers of rules. Those that name one rule are found by it: there may be thousands, for thousands of findings."""

    def __init__(self, waivers: Sequence[Waiver]) -> None:
        self._waivers = waivers
        self._named: dict[str, list[int]] = {}
        self._patterns: list[int] = []
        for number, waiver in enumerate(waivers):
            (self._patterns if _is_pattern(waiver.rule) else self._named.setdefault(waiver.rule.lower(), [])).append(number)

    def matching(self, finding: Finding) -> list[Waiver]:
        """Those that match, in their order."""
        if not self._waivers or finding.verdict not in (Verdict.FAIL, Verdict.UNDETERMINED):
            return []
        names = (finding.rule, *finding.aliases, *filter(None, (finding.number,)))
        numbers = {number for name in names for number in self._named.get(name.lower(), ())}
        numbers.update(number for number in self._patterns if any(_fits_any_case(self._waivers[number].rule, name) for name in names))
        return [waiver for waiver in (self._waivers[number] for number in sorted(numbers)) if _fits(waiver.subject, finding.subject)]


def _is_pattern(text: str) -> bool:
    return not _SPECIAL.isdisjoint(text)


def _fits(pattern: str, text: str) -> bool:
    if not _is_pattern(pattern):
        return pattern == text
    return pattern == "*" or _compiled(pattern).fullmatch(text) is not None


def _fits_any_case(pattern: str, text: str) -> bool:
    return _fits(pattern.lower(), text.lower())


@lru_cache(maxsize=65536)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))
