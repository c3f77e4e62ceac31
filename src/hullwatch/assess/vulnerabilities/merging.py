"""Which matches are about one flaw, whatever their publishers call it.

Advisories of one subject that share an id or an alias are linked. Where all that are linked name one CVE at most, they are one flaw.
Where they name several (one advisory for a bundle of them), each CVE is a flaw of its own, so that waiving or mending one never hides
another; it has the matches that name it, and those that name no CVE at all.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from .precedence import Hit, ids_of

_CVE = re.compile(r"CVE-([0-9]{4})-([0-9]{1,19})")


class Flaw(Struct, frozen=True):
    """One flaw of one subject."""

    rule: str
    """The CVE where there is one, else the lowest id of its advisories."""
    ids: tuple[str, ...]
    """All its ids, in natural order, the rule among them."""
    hits: tuple[Hit, ...]


def merged(hits: Sequence[Hit]) -> list[Flaw]:
    """The flaws of one subject, in natural order of their rules. Hits keep their order."""
    flaws = [flaw for linked in _linked(hits) for flaw in _split(linked)]
    return sorted(flaws, key=lambda flaw: natural(flaw.rule))


@lru_cache(maxsize=65536)
def natural(id_: str) -> tuple[str, int, int, str]:
    """Sorts ids as people do: CVE-2023-9999 before CVE-2023-10000, CVEs first."""
    if found := _CVE.fullmatch(id_):
        return ("", int(found[1]), int(found[2]), id_)
    return (id_, 0, 0, id_)


@lru_cache(maxsize=65536)
def is_cve(id_: str) -> bool:
    """Whether this is the id of a CVE."""
    return _CVE.fullmatch(id_) is not None


def _linked(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Hits in groups that share ids, directly or through others."""
    parent: dict[str, str] = {}

    def root(id_: str) -> str:
        while (above := parent.setdefault(id_, id_)) != id_:
            parent[id_] = id_ = parent[above]
        return id_

    for hit in hits:
        this = root(hit.match.advisory.id)
        for alias in hit.match.advisory.aliases:
            parent[root(alias)] = this
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(root(hit.match.advisory.id), []).append(hit)
    return list(groups.values())


def _split(linked: list[Hit]) -> Iterable[Flaw]:
    """One flaw for each CVE that these name; one in all when they name none."""
    named = [frozenset(filter(is_cve, ids_of(hit.match.advisory))) for hit in linked]
    cves = frozenset().union(*named)
    if len(cves) <= 1:
        yield _flaw(next(iter(cves), ""), linked, cves)
        return
    for cve in cves:
        yield _flaw(cve, [hit for hit, names in zip(linked, named, strict=True) if cve in names or not names], cves)


def _flaw(cve: str, hits: list[Hit], cves: frozenset[str]) -> Flaw:
    ids = {id_ for hit in hits for id_ in ids_of(hit.match.advisory)} - (cves - {cve})
    rule = cve or min((hit.match.advisory.id for hit in hits), key=natural)
    return Flaw(rule, tuple(sorted(ids, key=natural)), tuple(hits))
