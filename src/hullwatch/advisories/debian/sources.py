"""The newest version of every source package of a release, from the Sources indexes of its suites."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from ...errors import UnorderableVersion
from ...model import Scheme
from ...versions.order import key
from ..records import Listed
from .control import fields_of, listed
from .releases import Suite

_WANTED = re.compile(rb"^(?:Package|Version|Directory|Extra-Source-Only|Checksums-Sha256):[^\n]*(?:\n[ \t][^\n]*)*", re.MULTILINE)
_CHANGELOG_IN = re.compile(r"\.debian\.tar\.\w+$|\.diff\.gz$")
_NATIVE = re.compile(r"(?<!\.orig)\.tar\.\w+$")
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")


class Place(Struct, frozen=True, array_like=True):
    """Where the source of a version lies."""

    suite: str
    directory: str
    """Address below which its files lie."""
    file: Listed | None
    """The file that holds its changelog: ``.debian.tar.*``, ``.diff.gz``, or all of a native package."""


class Offer(Struct, frozen=True, array_like=True):
    """The newest version of a source package, everywhere it lies, and the security suite's version, which may be older."""

    source: str
    version: str
    places: tuple[Place, ...]
    security: str = ""


class Stanza(Struct, frozen=True):
    """One version of a source package in one suite."""

    source: str
    version: str
    order: bytes
    place: Place


def stanzas(paragraphs: Iterable[bytes], suite: Suite) -> Iterator[Stanza]:
    """Yield the sources that a suite offers; those that are kept beside (``Extra-Source-Only``) or have no version in order are none."""
    for paragraph in paragraphs:
        fields = fields_of(b"\n".join(_WANTED.findall(paragraph)))
        source, version = fields.get("Package", ""), fields.get("Version", "")
        if fields.get("Extra-Source-Only") == "yes" or not _NAME.fullmatch(source):
            continue
        try:
            order = key(version, Scheme.DEB)
        except UnorderableVersion:
            continue
        directory = fields.get("Directory", "")
        yield Stanza(
            source, version, order, Place(suite.name, f"{suite.archive}/{directory}", _with_changelog(fields.get("Checksums-Sha256", "")))
        )


def _with_changelog(checksums: str) -> Listed | None:
    files = [each for each in listed(checksums) if "/" not in each.name]
    for pattern in (_CHANGELOG_IN, _NATIVE):
        if found := next((each for each in files if pattern.search(each.name)), None):
            return found
    return None


def newest(found: Iterable[Stanza], security: str) -> dict[str, Offer]:
    """The highest version of each source over all suites. Point releases carry fixes too, and the security suite is not always ahead."""
    highest: dict[str, list[Stanza]] = {}
    secure: dict[str, Stanza] = {}
    for stanza in found:
        known = highest.get(stanza.source)
        if known is None or stanza.order > known[0].order:
            highest[stanza.source] = [stanza]
        elif stanza.order == known[0].order:
            known.append(stanza)
        if stanza.place.suite == security and (stanza.source not in secure or stanza.order > secure[stanza.source].order):
            secure[stanza.source] = stanza
    return {
        source: Offer(
            source=source,
            version=same[0].version,
            places=tuple(dict.fromkeys(each.place for each in same)),
            security=secure[source].version if source in secure else "",
        )
        for source, same in highest.items()
    }
