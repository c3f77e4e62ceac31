"""What the source of Debian's archive keeps in its feed's file: newest versions, changelogs as far as read, indexes of binary packages."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from ...errors import Malformed
from ..records import Memo, Recall
from .changelog import Changelog
from .sources import Offer
from .support import Support

INDEXES = "indexes"
_OFFER = "offer/"
_CHANGELOG = "changelog/"
_SUPPORT = "support"


class Index(Struct, frozen=True, array_like=True):
    """A signed index of a suite."""

    suite: str
    component: str
    architecture: str
    """``source`` for Sources."""
    address: str
    sha256: str
    size_bytes: int


class Kept(Struct, frozen=True, array_like=True):
    """A changelog as far as it was read, and in the course of which update of the feed."""

    changelog: Changelog
    tried_at: datetime | None = None
    not_built_for: tuple[str, ...] = ()
    """Architectures for which the archive has no binary package of the newest version."""


_offer = msgspec.msgpack.Decoder(Offer)
_kept = msgspec.msgpack.Decoder(Kept)
_support = msgspec.msgpack.Decoder(Support)
_indexes = msgspec.msgpack.Decoder(list[Index])


def offer_key(source: str) -> str:
    """The key of the memo of a source's newest version."""
    return _OFFER + source


def changelog_memo(source: str, kept: Kept) -> Memo:
    """The memo of a source's changelog."""
    return Memo(key=_CHANGELOG + source, value=msgspec.msgpack.encode(kept))


def offers(recall: Recall, sources: Collection[str]) -> Mapping[str, Offer]:
    """The newest versions of these sources. Raises Malformed."""
    return {key.removeprefix(_OFFER): _read(_offer, value) for key, value in recall.memos([_OFFER + each for each in sources]).items()}


def changelogs(recall: Recall, sources: Collection[str]) -> Mapping[str, Kept]:
    """The changelogs kept of these sources. Raises Malformed."""
    found = recall.memos([_CHANGELOG + each for each in sources])
    return {key.removeprefix(_CHANGELOG): _read(_kept, value) for key, value in found.items()}


def all_changelogs(recall: Recall) -> Mapping[str, Kept]:
    """Every changelog kept. Raises Malformed."""
    return {key.removeprefix(_CHANGELOG): _read(_kept, value) for key, value in recall.memos_below(_CHANGELOG).items()}


def support_memo(support: Support) -> Memo:
    """The memo of what is no longer supported."""
    return Memo(key=_SUPPORT, value=msgspec.msgpack.encode(support))


def support(recall: Recall) -> Support | None:
    """What is no longer supported, as last read. Raises Malformed."""
    found = recall.memos([_SUPPORT]).get(_SUPPORT)
    return _read(_support, found) if found is not None else None


def indexes(recall: Recall) -> list[Index]:
    """Where the suites list their binary packages. Raises Malformed."""
    found = recall.memos([INDEXES]).get(INDEXES)
    return _read(_indexes, found) if found is not None else []


_Kind = TypeVar("_Kind")


def _read(decoder: "msgspec.msgpack.Decoder[_Kind]", value: bytes) -> _Kind:
    try:
        return decoder.decode(value)
    except msgspec.MsgspecError as error:
        raise Malformed(f"a memo of the feed is damaged: {error}", remedy="hullwatch db update --force builds it anew") from error
