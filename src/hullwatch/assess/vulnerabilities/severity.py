"""Our rating of a flaw, from what publishers say: their own word first, else CVSS (https://www.first.org/cvss/)."""

from collections.abc import Iterable
from functools import lru_cache

from ...model import PublishedSeverity, Severity

_WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "minor": Severity.LOW,
    "negligible": Severity.NEGLIGIBLE,
    "unimportant": Severity.NEGLIGIBLE,
    "none": Severity.NEGLIGIBLE,
}
_BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW), (0.0, Severity.NEGLIGIBLE))
_VECTOR_LIMIT = 1024
"""Characters; the longest vector of CVSS 4 has fewer than 300."""
WORST_FIRST = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.NEGLIGIBLE)


def rate(statements: Iterable[tuple[PublishedSeverity, ...]]) -> Severity:
    """Rate a flaw from what each of its advisories says: the worst of them. ``UNRATED`` when none says anything that we understand."""
    ratings = {rating for published in statements if (rating := rate_one(published)) is not None}
    return next((severity for severity in WORST_FIRST if severity in ratings), Severity.UNRATED)


@lru_cache(maxsize=16384)
def rate_one(published: tuple[PublishedSeverity, ...]) -> Severity | None:
    """Rate one advisory; None when it says nothing that we understand.

    The publisher's own word wins over a vector, for it knows its own build; CVSS 2 counts where nothing newer is there.
    """
    vectors = [each for each in published if each.kind.upper().startswith("CVSS")]
    words = {_WORDS.get(each.value.strip().lower()) for each in published if each not in vectors}
    old = [each for each in vectors if _is_version_2(each)]
    newer = [each for each in vectors if each not in old]
    for ratings in (words, {_rate_vector(each.value) for each in newer}, {_rate_vector(each.value) for each in old}):
        if worst := next((severity for severity in WORST_FIRST if severity in ratings), None):
            return worst
    return None


def _is_version_2(published: PublishedSeverity) -> bool:
    return published.kind.upper() in ("CVSS_V2", "CVSS2") or "Au:" in published.value


@lru_cache(maxsize=16384)
def _rate_vector(value: str) -> Severity | None:
    """Rate a vector of any version, or a bare base score; None for anything else."""
    score = _score(value.strip())
    return next((severity for least, severity in _BANDS if score >= least), None) if score is not None and score <= 10 else None


def _score(value: str) -> float | None:
    if not value or len(value) > _VECTOR_LIMIT:
        return None
    if "/" not in value:
        return _number(value)
    from cvss import CVSS2, CVSS3, CVSS4, CVSSError

    version = CVSS4 if value.startswith("CVSS:4") else CVSS3 if value.startswith("CVSS:3") else CVSS2
    try:
        return float(version(value.strip("()")).base_score)
    except CVSSError:
        return None


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
