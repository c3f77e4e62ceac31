"""What a source yields when it parses, and what it asks the fetcher for."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import BinaryIO, Protocol

from msgspec import Struct

from ..model import Advisory, Feed, Gap, Lifecycle, Score
from ..ports import MEBIBYTE

DOCUMENT_LIMIT = 512 * MEBIBYTE
"""No document of a feed is larger; one that is, is refused."""


class Wanted(Struct, frozen=True, kw_only=True):
    """A document to fetch."""

    address: str
    sha256: str = ""
    """What a signed document says of it; other bytes are refused."""
    keyring: str = ""
    """It is clear-signed by a key of this keyring; what is handed on is the signed text alone."""
    optional: bool = False
    """Where the publisher has none, an empty document is handed on."""
    limit_bytes: int = DOCUMENT_LIMIT


class Remote(Struct, frozen=True):
    """A file of a package archive. Close ``stream`` when done."""

    stream: BinaryIO
    """Read forward only; fetched as it is read, so reading raises Unreachable, LimitExceeded."""
    size_bytes: int


class Listed(Struct, frozen=True, array_like=True):
    """A file as a signed index lists it."""

    name: str
    sha256: str
    size_bytes: int


Opener = Callable[[str, Listed | None], Remote]
"""Opens an address. A file that is listed is fetched whole and checked. Raises NotFound, Unreachable, Untrusted, LimitExceeded."""


class PackageGap(Struct, frozen=True, kw_only=True, tag="package-gap"):
    """A gap that concerns those only who have the package."""

    package: str
    gap: Gap


class Memo(Struct, frozen=True, kw_only=True, tag="memo"):
    """Something a source wants to find again when nothing is fetched; kept in the feed's file, nobody else reads it."""

    key: str
    value: bytes


Record = Advisory | Score | Lifecycle | Gap | PackageGap | Memo
"""What a feed's file keeps. A ``Gap`` concerns everyone whom the feed concerns."""

Parsed = Record | Feed
"""A source may also yield its feed again, described better than it could be before its documents were read."""


class Recall(Protocol):
    """What a source finds again in its feed's file. Every method raises Malformed."""

    def memos(self, keys: Collection[str]) -> Mapping[str, bytes]:
        """Its memos that are there."""

    def memos_below(self, prefix: str) -> Mapping[str, bytes]:
        """All whose keys begin so."""


class Errand(Protocol):
    """Something to read for one package once a feed is there."""

    @property
    def package(self) -> str:
        """Whose it is."""

    def run(self, open_: Opener) -> Sequence[Record]:
        """All that is said of the package then, in place of what was said before. What cannot be had is part of it."""
