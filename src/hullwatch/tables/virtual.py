"""A table as SQLite sees it (https://sqlite.org/vtab.html): rows are made while SQLite asks for them, and only as far as it asks."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import apsw
import msgspec

from ..model import Gap
from .catalogue import Table
from .columns import CHOOSES, KEY, LIKE, NEEDED, Column, Value, columns_of, declaration
from .sources import Asked
from .work import Values, Work

_ALL_COST, _CHOSEN_COST, _KEY_COST = 1e6, 1e5, 10.0


class Plan(msgspec.Struct, frozen=True):
    """How SQLite means to scan a table."""

    columns: frozenset[str]
    fixed: tuple[tuple[Column, bool], ...]
    """The columns whose values ``Filter`` is given, in this order; with True they are patterns."""
    unheeded: tuple[str, ...]
    """Columns that choose what is looked at, under a condition that cannot choose."""


class Module:
    """Tells SQLite of a table; its columns are worked out when a statement first names it."""

    def __init__(self, table: Table, work: Work) -> None:
        self.table = table
        self.work = work
        self.plans: list[Plan] = []

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns."""
        return columns_of(self.table.Row)

    @cached_property
    def key(self) -> int | None:
        """Number of the column that no two rows share."""
        return next((number for number, column in enumerate(self.columns) if KEY in column.marks), None)

    @cached_property
    def needs(self) -> frozenset[Column]:
        """Columns of which a statement has to say one."""
        return frozenset(column for column in self.columns if NEEDED in column.marks)

    def Connect(self, *_: object) -> tuple[str, Any]:  # noqa: N802 - apsw's name, as those below
        """The table's declaration, and the object that is asked about it."""
        return declaration(self.columns), self

    def BestIndexObject(self, index: apsw.IndexInfo) -> bool:  # noqa: N802
        """Take what fixes a KEY or CHOOSES column; refuse an order of a join in which what chooses is not known yet."""
        fixed: list[tuple[Column, bool]] = []
        unheeded: list[str] = []
        for number, column in self._conditions(index):
            like = index.get_aConstraint_op(number) == apsw.SQLITE_INDEX_CONSTRAINT_LIKE and LIKE in column.marks
            equal = like or index.get_aConstraint_op(number) == apsw.SQLITE_INDEX_CONSTRAINT_EQ
            if equal and index.get_aConstraint_usable(number) and (like or index.get_aConstraint_collation(number) == "BINARY"):
                fixed.append((column, like))
                index.set_aConstraintUsage_argvIndex(number, len(fixed))
                if index.get_aConstraintUsage_in(number):
                    index.set_aConstraintUsage_in(number, True)
            elif equal and CHOOSES in column.marks:
                return False
            elif CHOOSES in column.marks and NEEDED not in column.marks:
                unheeded.append(column.name)
        if self.needs and not self.needs.intersection(column for column, _ in fixed):
            return False
        by_key = any(KEY in column.marks for column, _ in fixed)
        index.estimatedCost = _KEY_COST if by_key else _CHOSEN_COST if fixed else _ALL_COST
        index.estimatedRows = 1 if by_key else int(index.estimatedCost)
        index.idxNum = len(self.plans)
        used = frozenset(column.name for number, column in enumerate(self.columns) if min(number, 63) in index.colUsed)
        self.plans.append(Plan(used, tuple(fixed), tuple(unheeded)))
        return True

    def _conditions(self, index: apsw.IndexInfo) -> Iterator[tuple[int, Column]]:
        """The statement's conditions on columns that are KEY or CHOOSES, by their number."""
        for number in range(index.nConstraint):
            if index.get_aConstraint_op(number) in (apsw.SQLITE_INDEX_CONSTRAINT_LIMIT, apsw.SQLITE_INDEX_CONSTRAINT_OFFSET):
                continue
            which = index.get_aConstraint_iColumn(number)
            if which >= 0 and self.columns[which].marks & {KEY, CHOOSES}:
                yield number, self.columns[which]

    def Open(self) -> "Cursor":  # noqa: N802
        """A new scan."""
        return Cursor(self)

    def Disconnect(self) -> None:  # noqa: N802
        """Nothing is held."""

    Destroy = Disconnect


class Cursor:
    """One scan of a table."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._rows: Iterator[Values] = iter(())
        self._row: Values | None = None

    def Filter(self, number: int, _: str | None, given: tuple[Any, ...] | None) -> None:  # noqa: N802
        """Begin."""
        plan = self._module.plans[number]
        fixed: dict[str, frozenset[Value]] = {}
        likes: dict[str, tuple[str, ...]] = {}
        for (column, like), values in zip(plan.fixed, given or (), strict=True):
            if like:
                likes[column.name] = (*likes.get(column.name, ()), str(values))
                continue
            admitted = frozenset(map(column.value, values if isinstance(values, set) else (values,))) - {None}
            fixed[column.name] = fixed.get(column.name, admitted) & admitted
        table = self._module.table
        name = table.__name__.rpartition(".")[2]
        for column_name in plan.unheeded:
            why = f"only {column_name} = … and {column_name} in (…) choose; another condition on it filters what was looked at without it"
            self._module.work.note(Gap(kind="unheeded-condition", what=f"{name}.{column_name}", why=why))
        self._rows = self._module.work.scan(table, Asked(plan.columns, fixed, likes))
        self._row = next(self._rows, None)

    def Eof(self) -> bool:  # noqa: N802
        """Whether all rows have been seen."""
        return self._row is None

    def Next(self) -> None:  # noqa: N802
        """Go on."""
        self._row = next(self._rows, None)

    def Column(self, number: int) -> Value:  # noqa: N802
        """One value of this row."""
        return self._row[number] if self._row else None

    def Rowid(self) -> int:  # noqa: N802
        """The same for the same row in every scan: SQLite joins the two halves of an ``or`` by it."""
        key = self._module.key
        return hash(self._row if key is None or not self._row else self._row[key])

    def Close(self) -> None:  # noqa: N802
        """Stop making rows."""
        self._rows = iter(())
