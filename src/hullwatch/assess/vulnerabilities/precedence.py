"""Which matches stand: what the publisher calls not affected cancels, and the strongest class of statement silences the weaker."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from ...model import Advisory, AdvisoryClass, Status
from .matching import Match

_WEAKER = {
    AdvisoryClass.VULNERABILITY: (AdvisoryClass.SECURITY_UPLOAD, AdvisoryClass.UPDATE),
    AdvisoryClass.SECURITY_UPLOAD: (AdvisoryClass.UPDATE,),
    AdvisoryClass.UPDATE: (),
}


class Hit(Struct, frozen=True):
    """A match and the feed whose advisory it is."""

    feed: str
    match: Match


class Standing(Struct, frozen=True):
    """What counts of all matches of one subject."""

    hits: tuple[Hit, ...] = ()
    """Each belongs to a finding."""
    outdated: bool = False
    """There is a newer version and no flaw is named."""


def standing(hits: Sequence[Hit]) -> Standing:
    """Decide what counts of one subject's matches, in their order.

    A match without a fix silences nothing: it cannot be what a security upload or an update is about.
    """
    affected = _not_cancelled(hits)
    silenced = {
        weaker for hit in affected if hit.match.advisory.status is Status.FIXED for weaker in _WEAKER[hit.match.advisory.advisory_class]
    }
    heard = [hit for hit in affected if hit.match.advisory.advisory_class not in silenced]
    return Standing(
        hits=tuple(hit for hit in heard if hit.match.advisory.advisory_class is not AdvisoryClass.UPDATE),
        outdated=any(hit.match.advisory.advisory_class is AdvisoryClass.UPDATE for hit in heard),
    )


def _not_cancelled(hits: Iterable[Hit]) -> list[Hit]:
    """Without those whose feed says elsewhere that this version has not the flaw."""
    hits = tuple(hits)
    denied = {denial for hit in hits if hit.match.advisory.status is Status.NOT_AFFECTED for denial in _said_of(hit)}
    return [
        hit
        for hit in hits
        if hit.match.advisory.status is not Status.NOT_AFFECTED and not (denied and not denied.isdisjoint(_said_of(hit)))
    ]


def _said_of(hit: Hit) -> list[tuple[str, str, str, str]]:
    """Feed, name, version and flaw, under each of the flaw's ids."""
    installed = hit.match.installed
    return [(hit.feed, installed.name, installed.version, flaw) for flaw in ids_of(hit.match.advisory)]


def ids_of(advisory: Advisory) -> tuple[str, ...]:
    """The id of an advisory and its aliases."""
    return (advisory.id, *advisory.aliases)
