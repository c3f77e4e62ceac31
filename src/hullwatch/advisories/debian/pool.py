"""Changelogs out of package archives: from the head of a source's ``.debian.tar.*`` or ``.diff.gz``, else from a binary package.

Files are read as streams and no further than to the wanted entry (deb(5), dpkg-source(1)).
"""

import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import BinaryIO, cast

from msgspec import Struct

from ...errors import HullwatchError, LimitExceeded, Malformed, NotFound, Unreachable
from ...ports import KIBIBYTE, MEBIBYTE
from ..records import Listed, Opener
from ..unpack import bounded, part, unpacked, unpacking
from .changelog import Changelog, Entry, Reading, Search, signed
from .sources import Offer

UNPACKED_LIMIT = 256 * MEBIBYTE
"""Of what lies before a changelog and in it."""
SMALL = 256 * KIBIBYTE
"""Files up to this size are fetched whole, and so can be checked against their digest; of larger ones the head is read."""
_SIGNED = "linux-signed-"
_LINE = 64 * KIBIBYTE
_ENTRIES = 20_000
_FURTHER = 12
"""So many entries below the wanted one are read where it costs nothing: they may name a flaw before it is named again."""
_BINARIES = 4
"""So many binary packages are tried, the smallest first."""
_EMPTY = 2560
"""Bytes. Smaller binary packages hold no changelog, they only depend on others."""
_SOURCE = re.compile(r"(?:\./)?(?:[^/]+/)?debian/changelog")
_DOCUMENTS = re.compile(r"(?:\./)?usr/share/doc/[^/]+")
_BINARY = re.compile(r"(?:\./)?usr/share/doc/[^/]+/changelog(?:\.Debian)?\.gz")


class _Elsewhere(NotFound):
    """A binary package whose documentation is a link to that of another one."""

    def __init__(self, what: str, package: str) -> None:
        super().__init__(what)
        self.package = package


class Binary(Struct, frozen=True):
    """A binary package in an archive."""

    address: str
    file: Listed


def read_changelog(offer: Offer, versions: Sequence[str], open_: Opener, binaries: Callable[[], Sequence[Binary]]) -> Changelog:
    """The changelog of the offered version, down to the entries of ``versions``; one with a ``failure`` where it cannot be read.

    ``binaries`` names the binary packages of the offered version, and is asked only when no source file tells enough.
    """
    failures: list[HullwatchError] = []
    best = Changelog(version=offer.version)
    for attempt in _attempts(offer, binaries, failures):
        try:
            found = attempt(versions, open_)
        except HullwatchError as error:
            failures.append(error)
            continue
        if all(map(found.reaches, versions)):
            return found
        best = max(found, best, key=lambda each: len(each.entries))
    if best.entries:
        return best
    return _failed(offer, failures)


def _attempts(
    offer: Offer, binaries: Callable[[], Sequence[Binary]], failures: list[HullwatchError]
) -> Iterator[Callable[[Sequence[str], Opener], Changelog]]:
    for place in offer.places:
        if place.file is not None:
            yield partial(_from_source, offer, f"{place.directory}/{place.file.name}", place.file)
    try:
        candidates = sorted((each for each in binaries() if each.file.size_bytes > _EMPTY), key=lambda each: each.file.size_bytes)
    except HullwatchError as error:
        failures.append(error)
        return
    for binary in candidates[:_BINARIES]:
        yield partial(_from_binary, offer, binary)
    elsewhere = {error.package for error in failures if isinstance(error, _Elsewhere)}
    for binary in candidates[_BINARIES:]:
        if binary.file.name.partition("_")[0] in elsewhere:
            yield partial(_from_binary, offer, binary)


def _failed(offer: Offer, failures: Sequence[HullwatchError]) -> Changelog:
    """What is said is the failure that says most: that something is not there says least."""
    error = next((each for each in failures if not isinstance(each, NotFound)), None)
    looked = any(isinstance(each, _Elsewhere) for each in failures)
    nowhere = "no package that was tried holds it" if looked else "neither its source nor a binary package lies in the archive"
    why = error.what if error is not None else nowhere
    return Changelog(version=offer.version, failure=why, may_pass=isinstance(error, Unreachable))


def _from_source(offer: Offer, address: str, file: Listed, versions: Sequence[str], open_: Opener) -> Changelog:
    small = file.size_bytes <= SMALL
    with open_(address, file if small else None).stream as stream, unpacking(address):
        plain = bounded(unpacked(stream, file.name), UNPACKED_LIMIT, address)
        lines = _diff_lines(plain) if file.name.endswith(".diff.gz") else _tar_lines(plain, _SOURCE, address)
        return _read(offer, lines, versions, address, further=_FURTHER if small else 0)


