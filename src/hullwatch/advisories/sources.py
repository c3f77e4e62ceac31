"""All sources of advisories, and what a source is: a module that says which feeds an inventory needs and what their bytes mean."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, Protocol, runtime_checkable

from ..model import Advisory, Feed, Gap, Inventory
from . import alpine, kev, osv
from .records import Parsed, Wanted


class Source(Protocol):
    """What every module named in ``SOURCES`` has. All of it is pure."""

    __name__: str
    name: str
    """``Feed.source`` of its feeds."""
    revision: int
    """``Feed.revision`` of its feeds: raised whenever ``parse`` would say something else of the same bytes."""

    def needs(self, inventory: Inventory) -> Iterator[Feed]:
        """The feeds that speak of this inventory, without dates."""

    def parse(self, feed: Feed, documents: Sequence[BinaryIO]) -> Iterator[Parsed]:
        """What the documents say, one document per address of the feed, in order. Raises Malformed, LimitExceeded."""


@runtime_checkable
class Indexed(Protocol):
    """A source whose first documents name further ones."""

    def documents(self, feed: Feed) -> Sequence[Wanted]:
        """What to fetch first: one for each address of the feed."""

    def indexes(self, feed: Feed, documents: Sequence[BinaryIO]) -> Sequence[Wanted]:
        """What to fetch then; ``parse`` is handed both, in this order. Raises Malformed."""


class Recall(Protocol):
    """What a source finds again in its feed's file."""

    def memos(self, keys: Collection[str]) -> Mapping[str, bytes]:
        """Its memos that are there. Raises Malformed."""

    def advisories(self, packages: Collection[str]) -> Iterator[Advisory | Gap]:
        """What is said of these packages. Raises Malformed."""


@runtime_checkable
class Doubting(Protocol):
    """A source whose feed may be there and yet not answer everything about an inventory."""

    def doubts(self, feed: Feed, inventory: Inventory, recall: Recall) -> Iterable[Gap]:
        """What the feed as it is cannot answer."""


SOURCES: tuple[Source, ...] = (alpine, osv, kev)
