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

    Globs match whole words: ``rule`` a finding's rule or any alias and ``gap`` a gap's kind, both whatever the case; ``target`` the
    reference or the name in tables; ``subject`` a finding's subject, or what a gap is about. A check that passes needs no waiver.
    """
    names = (target, target.partition(":")[2]) if isinstance(target, str) else (target.reference, target.name)
    current = [each for each in waivers if each.until >= today and any(_fits(each.target, name) for name in names)]
    of_rules = [each for each in current if each.rule]
    of_gaps = [each for each in current if each.gap]
    used: set[Waiver] = set()
    judged: list[tuple[Finding, Waiver | None]] = []
    for finding in findings:
        matching = [each for each in of_rules if _matches_finding(each, finding)] if of_rules else []
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


def _matches_finding(waiver: Waiver, finding: Finding) -> bool:
    if finding.verdict not in (Verdict.FAIL, Verdict.UNDETERMINED) or not _fits(waiver.subject, finding.subject):
        return False
    return any(_fits_any_case(waiver.rule, name) for name in (finding.rule, *finding.aliases))


def _fits(pattern: str, text: str) -> bool:
    return pattern == "*" or _compiled(pattern, 0).fullmatch(text) is not None


def _fits_any_case(pattern: str, text: str) -> bool:
    return pattern == "*" or _compiled(pattern, re.IGNORECASE).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    return re.compile(translate(pattern), flags)
