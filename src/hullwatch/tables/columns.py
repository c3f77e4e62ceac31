"""Columns of a table, read from the annotations of its ``Row``: ``Annotated[int, "numeric process id", KEY]``."""

from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints

import msgspec


class Mark(Enum):
    """What an annotation says of a column beside its type and its description."""

    HIDDEN = "hidden"
    """Not in ``select *``; there when named."""
    ELSEWHERE = "elsewhere"
    """Only on other systems: hidden, and empty here. It is there so that queries written for those still run."""
    KEY = "key"
    """No two rows share it; where it is fixed by ``=`` or ``in``, only those rows are made."""
    CHOOSES = "chooses"
    """What is looked at depends on it, and ``=`` or ``in`` are the only ways to say so."""
    SMALL = "small"
    """An integer of 32 bits, which osquery declares as INTEGER; the others are BIGINT."""
    LIKE = "like"
    """Beside CHOOSES: ``like`` chooses too."""
    NEEDED = "needed"
    """Beside CHOOSES: a statement has to say this column or another one that is needed; there is too much to look at without."""
    ANY_CASE = "any case"
    """Text that is compared without regard to case, as osquery compares digests."""


HIDDEN, ELSEWHERE, KEY, CHOOSES, SMALL = Mark.HIDDEN, Mark.ELSEWHERE, Mark.KEY, Mark.CHOOSES, Mark.SMALL
LIKE, NEEDED, ANY_CASE = Mark.LIKE, Mark.NEEDED, Mark.ANY_CASE

Value = int | float | str | None
"""What a cell of a table holds. Text that is not there is empty, a number that is not there is None."""

_DECLARED = {int: "BIGINT", float: "DOUBLE", str: "TEXT"}


class Column(msgspec.Struct, frozen=True):
    """One column."""

    name: str
    kind: type[int] | type[float] | type[str]
    description: str
    marks: frozenset[Mark]

    @property
    def declared(self) -> str:
        """Its type in SQL."""
        return "INTEGER" if SMALL in self.marks else _DECLARED[self.kind]

    @property
    def hidden(self) -> bool:
        """Whether ``select *`` leaves it out."""
        return HIDDEN in self.marks or ELSEWHERE in self.marks

    def value(self, given: object) -> Value:
        """What SQL compares this column with, as a value of the column; None when no row can be equal to it."""
        if not isinstance(given, int | float | str):
            return None
        if self.kind is str:
            return str(given)
        try:
            number = given if isinstance(given, int) else float(given)
            return int(number) if self.kind is int and number == int(number) else number
        except (ValueError, OverflowError):
            return None


@cache
def columns_of(row: type[msgspec.Struct]) -> tuple[Column, ...]:
    """The columns of a ``Row``, in its order."""
    hints = get_type_hints(row, include_extras=True)
    return tuple(_column(name, hints[name]) for name in row.__struct_fields__)


def _column(name: str, hint: Any) -> Column:
    annotated, description, *marks = get_args(hint)
    (kind,) = [each for each in get_args(annotated) or (annotated,) if each is not NoneType]
    return Column(name, kind, description, frozenset(marks))


def declaration(columns: tuple[Column, ...]) -> str:
    """The statement that tells SQLite what a table looks like."""
    return f"CREATE TABLE told ({', '.join(map(_told, columns))})"


def _told(column: Column) -> str:
    collation = " COLLATE NOCASE" if ANY_CASE in column.marks else ""
    return f'"{column.name}" {column.declared}{collation}{" HIDDEN" if column.hidden else ""}'
