"""All sources of advisories, and what a source is: a module that says which feeds an inventory needs and what their bytes mean."""

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Protocol, runtime_checkable

from ..model import Feed, Gap, Inventory
from . import alpine, kev, osv
from .debian import archive as debian_archive
from .records import Errand, Parsed, Recall, Record, Wanted


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


@runtime_checkable
class Doubting(Protocol):
    """A source whose feed may be there and yet not answer everything about an inventory."""

    def doubts(self, feed: Feed, inventory: Inventory, recall: Recall) -> Iterable[Gap]:
        """What the feed as it is cannot answer."""


@runtime_checkable
class Following(Protocol):
    """A source that must look further once its feed is there, for the packages of inventories."""

    def follow(self, feed: Feed, inventories: Sequence[Inventory], recall: Recall) -> Sequence[Errand]:
        """What is still to be read for these inventories, by package. Raises Malformed."""

    def carry(self, feed: Feed, old: Recall, new: Recall) -> Iterator[tuple[str, Sequence[Record]]]:
        """What errands brought to an older file of the feed and still holds: per package, all that is said of it. Raises Malformed."""


SOURCES: tuple[Source, ...] = (debian_archive, alpine, osv, kev)
