"""Which version mends a flaw."""

from collections.abc import Iterable, Iterator, Sequence

from ...errors import UnorderableVersion
from ...model import Advisory, AdvisoryClass, Scheme, Status
from ...versions.order import key
from .matching import may_concern, speaks_of
from .merging import Flaw, is_cve
from .precedence import ids_of


class Statements:
    """All that was said of one subject, in every feed, whether it holds for what is installed or not."""

    def __init__(self, advisories: Iterable[Advisory]) -> None:
        self._about: dict[str, list[Advisory]] = {}
        self._newer: list[Advisory] = []
        for advisory in advisories:
            if advisory.status in (Status.NOT_AFFECTED, Status.WITHDRAWN):
                continue
            if advisory.advisory_class is not AdvisoryClass.VULNERABILITY:
                self._newer.append(advisory)
            for id_ in ids_of(advisory):
                self._about.setdefault(id_, []).append(advisory)

    def fixed_in(self, flaw: Flaw) -> str:
        """The lowest known version above all those installed that no advisory of the flaw calls affected; empty when there is none.

        Where the flaw's own bounds lie below what is installed (a rebuild sorts below what it rebuilds), what the archive
        has newer is asked about too.
        """
        own = self._of(flaw)
        if len(own) == 1 and len(own[0].ranges) == 1 and own[0].status is Status.FIXED and (affected := flaw.hits[0].match.affected):
            return affected.fixed
        scheme = flaw.hits[0].match.installed.scheme
        installed = [_place(hit.match.installed.version, scheme) for hit in flaw.hits]
        if None in installed:
            return ""
        above = max(place for place in installed if place is not None)
        for offered in (own, self._newer):
            for version in _bounds(offered, scheme, above):
                if not any(_may_affect(version, scheme, advisory) for advisory in own):
                    return version
        return ""

    def _of(self, flaw: Flaw) -> Sequence[Advisory]:
        """Those that speak of this flaw, and not only of another one of the same bundle or of other packages."""
        if len(flaw.ids) == 1:
            found = self._about[flaw.rule]
        else:
            found = list({id(advisory): advisory for id_ in flaw.ids for advisory in self._about.get(id_, ())}.values())
        if is_cve(flaw.rule):
            found = [each for each in found if flaw.rule in ids_of(each) or not any(map(is_cve, ids_of(each)))]
        if any(advisory.qualifiers for advisory in found):
            packages = [package for hit in flaw.hits for package in hit.match.packages]
            found = [advisory for advisory in found if may_concern(packages, advisory)]
        return found


def _bounds(advisories: Iterable[Advisory], scheme: Scheme, above: bytes) -> Iterator[str]:
    """Versions that advisories call fixed, above a place in the order, lowest first."""
    fixed = {bound.fixed for advisory in advisories if advisory.status is Status.FIXED for bound in advisory.ranges if bound.fixed}
    placed = ((place, version) for version in fixed if (place := _place(version, scheme)) is not None and place > above)
    return (version for _, version in sorted(placed))


def _may_affect(version: str, scheme: Scheme, advisory: Advisory) -> bool:
    """Whether an advisory calls a version affected, or cannot say that it does not."""
    try:
        return speaks_of(version, scheme, advisory)[0]
    except UnorderableVersion:
        return True


def _place(version: str, scheme: Scheme) -> bytes | None:
    try:
        return key(version, scheme)
    except UnorderableVersion:
        return None
