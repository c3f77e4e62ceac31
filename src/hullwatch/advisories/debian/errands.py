"""What is read for single packages of a Debian release once its indexes are there, and what is said of them then."""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from ...errors import HullwatchError
from ...model import Feed
from ..records import Opener, Record
from .binaries import Binaries
from .changelog import Changelog
from .flaws import advisories_of
from .memory import Kept, changelog_memo, support_memo
from .pool import read_changelog
from .sources import Offer
from .support import PACKAGE, Support, read_support


class Behind(Struct, frozen=True):
    """A source package that is installed in older versions than the release has."""

    offer: Offer
    versions: tuple[str, ...]
    architectures: frozenset[str]


class Reading:
    """The errand of reading one changelog."""

    def __init__(self, each: Behind, kept: Kept | None, binaries: Binaries, feed: Feed) -> None:
        self.package = each.offer.source
        self._behind = each
        self._known = kept.changelog if kept is not None and kept.changelog.entries else None
        self._binaries = binaries
        self._feed = feed

    def run(self, open_: Opener) -> Sequence[Record]:
        """All that is said of the source once its changelog was read, or could not be."""
        offer, versions, known = self._behind.offer, self._behind.versions, self._known
        wanted = (known.entries[0].version,) if known is not None and all(map(known.reaches, versions)) else versions
        found = read_changelog(offer, wanted, open_, partial(self._binaries.of, offer, self._behind.architectures, open_))
        if known is not None:
            found = _continued(found, known)
        return retold(offer, self._feed, Kept(found, self._feed.fetched_at, self._not_built_for(open_)))

    def _not_built_for(self, open_: Opener) -> tuple[str, ...]:
        """Nothing where it cannot be known."""
        try:
            return self._binaries.not_built_for(self._behind.offer, self._behind.architectures, open_)
        except HullwatchError:
            return ()


def _continued(new: Changelog, known: Changelog) -> Changelog:
    """A changelog, and below it what was known of an older version's, if that goes further down."""
    top = next((place for place, entry in enumerate(new.entries) if entry.version == known.entries[0].version), None)
    if top is None or len(new.entries) - top >= len(known.entries):
        return new
    return Changelog(version=new.version, entries=new.entries[:top] + known.entries, whole=known.whole, cut=known.cut)


class Supporting:
    """The errand of reading what is no longer supported."""

    package = PACKAGE

    def __init__(self, offer: Offer, architectures: frozenset[str], binaries: Binaries, feed: Feed) -> None:
        self._offer = offer
        self._architectures = architectures
        self._binaries = binaries
        self._feed = feed

    def run(self, open_: Opener) -> Sequence[Record]:
        """All that is said of the package, and the lists, or why they cannot be read."""
        offer, now = self._offer, self._feed.fetched_at
        try:
            binaries = partial(self._binaries.of, offer, self._architectures, open_)
            found = Support(offer.version, read_support(offer, code_of(self._feed), open_, binaries), tried_at=now)
        except HullwatchError as error:
            found = Support(offer.version, failure=error.what, tried_at=now)
        return supported(offer, self._feed, found)


def code_of(feed: Feed) -> str:
    """The code name of the release that a feed speaks of."""
    return feed.id.partition("/")[2]


def retold(offer: Offer, feed: Feed, kept: Kept) -> Sequence[Record]:
    """All that is said of a source, and the memo of its changelog."""
    return [changelog_memo(offer.source, kept), *advisories_of(offer, code_of(feed), kept.changelog)]


def supported(offer: Offer, feed: Feed, found: Support) -> Sequence[Record]:
    """All that is said of the package that lists what is no longer supported, its memo, and what it lists."""
    return [*advisories_of(offer, code_of(feed), None), support_memo(found), *found.lifecycles]
