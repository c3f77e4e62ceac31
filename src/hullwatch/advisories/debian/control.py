"""Debian's control files: Release, Sources and Packages (https://wiki.debian.org/DebianRepository/Format), read as they come."""

import lzma
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO

from msgspec import Struct

from ...errors import LimitExceeded, Malformed
from ...ports import MEBIBYTE
from ..records import Listed
from ..unpack import Xz

INDEX_LIMIT = 512 * MEBIBYTE
"""Of an index, unpacked; main's is 60 MB."""
_CHUNK = MEBIBYTE
_HASH = re.compile(r"\s*([0-9a-f]{64})\s+(\d+)\s+(\S+)")


class Release(Struct, frozen=True, kw_only=True):
    """A signed Release file: whose suite it is, of when, and what lies below it."""

    origin: str
    code_name: str
    suite: str
    date: datetime
    valid_until: datetime | None
    components: tuple[str, ...]
    files: dict[str, Listed]
    """By path below the suite."""


def parse_release(data: bytes, what: str) -> Release:
    """Read a Release file. Raises Malformed when it lacks what we need."""
    fields = fields_of(data)
    date = _time(fields.get("Date", ""))
    files = {
        found[3]: Listed(found[3], found[1], int(found[2]))
        for found in map(_HASH.fullmatch, fields.get("SHA256", "").splitlines())
        if found
    }
    if date is None or not files or "Codename" not in fields:
        raise Malformed(f"{what}: no Release file with a date, a code name and SHA-256 digests")
    return Release(
        origin=fields.get("Origin", ""),
        code_name=fields["Codename"],
        suite=fields.get("Suite", ""),
        date=date,
        valid_until=_time(fields.get("Valid-Until", "")),
        components=tuple(component.rpartition("/")[2] for component in fields.get("Components", "").split()),
        files=files,
    )


def paragraphs(stream: BinaryIO, what: str) -> Iterator[bytes]:
    """Yield the paragraphs of an xz-packed index. Raises Malformed, LimitExceeded."""
    rest, size = b"", 0
    try:
        with Xz(stream) as unpacked:
            while chunk := unpacked.read(_CHUNK):
                size += len(chunk)
                if size > INDEX_LIMIT:
                    raise LimitExceeded(f"{what} unpacks to more than {INDEX_LIMIT // MEBIBYTE} MiB")
                *whole, rest = (rest + chunk).split(b"\n\n")
                yield from filter(None, whole)
    except (lzma.LZMAError, EOFError) as error:
        raise Malformed(f"{what}: no xz file: {error}") from error
    if rest.strip():
        yield rest


def fields_of(paragraph: bytes) -> Mapping[str, str]:
    """A paragraph's fields; those of several lines keep their line breaks."""
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.decode("utf-8", "replace").split("\n"):
        if line[:1] in (" ", "\t"):
            if name:
                fields[name] += f"\n{line}"
        elif ":" in line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    return fields


def listed(field: str) -> Iterator[Listed]:
    """The files of a ``Checksums-Sha256`` field."""
    for line in field.splitlines():
        if found := _HASH.fullmatch(line):
            yield Listed(found[3], found[1], int(found[2]))


def _time(text: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
