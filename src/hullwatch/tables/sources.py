"""What a table may ask for: each parameter of its ``rows`` is told by its annotation, and the job hands the edges in."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec

from ..model import Inventory
from ..model.agent import KeptFileEvent, QueryStatistics
from ..ports import Files, Paths
from .columns import Value


class Inventories(Protocol):
    """What is installed in targets."""

    @property
    def current(self) -> str:
        """The reference that the query is about when it names none."""

    def of(self, reference: str) -> Inventory:
        """Take the inventory of a target. Raises what taking it raises."""


class Namespaces(Protocol):
    """File systems as processes of the target see them."""

    def of_process(self, pid: int) -> Files:
        """The file system below the process's root. Raises Denied, Unreachable (there is no such process)."""

    def paths_of_process(self, pid: int) -> Paths:
        """The same, place by place."""


class FileEvents(Protocol):
    """What an agent noticed and the query has not told yet."""

    def __iter__(self) -> Iterator[KeptFileEvent]:
        """In the order of noticing."""


class Schedule(Protocol):
    """How an agent's queries have run."""

    def __iter__(self) -> Iterator[QueryStatistics]:
        """In the order of the schedule."""


class Sources(Protocol):
    """The edges that tables are made from, each opened when a table asks for it. Raise an error of ours when they cannot be had."""

    @property
    def files(self) -> Files:
        """The target's file system."""

    @property
    def paths(self) -> Paths:
        """The same, place by place."""

    @property
    def inventories(self) -> Inventories:
        """What is installed."""

    @property
    def namespaces(self) -> Namespaces:
        """File systems as processes see them."""

    @property
    def file_events(self) -> FileEvents:
        """What an agent noticed. Raises Misuse where there is none."""

    @property
    def schedule(self) -> Schedule:
        """What an agent runs. Raises Misuse where there is none."""


class Asked(msgspec.Struct, frozen=True):
    """What one scan of a table is for."""

    columns: frozenset[str]
    """Those that the statement looks at; the others may be left at their defaults."""
    fixed: Mapping[str, frozenset[Value]] = {}
    """Of columns marked KEY or CHOOSES: the values that the statement admits."""
    like: Mapping[str, tuple[str, ...]] = {}
    """Of columns marked LIKE: patterns that a row has to meet, all of them. SQLite judges the rows again."""

    def any_of(self, *columns: str) -> bool:
        """Whether the statement looks at one of these columns."""
        return not self.columns.isdisjoint(columns)

    def numbers(self, column: str, otherwise: tuple[int, ...] = ()) -> tuple[int, ...]:
        """In ascending order the values that an integer column is fixed to; ``otherwise`` where it is not fixed."""
        if column not in self.fixed:
            return otherwise
        return tuple(sorted(value for value in self.fixed[column] if isinstance(value, int)))

    def texts(self, column: str, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
        """As ``numbers``, for a column of text."""
        if column not in self.fixed:
            return otherwise
        return tuple(sorted(value for value in self.fixed[column] if isinstance(value, str)))
