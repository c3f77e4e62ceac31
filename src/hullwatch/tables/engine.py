"""SQL over a target: SQLite (through apsw) asks our tables for rows. A database per call, in memory; statements may only read."""

import re
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import cast

import apsw
import msgspec

from ..errors import HullwatchError, LimitExceeded, Misuse
from ..model import Gap
from ..ports import MEBIBYTE
from .catalogue import TABLES, Table
from .columns import NEEDED, columns_of
from .sources import Sources
from .virtual import Module
from .work import NO_TEXT, Work

TIMEOUT_S = 300.0
"""How long a statement may run unless told otherwise."""
MAX_ROWS = 1_000_000
"""How many rows an answer may have unless told otherwise; what is cut is a gap."""
CELL_BYTES = 64 * MEBIBYTE
"""How large one value may grow, and a statement."""

_STEPS = 2_000
"""SQLite asks every so many of its instructions whether to go on."""
_PRAGMAS = frozenset(("table_info", "table_xinfo", "table_list", "function_list", "collation_list", "pragma_list", "module_list"))
_READS = frozenset((apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_RECURSIVE))
_READ_ONLY = "statements may only read: SELECT, WITH, VALUES, EXPLAIN, PRAGMA table_info"

Cell = None | int | float | str | bytes


class Answer(msgspec.Struct, frozen=True):
    """What a statement says, and what could not be judged while answering it."""

    columns: tuple[str, ...]
    """As the statement names them; names may repeat."""
    rows: tuple[tuple[Cell, ...], ...]
    gaps: tuple[Gap, ...] = ()


def run_query(
    sql: str, sources: Sources, *, timeout_s: float = TIMEOUT_S, max_rows: int = MAX_ROWS, tables: Sequence[Table] = TABLES,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Answer:  # fmt: skip
    """Run one statement. Raises Misuse for what is none or would write, LimitExceeded after ``timeout_s``, and what a source raises.

    ``is_stopped`` is asked again and again; where it says so the statement ends as if its time were over.
    """
    if "\0" in sql or NO_TEXT.search(sql):
        raise Misuse("the statement has characters that are no text", remedy="write it in UTF-8")
    work = Work(sources)
    deadline = time.monotonic() + timeout_s
    connection = _open(tables, work)
    try:
        connection.set_progress_handler(lambda: time.monotonic() > deadline or is_stopped(), _STEPS)
        cursor = connection.cursor()
        cursor.exec_trace = one = _One()
        rows = tuple(cast("tuple[Cell, ...]", row) for row in islice(cursor.execute(sql), max_rows))
        if len(rows) == max_rows and next(cursor, None) is not None:
            work.note(Gap(kind="limit", what="the query's rows", why=f"there are more than {max_rows}; --max-rows raises the limit"))
    except apsw.InterruptError as error:
        raise LimitExceeded(f"the query ran longer than {timeout_s:g} s", remedy="ask for less, or pass a longer --timeout") from error
    except apsw.TooBigError as error:
        raise LimitExceeded(f"a value or the statement is larger than {CELL_BYTES} bytes", remedy="ask for less") from error
    except apsw.Error as error:
        raise _explain(error, sql, tables) from error
    finally:
        connection.close(True)
    if one.columns is None:
        raise Misuse("there is no statement", remedy='for example: hullwatch query "select * from users"')
    return Answer(one.columns, rows, work.gaps)


def _open(tables: Sequence[Table], work: Work) -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    connection.pragma("temp_store", "memory")
    connection.limit(apsw.SQLITE_LIMIT_LENGTH, CELL_BYTES)
    connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    for table in tables:
        module = cast("apsw.VTModule", Module(table, work))
        connection.create_module(name_of(table), module, use_bestindex_object=True, eponymous_only=True, read_only=True)
    connection.authorizer = _may
    return connection


def name_of(table: Table) -> str:
    """A table's name: that of its module."""
    return table.__name__.rpartition(".")[2]


def is_whole(text: str) -> bool:
    """Whether ``text`` ends where a statement ends."""
    return bool(apsw.complete(text))


def _may(operation: int, first: str | None, second: str | None, *_: str | None) -> int:
    """SQLite asks this of everything that a statement would do."""
    match operation:
        case apsw.SQLITE_FUNCTION:
            allowed = (second or "").lower() != "load_extension"
        case apsw.SQLITE_PRAGMA:
            allowed = (first or "").lower() in _PRAGMAS
        case _:
            allowed = operation in _READS
    return apsw.SQLITE_OK if allowed else apsw.SQLITE_DENY


class _One:
    """Lets one statement pass, if it only reads (SQLite's own word for that also knows VACUUM INTO), and notes its columns."""

    def __init__(self) -> None:
        self.columns: tuple[str, ...] | None = None

    def __call__(self, cursor: apsw.Cursor, *_: object) -> bool:
        if not cursor.has_vdbe:  # a remark, or nothing
            return True
        if self.columns is not None:
            raise Misuse("there is more than one statement", remedy="ask them one at a time")
        self.columns = tuple(name for name, _ in cursor.get_description())
        if not self.columns or not cursor.is_readonly:
            raise Misuse("the statement is not allowed", remedy=_READ_ONLY)
        return True


def _explain(error: apsw.Error, sql: str, tables: Sequence[Table]) -> HullwatchError:
    """SQLite's error as ours, with what was probably meant."""
    said = str(error).removeprefix("SQLError: ")
    if isinstance(error, apsw.AuthError):
        return Misuse(f"SQL: {said}", remedy=_READ_ONLY)
    named = {name_of(table): table for table in tables}
    if found := re.search(r"no such table: (?:\w+\.)?(.+)", said):
        return Misuse(f"SQL: {said}", remedy=_nearest(found[1], tuple(named)) or f"tables are: {', '.join(named)}")
    meant = [table for name, table in named.items() if re.search(rf"\b{name}\b", sql, re.IGNORECASE)]
    if "no query solution" in said:
        return Misuse(f"SQL: {said}: {_needs(meant)}", remedy="say it by =, in (…) or like, in WHERE or in a join")
    if found := re.search(r"no such column: (?:\w+\.)?(.+)", said):
        meant = meant or list(tables)
        names = tuple(dict.fromkeys(column.name for table in meant for column in columns_of(table.Row)))
        return Misuse(f"SQL: {said}", remedy=_nearest(found[1], names) or f"columns are: {', '.join(names)}")
    return Misuse(f"SQL: {said}")


def _needs(tables: Sequence[Table]) -> str:
    """What has to be said of tables that are too large to be looked at whole."""
    needed = {name_of(table): [column.name for column in columns_of(table.Row) if NEEDED in column.marks] for table in tables}
    return ", ".join(f"{name} needs {' or '.join(columns)}" for name, columns in needed.items() if columns)


def _nearest(word: str, words: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(word.strip('"').lower(), words, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else ""
