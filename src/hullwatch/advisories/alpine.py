"""Alpine's own advisories (secdb): one JSON document per release and repository (https://secdb.alpinelinux.org/).

A package's fixed versions, each with the flaws it mended; version "0" says that the package was never affected. Names are those of
origins (source packages). Several ids may stand in one string; two CVEs there are two flaws, anything else is another name of the one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, BinaryIO

import msgspec

from ..errors import Malformed
from ..model import About, Advisory, Feed, Gap, Inventory, Lifecycle, Range, Scheme, Status
from .records import PackageGap, Parsed

name = "alpine"
revision = 1

_CVE = re.compile(r"\bCVE[-_ ](\d{4})[-_](\d{4,})")
_OTHER = re.compile(r"\b(?!CVE)[A-Z]{2,}[A-Z0-9]*-[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
_RELEASE = re.compile(r"\d{1,4}\.\d{1,4}")
_FIRST_WITH_COMMUNITY = (3, 3)
_NEVER_AFFECTED = "0"

_SUPPORT_ENDS = {
    "3.3": date(2017, 11, 1), "3.4": date(2018, 5, 1), "3.5": date(2018, 11, 1), "3.6": date(2019, 5, 1), "3.7": date(2019, 11, 1),
    "3.8": date(2020, 5, 1), "3.9": date(2020, 11, 1), "3.10": date(2021, 5, 1), "3.11": date(2021, 11, 1), "3.12": date(2022, 5, 1),
    "3.13": date(2022, 11, 1), "3.14": date(2023, 5, 1), "3.15": date(2023, 11, 1), "3.16": date(2024, 5, 23), "3.17": date(2024, 11, 22),
    "3.18": date(2025, 5, 9), "3.19": date(2025, 11, 1), "3.20": date(2026, 4, 1), "3.21": date(2026, 11, 1), "3.22": date(2027, 5, 1),
    "3.23": date(2027, 11, 1),
}  # fmt: skip
"""When support of a release ends, as https://alpinelinux.org/releases/ says of main; of a release that is not named nothing is said."""


def needs(inventory: Inventory) -> Iterator[Feed]:
    """The documents of the inventory's release; nothing for other distributions. Community repositories began with 3.3."""
    distribution = inventory.distribution
    if distribution is None or distribution.id != name:
        return
    release = distribution.release or "edge"
    branch = "edge" if not _RELEASE.fullmatch(release) else f"v{release}"
    for repository in _repositories(release):
        yield Feed(
            id=f"{name}/{branch}/{repository}",
            source=name,
            addresses=(f"https://secdb.alpinelinux.org/{branch}/{repository}.json",),
            covers=f"alpine {release} {repository}",
            revision=revision,
            notes=("Alpine's feed names flaws that were fixed; those without a fix are unknown to it, and it gives no severities",),
        )


def _repositories(release: str) -> tuple[str, ...]:
    if _RELEASE.fullmatch(release) and tuple(int(part) for part in release.split(".")) < _FIRST_WITH_COMMUNITY:
        return ("main",)
    return ("main", "community")


class _Package(msgspec.Struct):
    name: str
    secfixes: dict[str, Any] | None = None


class _Entry(msgspec.Struct):
    pkg: _Package


class _Document(msgspec.Struct):
    packages: list[_Entry] | None


def parse(feed: Feed, documents: Sequence[BinaryIO]) -> Iterator[Parsed]:
    """Yield one advisory per package, fixed version and flaw, in the document's order; an entry without an id is a gap of its package."""
    try:
        document = msgspec.json.decode(documents[0].read(), type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"{feed.addresses[0]}: no secdb document: {error}") from error
    yield from _lifecycle(feed)
    for entry in document.packages or ():
        yield from _of_package(entry.pkg)


def _lifecycle(feed: Feed) -> Iterator[Lifecycle]:
    release = feed.id.split("/")[1].removeprefix("v")
    if ends := _SUPPORT_ENDS.get(release):
        yield Lifecycle(subject=f"alpine {release}", ends=ends, text=f"Alpine {release} is supported until {ends}")


def _of_package(package: _Package) -> Iterator[Advisory | PackageGap]:
    texts = {
        fixed: tuple(str(text) for text in entries) if isinstance(entries, list) else (str(entries),)
        for fixed, entries in (package.secfixes or {}).items()
        if entries is not None
    }
    shared = _shared(text for entries in texts.values() for text in entries)
    for fixed, entries in texts.items():
        for text in entries:
            if not (flaws := _flaws(text)):
                gap = Gap(kind="advisory-record", what=f"advisory for {package.name} {fixed}", why=f"no id in {text[:80]!r}")
                yield PackageGap(package=package.name, gap=gap)
            for id_, aliases in flaws.items():
                yield _advisory(package.name, fixed, id_, aliases - shared, aliases & shared)


def _advisory(package: str, fixed: str, id_: str, aliases: frozenset[str], related: frozenset[str]) -> Advisory:
    never = fixed == _NEVER_AFFECTED
    return Advisory(
        id=id_,
        aliases=aliases,
        about=About.SOURCE,
        package=package,
        scheme=Scheme.APK,
        ranges=() if never else (Range(fixed=fixed),),
        status=Status.NOT_AFFECTED if never else Status.FIXED,
        text=f"part of {', '.join(sorted(related))}" if related else "",
        references=(f"https://security.alpinelinux.org/vuln/{id_}",) if id_.startswith("CVE-") else (),
    )


def _flaws(text: str) -> Mapping[str, frozenset[str]]:
    """The flaws named in one string and their other names; a name beside several CVEs is that of none in particular."""
    cves = tuple(dict.fromkeys(f"CVE-{year}-{number}" for year, number in _CVE.findall(text)))
    others = tuple(dict.fromkeys(_OTHER.findall(text)))
    if not cves:
        return {others[0]: frozenset(others[1:])} if others else {}
    return {cve: frozenset(others) if len(cves) == 1 else frozenset() for cve in cves}


def _shared(texts: Iterator[str]) -> frozenset[str]:
    """Names that stand beside more than one CVE of a package (an XSA often covers several); as aliases they would make those one flaw."""
    beside: dict[str, set[str]] = {}
    for text in texts:
        for cve, others in _flaws(text).items():
            for other in others:
                beside.setdefault(other, set()).add(cve)
    return frozenset(other for other, cves in beside.items() if len(cves) > 1)
