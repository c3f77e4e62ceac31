"""Where the bytes of an address may be had, in order: a mirror, this machine's package archives, the publisher."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from ..config import without_login
from ..errors import Malformed, Misuse

DIRECT = "direct"


class Place(Struct, frozen=True):
    """An address, and how to get there."""

    address: str
    proxy: str = ""
    """Empty: as the environment says; ``direct``; or the proxy's address."""


class Archive(Struct, frozen=True, kw_only=True):
    """What this machine's package manager uses in place of a publisher's address, in its order."""

    published: str
    """For example ``http://deb.debian.org/debian``; what lies below it may also be had from ``places``."""
    places: tuple[Place, ...]


def places_of(address: str, *, mirror: str = "", archives: Sequence[Archive] = ()) -> Iterator[Place]:
    """Places to try in turn. ``mirror`` is empty, a directory or an address, laid out as ``<host>/<path>``."""
    parts = urlsplit(address)
    if ".." in unquote(parts.path).split("/"):
        raise Malformed(f"{address} leads out of its archive")
    if mirror:
        yield Place(f"{mirror_address(mirror)}/{parts.netloc}{parts.path}")
    found = [
        Place(place.address.rstrip("/") + address.removeprefix(archive.published), place.proxy)
        for archive in archives
        if address.startswith(f"{archive.published}/")
        for place in archive.places
    ]
    yield from found
    if address not in {place.address for place in found}:
        yield Place(address)


def mirror_address(mirror: str) -> str:
    """A mirror as an address without a final slash: a bare path becomes ``file://``. Raises Misuse for other kinds."""
    scheme, colon, _ = mirror.partition("://")
    if not colon:
        return Path(mirror).expanduser().absolute().as_uri().rstrip("/")
    if scheme.lower() not in ("http", "https", "file"):
        raise Misuse(f"mirror {without_login(mirror)!r} is neither a directory nor an http, https or file address")
    return mirror.rstrip("/")


def path_of(address: str) -> Path | None:
    """The path that a ``file`` address names; None for others."""
    parts = urlsplit(address)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None
