"""From a source's newest version and its changelog to advisories.

A CVE becomes one advisory. Its first range says it all: affected is what lies below the lowest version of the topmost entry that names
it and of those above that one, and ``versions`` lists what stands below by position and yet is not lower. Each further entry that names
it adds a range below: a version that lies in the first range and not in the last had a fix already, which was incomplete or was undone.
"""

import re
from collections.abc import Iterator, Sequence

from ...errors import UnorderableVersion
from ...model import About, Advisory, AdvisoryClass, Range, Scheme
from ...versions.order import key
from .changelog import Changelog, Entry, Mention
from .sources import Offer

_KERNEL = re.compile(r"linux(?:-latest|-signed-\w+|-\d[\w.]*(?:-signed-\w+)?)?|linux-signed-\d[\w.]*-\w+")
"""Sources of kernels: ``linux``, ``linux-signed-amd64``, ``linux-6.1``, ``linux-signed-5.10-arm64``."""
_REBUILD = re.compile(r"~deb(\d+)u\d+$")
_NO_KERNEL = (
    "bpftool", "hyperv-daemons", "libcpupower*", "linux-bootwrapper-*", "linux-compiler-*", "linux-config-*", "linux-cpupower",
    "linux-doc*", "linux-headers-*", "linux-kbuild-*", "linux-libc-dev*", "linux-perf*", "linux-source*", "linux-support-*", "rtla",
    "usbip",
)  # fmt: skip
"""Binary packages of the kernel's sources that hold no kernel."""


def advisories_of(offer: Offer, code: str, changelog: Changelog | None) -> Iterator[Advisory]:
    """All that is said of a source: that there is a newer version, that the security team uploaded one, and what its changelog names."""
    yield _advisory(offer, f"{code}/{offer.source}", offer.version, AdvisoryClass.UPDATE, "")
    if offer.security:
        yield _security_upload(offer, code, changelog)
    if changelog is not None:
        yield from _flaws(offer, changelog.entries)


def _security_upload(offer: Offer, code: str, changelog: Changelog | None) -> Advisory:
    entry = next((each for each in changelog.entries if each.version == offer.security), None) if changelog else None
    text = f"{offer.security}: {entry.text}" if entry else f"{offer.security} was uploaded to {code}-security"
    aliases = frozenset(entry.others) if entry else frozenset()
    return _advisory(offer, f"{code}-security/{offer.source}", offer.security, AdvisoryClass.SECURITY_UPLOAD, text, aliases)


def _advisory(offer: Offer, id_: str, fixed: str, class_: AdvisoryClass, text: str, aliases: frozenset[str] = frozenset()) -> Advisory:
    return Advisory(
        id=id_,
        aliases=aliases,
        about=About.SOURCE,
        package=offer.source,
        scheme=Scheme.DEB,
        ranges=(Range(fixed=fixed),),
        advisory_class=class_,
        qualifiers={} if class_ is AdvisoryClass.UPDATE else _qualifiers(offer.source),
        text=text,
    )


def _flaws(offer: Offer, entries: Sequence[Entry]) -> Iterator[Advisory]:
    """One advisory per CVE, in the changelog's order."""
    lowest = _lowest_so_far(entries, _rebuild(offer.version))
    listed: dict[int, tuple[str, ...]] = {}
    named: dict[str, list[tuple[int, Mention]]] = {}
    for position, entry in enumerate(entries):
        for mention in entry.flaws:
            named.setdefault(mention.id, []).append((position, mention))
    for id_, mentions in named.items():
        positions = [position for position, _ in mentions]
        top = positions[0]
        if top not in listed:
            listed[top] = tuple(_not_lower(entries[top + 1 :], lowest[top]))
        yield Advisory(
            id=id_,
            about=About.SOURCE,
            package=offer.source,
            scheme=Scheme.DEB,
            ranges=tuple(dict.fromkeys(Range(fixed=lowest[position]) for position in positions)),
            versions=listed[top],
            qualifiers=_qualifiers(offer.source),
            text=_text(entries, mentions),
            references=(f"https://security-tracker.debian.org/tracker/{id_}",),
        )


def _lowest_so_far(entries: Sequence[Entry], rebuild: str) -> list[str]:
    """For each position, the lowest version of it and of all above, and of what a rebuild of those for the release is called."""
    lowest: list[str] = []
    for entry in entries:
        version = entry.version if not rebuild or _REBUILD.search(entry.version) else entry.version + rebuild
        lowest.append(version if not lowest or _is_lower(version, lowest[-1]) else lowest[-1])
    return lowest


def _rebuild(newest: str) -> str:
    """What the release appends to versions that it takes over from newer ones (``~deb12u1``); empty when it does not do so.

    A changelog knows of no earlier rebuilds: 17.0.6-1~deb12u1 has the fixes of 17.0.6-1, whose entry the newest one holds.
    """
    found = _REBUILD.search(newest)
    return f"~deb{found[1]}u1" if found else ""


def _not_lower(below: Sequence[Entry], bound: str) -> Iterator[str]:
    for entry in below:
        if not _is_lower(entry.version, bound):
            yield entry.version


def _is_lower(this: str, other: str) -> bool:
    """A version that has no place in the order is lower than none."""
    try:
        return key(this, Scheme.DEB) < key(other, Scheme.DEB)
    except UnorderableVersion:
        return False


def _text(entries: Sequence[Entry], mentions: Sequence[tuple[int, Mention]]) -> str:
    (top, mention), *earlier = mentions
    text = f"{entries[top].version}: {mention.text}"
    if not earlier:
        return text
    return f"{text} (named before in {', '.join(entries[position].version for position, _ in earlier)}: an incomplete fix or a regression)"


def _qualifiers(source: str) -> dict[str, tuple[str, ...]]:
    return {"not_built_into": _NO_KERNEL} if _KERNEL.fullmatch(source) else {}
