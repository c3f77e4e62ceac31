"""Debian's own archive as a source: what is newest in a release, and what the changelogs above the installed versions say was fixed.

Three suites count, main, updates and security; fixed is the highest version over all of them. Each is signed, and so is each index by
its digest in the signed Release file. The changelogs are read afterwards, for the packages of inventories that are behind (``follow``).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from ...errors import Malformed, Untrusted
from ...model import Feed, Gap, Inventory, Lifecycle, Scheme
from ...ports import MEBIBYTE
from ..records import Memo, Parsed, Wanted
from . import behind as debian_behind
from .control import Release, paragraphs, parse_release
from .flaws import advisories_of
from .memory import INDEXES, Index, offer_key
from .releases import KEYRING, RELEASES, Suite, code_name, suites
from .sources import Stanza, newest, stanzas

name = "debian"
revision = 1

follow = debian_behind.follow
carry = debian_behind.carry
doubts = debian_behind.doubts

_RELEASE_LIMIT = 4 * MEBIBYTE
_EMPTY_INDEX = 64
"""Bytes of an xz file without content, generously."""
_STANDS_STILL = timedelta(days=21)
"""Security suites are signed anew every few days, whether something was uploaded or not."""
_NOTES = (
    "Debian's archive tells what was fixed, not what is open: flaws without a fix, and severities, are unknown to it",
    "flaws that no changelog names, fixes by mere rebuilding, and code copied into packages cannot be seen in it",
)


def needs(inventory: Inventory) -> Iterator[Feed]:
    """One feed for the inventory's release; nothing for other distributions."""
    code = code_name(inventory.distribution)
    if code and any(package.ecosystem is None and package.scheme is Scheme.DEB for package in inventory.packages):
        yield Feed(
            id=f"{name}/{code}",
            source=name,
            addresses=tuple(f"{suite.address}/InRelease" for suite in suites(code)),
            covers=f"debian {code}",
            lists_every_package=True,
            revision=revision,
            notes=_NOTES,
        )


def documents(feed: Feed) -> Sequence[Wanted]:
    """The signed Release files of the suites."""
    return [Wanted(address=address, keyring=KEYRING, limit_bytes=_RELEASE_LIMIT) for address in feed.addresses]


def indexes(feed: Feed, documents: Sequence[BinaryIO]) -> Sequence[Wanted]:
    """The Sources indexes that the Release files list, in order. Raises Malformed, Untrusted (another suite's Release file)."""
    wanted = (_sources(suite, release) for suite, release in _releases(feed, documents))
    return [Wanted(address=each.address, sha256=each.sha256) for listed in wanted for each in listed]


def _code(feed: Feed) -> str:
    return feed.id.partition("/")[2]


def _releases(feed: Feed, documents: Sequence[BinaryIO]) -> list[tuple[Suite, Release]]:
    wanted = suites(_code(feed))
    if len(documents) < len(wanted):
        raise Malformed(f"{feed.id}: {len(documents)} documents, {len(wanted)} Release files are wanted")
    found = []
    for suite, document in zip(wanted, documents, strict=False):
        release = parse_release(document.read(), suite.address)
        if release.origin != "Debian" or release.code_name not in (suite.name, suite.name.partition("/")[0]):
            raise Untrusted(f"{suite.address}/InRelease is that of {release.origin} {release.code_name}", remedy="do not use this mirror")
        found.append((suite, release))
    return found


def _sources(suite: Suite, release: Release) -> Iterator[Index]:
    """Every component's, also those that are not free: firmware is there."""
    for component in dict.fromkeys(release.components):
        listed = release.files.get(f"{component}/source/Sources.xz")
        if listed is not None and listed.size_bytes > _EMPTY_INDEX:
            yield Index(suite.name, component, "source", f"{suite.address}/{listed.name}", listed.sha256, listed.size_bytes)


def _packages(suite: Suite, release: Release) -> Iterator[Index]:
    for listed in release.files.values():
        match listed.name.split("/"):
            case [component, directory, "Packages.xz"] if directory.startswith("binary-") and listed.size_bytes > _EMPTY_INDEX:
                architecture = directory.removeprefix("binary-")
                yield Index(suite.name, component, architecture, f"{suite.address}/{listed.name}", listed.sha256, listed.size_bytes)


def parse(feed: Feed, documents: Sequence[BinaryIO]) -> Iterator[Parsed]:
    """Yield what is newest of each source, the release's lifecycle, a gap for each suite that stands still, and memos for ``follow``."""
    code = _code(feed)
    releases = _releases(feed, documents)
    yield _described(feed, [release for _, release in releases])
    yield from _lifecycle(code, feed)
    yield from _standing_still(code, feed, releases)
    listed = [(suite, index) for suite, release in releases for index in _sources(suite, release)]
    found = _all_stanzas(listed, documents[len(releases) :])
    for source, offer in newest(found, suites(code)[-1].name).items():
        yield Memo(key=offer_key(source), value=msgspec.msgpack.encode(offer))
        yield from advisories_of(offer, code, None)
    binary = [index for suite, release in releases for index in _packages(suite, release)]
    yield Memo(key=INDEXES, value=msgspec.msgpack.encode(binary))


def _all_stanzas(listed: Iterable[tuple[Suite, Index]], documents: Sequence[BinaryIO]) -> Iterator[Stanza]:
    wanted = list(listed)
    if len(documents) != len(wanted):
        raise Malformed(f"the Release files list {len(wanted)} indexes, {len(documents)} are there")
    for (suite, index), document in zip(wanted, documents, strict=True):
        yield from stanzas(paragraphs(document, index.address), suite)


def _described(feed: Feed, releases: Sequence[Release]) -> Feed:
    """The feed with the date of its newest suite, and those of all in words."""
    dates = ", ".join(f"{release.code_name} of {release.date:%Y-%m-%d}" for release in releases)
    endless = [release.code_name for release in releases if release.valid_until is None]
    unproven = f"; {', '.join(endless)} name no end of validity, so that they are the newest cannot be proven" if endless else ""
    return replace(feed, published_at=max(release.date for release in releases), notes=(*_NOTES, f"judged by {dates}{unproven}"))


def _lifecycle(code: str, feed: Feed) -> Iterator[Lifecycle]:
    release = RELEASES.get(code)
    if release is None or release.ends is None or release.lts_ends is None:
        return
    limited = feed.fetched_at is not None and feed.fetched_at.date() > release.ends
    text = f"since {release.ends} only the LTS team supports it, until {release.lts_ends}" if limited else ""
    yield Lifecycle(subject=f"debian {release.number}", ends=release.lts_ends, limited=limited, text=text)


def _standing_still(code: str, feed: Feed, releases: Sequence[tuple[Suite, Release]]) -> Iterator[Gap]:
    """A suite whose validity has passed, or whose security uploads have stopped, unless the release's support has ended anyway."""
    known, now = RELEASES.get(code), feed.fetched_at
    if now is None or (known is not None and known.lts_ends is not None and known.lts_ends < now.date()):
        return
    for suite, release in releases:
        is_security = suite == suites(code)[-1]
        if (release.valid_until is not None and release.valid_until < now) or (is_security and now - release.date > _STANDS_STILL):
            why = f"it was last renewed on {release.date:%Y-%m-%d}; what was fixed since then is unknown"
            yield Gap(kind="suite-frozen", what=f"suite {suite.name}", why=why)
