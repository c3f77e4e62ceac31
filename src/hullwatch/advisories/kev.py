"""Flaws known to be exploited: CISA's catalogue (https://www.cisa.gov/known-exploited-vulnerabilities-catalog)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from ..errors import Malformed
from ..model import Feed, Gap, Inventory, Score
from .records import Parsed

name = "kev"
revision = 1


def needs(inventory: Inventory) -> Iterator[Feed]:
    """The one document, for every inventory that has packages."""
    if inventory.packages:
        yield Feed(
            id=name,
            source=name,
            addresses=("https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",),
            covers="flaws known to be exploited",
            licence="CC0-1.0",
            revision=revision,
        )


class _Flaw(msgspec.Struct, rename="camel"):
    cve_id: str = msgspec.field(name="cveID")
    date_added: str = ""
    known_ransomware_campaign_use: str = ""


class _Catalogue(msgspec.Struct, rename="camel"):
    vulnerabilities: list[msgspec.Raw]
    date_released: str = ""


def parse(feed: Feed, documents: Sequence[BinaryIO]) -> Iterator[Parsed]:
    """Yield one score per flaw, ``since`` the day it was added, and the feed with the catalogue's date; a record without an id is a gap."""
    try:
        catalogue = msgspec.json.decode(documents[0].read(), type=_Catalogue)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"{feed.addresses[0]}: no catalogue of exploited flaws: {error}") from error
    yield replace(feed, published_at=_time(catalogue.date_released))
    for raw in catalogue.vulnerabilities:
        try:
            flaw = msgspec.json.decode(raw, type=_Flaw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            yield Gap(kind="advisory-record", what="record of an exploited flaw", why=str(error))
            continue
        ransomware = flaw.known_ransomware_campaign_use.casefold() == "known"
        yield Score(id=flaw.cve_id.strip(), kind=name, value="ransomware" if ransomware else "", since=_day(flaw.date_added))


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
