"""From a flaw of a subject to a finding that can be walked back."""

from collections.abc import Iterable, Mapping, Sequence

from ...errors import UnorderableVersion
from ...model import Comparison, Finding, FindingKind, Score, Status, Verdict, finding_id
from ...versions.order import key
from .installed import Installed, places
from .merging import Flaw
from .precedence import Hit
from .severity import rate

_OPEN = (Status.UNFIXED, Status.WILL_NOT_FIX, Status.UNDER_INVESTIGATION)
"""What a finding without a fix is called, the plainest word first."""


def finding_of(flaw: Flaw, target: str, fixed_in: str, scores: Mapping[str, Sequence[Score]]) -> Finding:
    """The finding, with one comparison for each advisory and installed version. Pure; the same flaw has the same id in every run."""
    advisories = [hit.match.advisory for hit in flaw.hits]
    subject = flaw.hits[0].match.installed.subject
    known = tuple(dict.fromkeys(score for id_ in flaw.ids for score in scores.get(id_, ()))) if scores else ()
    return Finding(
        id=finding_id(FindingKind.VULNERABILITY, flaw.rule, target, subject),
        kind=FindingKind.VULNERABILITY,
        rule=flaw.rule,
        target=target,
        subject=subject,
        verdict=_verdict(flaw.hits),
        severity=rate(advisory.severities for advisory in advisories),
        published=tuple(dict.fromkeys(each for advisory in advisories for each in advisory.severities)),
        aliases=tuple(id_ for id_ in flaw.ids if id_ != flaw.rule),
        title=next((advisory.title for advisory in advisories if advisory.title), ""),
        status=_status(fixed_in, {advisory.status for advisory in advisories}),
        installed=lowest(hit.match.installed for hit in flaw.hits),
        fixed_in=fixed_in,
        evidence=tuple(_comparison(hit) for hit in flaw.hits),
        scores=known,
        remedy=f"upgrade {subject.rpartition(':')[2]} to {fixed_in}" if fixed_in else "",
    )


def lowest(installed: Iterable[Installed]) -> str:
    """The lowest of these versions; one that has no place in its order comes first."""
    return min({(_place(each), each.version) for each in installed})[1]


def _comparison(hit: Hit) -> Comparison:
    match = hit.match
    return Comparison(
        advisory=match.advisory.id,
        feed=hit.feed,
        subject=match.installed.name,
        installed=match.installed.version,
        scheme=match.installed.scheme,
        affected=match.affected,
        packages=tuple(sorted({package.name for package in match.packages})),
        seen_at=places(match.packages),
        text=match.advisory.text,
    )


def _status(fixed_in: str, said: set[Status]) -> Status:
    """Fixed means that a version mends it, not that somebody said so."""
    if fixed_in:
        return Status.FIXED
    return next((status for status in _OPEN if status in said), Status.UNFIXED)


def _verdict(hits: Iterable[Hit]) -> Verdict:
    """Undetermined while the publisher itself does not know yet."""
    known = any(hit.match.advisory.status is not Status.UNDER_INVESTIGATION for hit in hits)
    return Verdict.FAIL if known else Verdict.UNDETERMINED


def _place(installed: Installed) -> bytes:
    try:
        return key(installed.version, installed.scheme)
    except UnorderableVersion:
        return b""
