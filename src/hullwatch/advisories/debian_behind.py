"""Which packages of inventories are behind a Debian release, what their changelogs say, and what of them could not be read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from ..errors import UnorderableVersion
from ..model import Feed, Gap, Inventory, Scheme
from ..versions.order import key
from .debian_binaries import Binaries
from .debian_changelog import Changelog
from .debian_flaws import advisories_of
from .debian_memory import Kept, all_changelogs, changelog_memo, changelogs, indexes, offers
from .debian_pool import read_changelog
from .debian_sources import Offer
from .records import Errand, Opener, Recall, Record


class Behind(Struct, frozen=True):
    """A source package that is installed in older versions than the release has."""

    offer: Offer
    versions: tuple[str, ...]
    architectures: frozenset[str]


def behind(inventories: Iterable[Inventory], recall: Recall) -> Sequence[Behind]:
    """The sources that are behind in any of these inventories, by name. Raises Malformed."""
    versions: dict[str, dict[str, None]] = {}
    architectures: dict[str, set[str]] = {}
    for inventory in inventories:
        installed = [package for package in inventory.packages if package.ecosystem is None and package.scheme is Scheme.DEB]
        native = {package.architecture for package in installed} - {"", "all"}
        for package in installed:
            versions.setdefault(package.source.name, {})[package.source.version] = None
            architectures.setdefault(package.source.name, set()).update(native)
    found = []
    for source, offer in sorted(offers(recall, versions).items()):
        older = tuple(version for version in versions[source] if _is_older(version, offer.version))
        if older:
            found.append(Behind(offer, older, frozenset(architectures[source])))
    return found


def _is_older(this: str, other: str) -> bool:
    try:
        return key(this, Scheme.DEB) < key(other, Scheme.DEB)
    except UnorderableVersion:
        return False  # matching makes a gap of it


def doubts(feed: Feed, inventory: Inventory, recall: Recall) -> Iterator[Gap]:
    """Yield one gap for each reason why what is behind cannot be told in full, with the names. Raises Malformed."""
    reasons: dict[str, list[str]] = {}
    found = behind((inventory,), recall)
    known = changelogs(recall, [each.offer.source for each in found])
    for each in found:
        kept = known.get(each.offer.source)
        if why := _doubt(each, kept.changelog if kept else None):
            reasons.setdefault(why, []).append(each.offer.source)
    for why, names in reasons.items():
        yield Gap(kind="changelog", what=f"what was fixed in {', '.join(names)}", why=why)


def _doubt(each: Behind, changelog: Changelog | None) -> str:
    """Why the changelog does not tell all that the installed versions lack; empty when it does."""
    if changelog is None:
        return "the changelog was not read yet; run hullwatch db update, or scan without --offline"
    if changelog.failure:
        return f"the changelog cannot be read: {changelog.failure}"
    if changelog.version != each.offer.version:
        return "the changelog of the newest version was not read yet; run hullwatch db update, or scan without --offline"
    if all(map(changelog.reaches, each.versions)):
        return ""
    if changelog.cut:
        return "the changelog that lies in the archive is cut off above the installed version"
    return "the changelog was not read far enough yet; run hullwatch db update, or scan without --offline"


def follow(feed: Feed, inventories: Sequence[Inventory], recall: Recall) -> Sequence[Errand]:
    """An errand for each source that is behind and whose changelog is not known far enough down. Raises Malformed.

    What failed is tried again when the feed itself was asked again; what failed in a way that may pass, at once.
    """
    found = behind(inventories, recall)
    known = changelogs(recall, [each.offer.source for each in found])
    binaries = Binaries(indexes(recall)) if found else Binaries(())
    code = feed.id.partition("/")[2]
    return [
        _Reading(each, known.get(each.offer.source), binaries, code, feed)
        for each in found
        if _is_worth_reading(each, known.get(each.offer.source), feed)
    ]


def _is_worth_reading(each: Behind, kept: Kept | None, feed: Feed) -> bool:
    if kept is None or kept.changelog.version != each.offer.version:
        return True
    if not kept.changelog.failure and all(map(kept.changelog.reaches, each.versions)):
        return False
    tells_all = not kept.changelog.may_pass and (bool(kept.changelog.failure) or kept.changelog.cut)
    return not tells_all or kept.tried_at != feed.fetched_at


class _Reading:
    """The errand of reading one changelog."""

    def __init__(self, each: Behind, kept: Kept | None, binaries: Binaries, code: str, feed: Feed) -> None:
        self.package = each.offer.source
        self._behind = each
        self._known = kept.changelog if kept is not None else None
        self._binaries = binaries
        self._code = code
        self._feed = feed

    def run(self, open_: Opener) -> Sequence[Record]:
        """All that is said of the source once its changelog was read, or could not be."""
        offer, versions = self._behind.offer, self._behind.versions
        known = self._known if self._known is not None and self._known.entries else None
        wanted = (known.entries[0].version,) if known is not None and all(map(known.reaches, versions)) else versions
        found = read_changelog(offer, wanted, open_, lambda: self._binaries.of(offer, self._behind.architectures, open_))
        if known is not None:
            found = _continued(found, known)
        return retold(offer, self._code, Kept(found, self._feed.fetched_at))


def _continued(new: Changelog, known: Changelog) -> Changelog:
    """A changelog, and below it what was known of an older version's, if that goes further down."""
    top = next((place for place, entry in enumerate(new.entries) if entry.version == known.entries[0].version), None)
    if top is None or len(new.entries) - top >= len(known.entries):
        return new
    return Changelog(version=new.version, entries=new.entries[:top] + known.entries, whole=known.whole, cut=known.cut)


def retold(offer: Offer, code: str, kept: Kept) -> Sequence[Record]:
    """All that is said of a source, and the memo of its changelog."""
    return [changelog_memo(offer.source, kept), *advisories_of(offer, code, kept.changelog)]


def carry(feed: Feed, old: Recall, new: Recall) -> Iterator[tuple[str, Sequence[Record]]]:
    """What the changelogs read before say, for a feed that was built anew: per source, all that is said of it. Raises Malformed."""
    known: Mapping[str, Kept] = all_changelogs(old)
    for source, offer in offers(new, known).items():
        yield source, retold(offer, feed.id.partition("/")[2], known[source])
