"""Advisories of language ecosystems in OSV's form: one zip of JSON records per ecosystem (https://ossf.github.io/osv-schema/)."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO

from msgspec.structs import replace

from ..errors import LimitExceeded, Malformed
from ..model import Ecosystem, Feed, Gap, Inventory, Scheme
from ..ports import MEBIBYTE
from .osv_records import advisories_of, modified_at
from .records import Parsed

name = "osv"
revision = 1

SCHEMES = {Ecosystem.PYPI: Scheme.PEP440}
"""How each ecosystem that is known orders its versions."""
LICENCES = {Ecosystem.PYPI: "CC-BY-4.0"}
RECORD_LIMIT = 16 * MEBIBYTE
ALL_LIMIT = 4096 * MEBIBYTE
COUNT_LIMIT = 1_000_000
"""Records. A zip beyond any of these limits is refused."""


def needs(inventory: Inventory) -> Iterator[Feed]:
    """One zip for each ecosystem that the inventory has packages of."""
    for ecosystem in sorted({package.ecosystem for package in inventory.packages if package.ecosystem in SCHEMES}, key=str):
        yield Feed(
            id=f"{name}/{ecosystem}",
            source=name,
            addresses=(f"https://osv-vulnerabilities.storage.googleapis.com/{ecosystem}/all.zip",),
            covers=str(ecosystem),
            licence=LICENCES[ecosystem],
            knows_unfixed=True,
            revision=revision,
        )


def parse(feed: Feed, documents: Sequence[BinaryIO]) -> Iterator[Parsed]:
    """Yield the advisories of each record that speak of this ecosystem, by record's name, and the feed with the newest record's date.

    A record that cannot be read is a gap; one that is withdrawn is kept as such. Raises Malformed, also when no record speaks of the
    ecosystem (else every package would be judged by nothing, and be clean), and LimitExceeded.
    """
    ecosystem = Ecosystem(feed.id.partition("/")[2])
    newest: datetime | None = None
    speaks = False
    for record_name, data in _records(feed.addresses[0], documents[0]):
        for found in advisories_of(data, record_name, ecosystem, SCHEMES[ecosystem]):
            speaks = speaks or not isinstance(found, Gap)
            yield found
        modified = modified_at(data)
        newest = max(filter(None, (newest, modified)), default=None)
    if not speaks:
        raise Malformed(f"{feed.addresses[0]}: none of its records speaks of {ecosystem}")
    yield replace(feed, published_at=newest or feed.published_at)


def _records(address: str, document: BinaryIO) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(document) as archive:
            members = sorted((each for each in archive.infolist() if each.filename.endswith(".json")), key=lambda each: each.filename)
            _refuse_large(address, members)
            for member in members:
                yield member.filename, _member(address, archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise Malformed(f"{address}: no zip of records: {error}") from error


def _refuse_large(address: str, members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > COUNT_LIMIT:
        raise LimitExceeded(f"{address} holds more than {COUNT_LIMIT} records")
    if sum(each.file_size for each in members) > ALL_LIMIT:
        raise LimitExceeded(f"{address} unpacks to more than {ALL_LIMIT // MEBIBYTE} MiB")


def _member(address: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The bytes of a record; never more than it may have, whatever the zip's directory says of it."""
    with archive.open(member) as stream:
        data = stream.read(RECORD_LIMIT + 1)
    if len(data) > RECORD_LIMIT:
        raise LimitExceeded(f"{address}: {member.filename} is larger than {RECORD_LIMIT // MEBIBYTE} MiB")
    return data
