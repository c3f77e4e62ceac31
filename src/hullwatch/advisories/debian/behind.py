"""Which packages of inventories are behind a Debian release, what is still to be read for them, and what remains in doubt."""

from collections.abc import Iterable, Iterator, Sequence

from ...errors import UnorderableVersion
from ...model import Feed, Gap, Inventory, Package, Scheme
from ...versions.order import key
from ..records import Errand, Recall, Record
from .binaries import Binaries
from .changelog import Changelog
from .errands import Behind, Reading, Supporting, retold, supported
from .memory import Kept, all_changelogs, changelogs, indexes, offers, support
from .support import PACKAGE

_NOT_YET = "; run hullwatch db update, or scan without --offline"


def behind(inventories: Iterable[Inventory], recall: Recall) -> Sequence[Behind]:
    """The sources that are behind in any of these inventories, by name. Raises Malformed."""
    versions: dict[str, dict[str, None]] = {}
    architectures: dict[str, frozenset[str]] = {}
    for inventory in inventories:
        native = _native((inventory,))
        for package in _installed(inventory):
            versions.setdefault(package.source.name, {})[package.source.version] = None
            architectures[package.source.name] = architectures.get(package.source.name, frozenset()) | native
    found = []
    for source, offer in sorted(offers(recall, versions).items()):
        older = tuple(version for version in versions[source] if _is_older(version, offer.version))
        if older:
            found.append(Behind(offer, older, architectures[source]))
    return found


def _installed(inventory: Inventory) -> Sequence[Package]:
    return [package for package in inventory.packages if package.ecosystem is None and package.scheme is Scheme.DEB]


def _native(inventories: Iterable[Inventory]) -> frozenset[str]:
    """The architectures that these were built for."""
    return frozenset(package.architecture for inventory in inventories for package in _installed(inventory)) - {"", "all"}


def _is_older(this: str, other: str) -> bool:
    try:
        return key(this, Scheme.DEB) < key(other, Scheme.DEB)
    except UnorderableVersion:
        return False  # matching makes a gap of it


def doubts(feed: Feed, inventory: Inventory, recall: Recall) -> Iterator[Gap]:
    """Yield what the feed as it is cannot tell: one gap for each reason, with the names of the sources. Raises Malformed."""
    reasons: dict[str, list[tuple[str, str]]] = {}
    found = behind((inventory,), recall)
    known = changelogs(recall, [each.offer.source for each in found])
    for each in found:
        kept = known.get(each.offer.source)
        if why := _doubt(each, kept.changelog if kept else None):
            reasons.setdefault(why.partition(":")[0], []).append((each.offer.source, why))
        if kept is not None and (missing := sorted(each.architectures & set(kept.not_built_for))):
            why = f"{each.offer.version} is in the archive as a source, and not built for {', '.join(missing)}"
            yield Gap(kind="not-built", what=f"upgrade of {each.offer.source}", why=why)
    for doubted in reasons.values():
        names, (why, *_) = [source for source, _ in doubted], [why for _, why in doubted]
        yield Gap(kind="changelog", what=f"what was fixed in {', '.join(names)}", why=why)
    if (lists := support(recall)) is not None and lists.failure:
        why = f"the lists of ended and limited support cannot be read: {lists.failure}"
        yield Gap(kind="support-lists", what=f"support of packages of {feed.covers}", why=why)


def _doubt(each: Behind, changelog: Changelog | None) -> str:
    """Why the changelog does not tell all that the installed versions lack; empty when it does."""
    if changelog is None:
        return f"the changelog was not read yet{_NOT_YET}"
    if changelog.failure:
        return f"the changelog cannot be read: {changelog.failure}"
    if changelog.version != each.offer.version:
        return f"the changelog of the newest version was not read yet{_NOT_YET}"
    if all(map(changelog.reaches, each.versions)):
        return ""
    if changelog.cut:
        return "the changelog that lies in the archive is cut off above the installed version"
    return f"the changelog was not read far enough yet{_NOT_YET}"


def follow(feed: Feed, inventories: Sequence[Inventory], recall: Recall) -> Sequence[Errand]:
    """An errand for each source that is behind and whose changelog is not known far enough down, and one for lists of support.

    What failed is tried again when the feed itself was asked again; what failed in a way that may pass, at once. Raises Malformed.
    """
    found = behind(inventories, recall)
    known = changelogs(recall, [each.offer.source for each in found])
    binaries = Binaries(indexes(recall))
    errands: list[Errand] = [
        Reading(each, known.get(each.offer.source), binaries, feed)
        for each in found
        if not _is_known(each, known.get(each.offer.source), feed)
    ]
    offer, lists = offers(recall, (PACKAGE,)).get(PACKAGE), support(recall)
    lists_known = offer is not None and lists is not None and lists.version == offer.version
    if offer is not None and not (lists_known and lists is not None and (not lists.failure or lists.tried_at == feed.fetched_at)):
        errands.append(Supporting(offer, _native(inventories), binaries, feed))
    return errands


def _is_known(each: Behind, kept: Kept | None, feed: Feed) -> bool:
    """Whether reading again would tell no more."""
    if kept is None or kept.changelog.version != each.offer.version:
        return False
    if not kept.changelog.failure and all(map(kept.changelog.reaches, each.versions)):
        return True
    was_all = bool(kept.changelog.failure) or kept.changelog.cut
    return was_all and not kept.changelog.may_pass and kept.tried_at == feed.fetched_at


def carry(feed: Feed, old: Recall, new: Recall) -> Iterator[tuple[str, Sequence[Record]]]:
    """What was read before says, for a feed that was built anew: per source, all that is said of it. Raises Malformed."""
    known = all_changelogs(old)
    for source, offer in offers(new, known).items():
        yield source, retold(offer, feed, known[source])
    current, lists = offers(new, (PACKAGE,)).get(PACKAGE), support(old)
    if current is not None and lists is not None and lists.version == current.version:
        yield PACKAGE, supported(current, feed, lists)