def _from_binary(offer: Offer, binary: Binary, versions: Sequence[str], open_: Opener) -> Changelog:
    small = binary.file.size_bytes <= SMALL
    with open_(binary.address, binary.file if small else None).stream as stream, unpacking(binary.address):
        name, data = _data_of(stream, binary.address)
        plain = bounded(unpacked(data, name), UNPACKED_LIMIT, binary.address)
        return _read(offer, _tar_lines(plain, _BINARY, binary.address), versions, binary.address, further=_FURTHER if small else 0)


def _read(offer: Offer, lines: Iterable[str], versions: Sequence[str], what: str, *, further: int) -> Changelog:
    reading, search, entries = Reading(lines), Search(versions), list[Entry]()
    for each in reading.entries():
        entry = signed(each) if offer.source.startswith(_SIGNED) else each
        entries.append(entry)
        if search.ended:
            further -= 1
        search.see(entry)
        if search.ended and further <= 0:
            break
        if len(entries) > _ENTRIES:
            raise LimitExceeded(f"{what}: its changelog has more than {_ENTRIES} entries")
    else:
        return _checked(Changelog(version=offer.version, entries=tuple(entries), whole=not reading.cut, cut=reading.cut), what)
    return _checked(Changelog(version=offer.version, entries=tuple(entries)), what)


def _checked(changelog: Changelog, what: str) -> Changelog:
    """A changelog that is that of the version and not, say, of the software upstream."""
    if not any(entry.version == changelog.version for entry in changelog.entries[:1]):
        top = changelog.entries[0].version if changelog.entries else "nothing"
        raise Malformed(f"{what}: its changelog begins with {top} instead of {changelog.version}")
    return changelog


def _tar_lines(stream: BinaryIO, wanted: re.Pattern[str], what: str) -> Iterator[str]:
    """Lines of the first member with a wanted name."""
    elsewhere = ""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if member.isfile() and wanted.fullmatch(member.name) and (content := archive.extractfile(member)) is not None:
                    yield from _lines(bounded(unpacked(cast(BinaryIO, content), member.name), UNPACKED_LIMIT, what))
                    return
                if member.issym() and _DOCUMENTS.fullmatch(member.name):
                    elsewhere = member.linkname.rstrip("/").rpartition("/")[2]
    except tarfile.TarError as error:
        raise Malformed(f"{what}: no tar archive: {error}") from error
    raise _Elsewhere(f"{what}: there is no changelog in it", elsewhere)


def tar_members(address: str, file: Listed, wanted: re.Pattern[str], limit: int, open_: Opener) -> list[tuple[str, bytes]]:
    """Names and content of the members with a wanted name, of a listed tar archive or binary package.

    Raises LimitExceeded for a member that is larger, Malformed, and what ``open_`` raises.
    """
    found: list[tuple[str, bytes]] = []
    with open_(address, file).stream as stream, unpacking(address):
        name, packed = _data_of(stream, address) if file.name.endswith(".deb") else (file.name, stream)
        plain = bounded(unpacked(packed, name), UNPACKED_LIMIT, address)
        try:
            with tarfile.open(fileobj=plain, mode="r|") as archive:
                for member in archive:
                    if member.isfile() and wanted.fullmatch(member.name) and (content := archive.extractfile(member)) is not None:
                        if member.size > limit:
                            raise LimitExceeded(f"{address}: {member.name} is larger than {limit} bytes")
                        found.append((member.name, content.read(limit)))
        except tarfile.TarError as error:
            raise Malformed(f"{address}: no tar archive: {error}") from error
    return found


def _diff_lines(stream: BinaryIO) -> Iterator[str]:
    """Lines that a diff adds to ``debian/changelog``."""
    inside, before = False, ""
    for line in _lines(stream):
        if line.startswith("+++ ") and before.startswith("--- "):  # a name; alone it is a line that is added and begins with ++
            inside = any(name.endswith("/debian/changelog") for name in line.split()[1:2])
        elif inside and line.startswith("+"):
            yield line[1:]
        before = line


def _lines(stream: BinaryIO) -> Iterator[str]:
    while line := stream.readline(_LINE):
        yield line.decode("utf-8", "replace").rstrip("\n")


def _data_of(stream: BinaryIO, what: str) -> tuple[str, BinaryIO]:
    """Name and content of a binary package's ``data.tar``."""
    if stream.read(8) != b"!<arch>\n":
        raise Malformed(f"{what}: no binary package")
    while len(header := stream.read(60)) == 60:
        name, size = header[:16].decode("latin-1").strip().rstrip("/"), header[48:58].strip()
        if not size.isdigit():
            break
        if name.startswith("data.tar"):
            return name, part(stream, int(size))
        _skip(stream, int(size) + int(size) % 2)
    raise Malformed(f"{what}: a binary package without data.tar")


def _skip(stream: BinaryIO, size_bytes: int) -> None:
    while size_bytes > 0 and (data := stream.read(min(size_bytes, MEBIBYTE))):
        size_bytes -= len(data)
