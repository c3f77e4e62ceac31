"""SQL over tables, and what SQL may not do."""

import contextlib
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Annotated, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import Denied, HullwatchError, LimitExceeded, Misuse
from hullwatch.model import Gap
from hullwatch.ports import Files
from hullwatch.tables.catalogue import TABLES, Table
from hullwatch.tables.columns import CHOOSES, HIDDEN, KEY
from hullwatch.tables.engine import Answer, run_query
from hullwatch.tables.sources import Asked
from tests.doubles import MemoryFiles
from tests.tables.doubles import KnownSources, ask

PASSWD = MemoryFiles({"etc/passwd": b"root:x:0:0:::/bin/sh\nweb:x:33:33:::\n"})
WORDS = (
    *("select", "distinct", "*", "uid", "pid", "from", "users", "processes", "where", "group by", "order by", "having", "limit", "offset"),
    *(
        "(",
        ")",
        ";",
        ",",
        "'",
        '"',
        "=",
        "in",
        "or",
        "and",
        "not",
        "null",
        "1",
        "-1",
        "9e999",
        "x'zz'",
        "like",
        "glob",
        "--",
        "/*",
        "values",
    ),
    *("pragma", "table_info", "attach", "vacuum", "into", "load_extension", "union all", "with recursive", "as", "\0", "\ud800", "é"),
)


class Numbers:
    """A table of numbers that notes each scan, and how far it went."""

    class Row(msgspec.Struct, frozen=True):
        """The columns."""

        n: Annotated[int, "a number", KEY]
        word: Annotated[str, "a word"] = ""
        base: Annotated[int, "what the numbers are of", HIDDEN, CHOOSES] = 10

    def __init__(self, count: int = 5) -> None:
        self.count = count
        self.scans: list[Asked] = []
        self.made = 0

    def rows(self, files: Files, asked: Asked) -> Iterator[Row | Gap]:
        self.scans.append(asked)
        for base in asked.numbers("base", (10,)):
            for n in asked.numbers("n") if "n" in asked.fixed else range(self.count):
                self.made += 1
                yield self.Row(n, f"w{n}", base)
        yield Gap(kind="seven", what="number 7", why="it was eaten")

    @property
    def table(self) -> Table:
        """As a module."""
        told = SimpleNamespace(__name__="x.numbers", __doc__="Numbers.", examples=(), Row=self.Row, rows=self.rows)
        return cast("Table", told)

    def ask(self, sql: str, max_rows: int = 100) -> Answer:
        return run_query(sql, KnownSources(), tables=(self.table,), max_rows=max_rows)


@pytest.mark.parametrize(
    "sql",
    [
        "create table x (a)",
        "create temp table x (a)",
        "create view v as select 1",
        "create virtual table v using fts5(a)",
        "drop table users",
        "insert into users (uid) values (1)",
        "delete from users",
        "update users set uid = 0",
        "attach '/tmp/x.db' as x",
        "detach main",
        "vacuum",
        "vacuum into '/tmp/hullwatch-vacuum.db'",
        "begin",
        "commit",
        "savepoint s",
        "reindex",
        "analyze",
        "pragma journal_mode = wal",
        "pragma writable_schema = on",
        "pragma temp_store_directory = '/tmp'",
        "pragma trusted_schema",
        "select * from pragma_database_list",
        "select load_extension('/tmp/x.so')",
        "select LOAD_EXTENSION('/tmp/x.so', 'f')",
        "explain create table x (a)",
        "with x as (select 1) insert into users (uid) select * from x",
        "select 1; drop table users",
        "select 1; attach '/tmp/x.db' as x",
        "alter table users rename to x",
    ],
)
def test_statements_that_do_more_than_read_are_misuse(sql: str) -> None:
    """Nothing is written, opened or loaded, however it is asked."""
    with pytest.raises(Misuse):
        ask(sql)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select 1 + 1", ((2,),)),
        ("select 1;  -- and no more", ((1,),)),
        ("/* first */ values (1, 'a'), (null, x'00')", ((1, "a"), (None, b"\0"))),
        ("with recursive c(x) as (select 1 union all select x + 1 from c where x < 3) select sum(x) from c", ((6,),)),
        ("select json_extract('{\"a\": 7}', '$.a')", ((7,),)),
        ("select name, type from pragma_table_info('users') limit 1", (("uid", "BIGINT"),)),
        ("select count(*) from users where uid > 1000", ((0,),)),
        ("select group_concat(username, ' ') over (order by uid) from users", (("root",), ("root web",))),
    ],
)
def test_statements_that_read(sql: str, rows: tuple[tuple[object, ...], ...]) -> None:
    """All of SQLite's reading is there, values with their types."""
    assert ask(sql, KnownSources(PASSWD)).rows == rows


def test_an_empty_answer_has_its_columns() -> None:
    """A program that reads it can tell them."""
    assert ask("select uid, username as who from users").columns == ("uid", "who")


def test_tables_tell_their_columns() -> None:
    """In PRAGMA table_info, without the hidden ones; in table_xinfo with them."""
    assert [row[1] for row in ask("pragma table_info(users)").rows][:2] == ["uid", "gid"]
    assert "pid_with_namespace" in [row[1] for row in ask("pragma table_xinfo(users)").rows]
    assert "explain" not in ask("explain query plan select * from users").columns


@pytest.mark.parametrize("sql", ["", "  ", ";", "-- nothing", "/* */"])
def test_no_statement_is_misuse(sql: str) -> None:
    """Rather than an empty answer."""
    with pytest.raises(Misuse, match="no statement"):
        ask(sql)


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("select * from procesess", "did you mean processes?"),
        ("select * from nothing_like_it", "tables are: crontab, "),
        ("select usrname from users", "did you mean username"),
        ("select u.shel from users u", "did you mean shell"),
        ("select 'a", "unrecognized token"),
        ("select nosuch(1)", "no such function"),
        ("selec 1", "syntax error"),
    ],
)
def test_a_slip_is_explained(sql: str, hint: str) -> None:
    """SQLite's words, and the name that was probably meant."""
    with pytest.raises(Misuse) as caught:
        ask(sql)
    assert hint in str(caught.value)


def test_a_statement_that_never_ends_is_stopped() -> None:
    """After the time it was given."""
    with pytest.raises(LimitExceeded, match="longer than 0 s"):
        run_query("with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c", KnownSources(), timeout_s=0)


@pytest.mark.parametrize(("most", "cut"), [(4, True), (5, False), (6, False)])
def test_an_answer_that_is_cut_has_a_gap(most: int, cut: bool) -> None:
    """An answer of exactly the most rows is whole."""
    answer = Numbers().ask("select n from numbers", max_rows=most)
    assert (len(answer.rows), "limit" in {gap.kind for gap in answer.gaps}) == (min(most, 5), cut)


@pytest.mark.parametrize("sql", ["select zeroblob(999999999)", "select replace(hex(zeroblob(9999999)), '0', hex(zeroblob(9999)))"])
def test_a_value_that_grows_too_large_is_refused(sql: str) -> None:
    """Memory has a limit."""
    with pytest.raises(LimitExceeded):
        ask(sql)


def test_errors_of_a_source_come_through() -> None:
    """They are ours, with their remedy, not SQLite's."""

    class Closed(MemoryFiles):
        def names(self, directory: str) -> tuple[str, ...]:
            raise Denied("/proc is closed", remedy="run as root")

    with pytest.raises(Denied, match="run as root"):
        ask("select * from processes", KnownSources(Closed({})))


def test_gaps_of_a_table_are_told_once() -> None:
    """Also where a statement scans it twice."""
    answer = Numbers().ask("select count(*) from numbers a, numbers b")
    assert answer.rows == ((25,),)
    assert [gap.kind for gap in answer.gaps] == ["seven"]


def test_gaps_beyond_the_limit_are_counted() -> None:
    """A hostile file cannot fill the memory with them."""
    answer = ask("select * from users", KnownSources(MemoryFiles({"etc/passwd": b"x\n" * 1500})))
    assert len(answer.gaps) == 1001
    assert answer.gaps[-1].why == "500 more than the 1000 kept"


def test_rows_are_made_only_as_far_as_they_are_asked_for() -> None:
    """A limit stops the work."""
    numbers = Numbers(count=1_000_000)
    assert numbers.ask("select n from numbers limit 2").rows == ((0,), (1,))
    assert numbers.made < 10


def test_an_inner_loop_scans_once() -> None:
    """A join that no column helps makes the rows of the inner table once."""
    numbers = Numbers()
    assert numbers.ask("select count(*) from numbers a join numbers b on a.n < b.n").rows == ((10,),)
    assert len(numbers.scans) <= 2


@pytest.mark.parametrize(
    ("condition", "made", "found"),
    [
        ("n = 3", 1, [3]),
        ("n in (1, 3, 3)", 2, [1, 3]),
        ("n in (select 2 union select 4)", 2, [2, 4]),
        ("n = '3'", 1, [3]),
        ("n = 3.0", 1, [3]),
        ("n = 3.5", 0, []),
        ("n = 'three'", 0, []),
        ("n is null", 5, []),
        ("n = null", 0, []),
        ("n = 1 and n = 2", 0, []),
        ("n in (1, 2) and n in (2, 3)", 1, [2]),
        ("n = x'33'", 0, []),
        ("n = 1 or (n = 2 and word = 'w2')", None, [1, 2]),
        ("n = 1 or n = 1 and word = 'w1'", None, [1]),
        ("n = 1 or word = 'w4'", 5, [1, 4]),
        ("n > 3", 5, [4]),
        ("word like '%2'", 5, [2]),
    ],
)
def test_a_fixed_key_makes_only_its_rows(condition: str, made: int | None, found: list[int]) -> None:
    """Whatever SQL compares with; and the answer is that of SQL in any case."""
    numbers = Numbers()
    rows = numbers.ask(f"select n from numbers where {condition}").rows  # noqa: S608 - the condition is the test
    assert sorted(row[0] for row in rows if isinstance(row[0], int)) == found
    assert made is None or numbers.made == made


def test_a_key_is_fixed_by_a_join() -> None:
    """Row by row of the other side."""
    numbers = Numbers(count=1_000)
    sql = "with wanted(w) as (values (5), (6), (7000)) select n from wanted left join numbers on n = w"
    assert numbers.ask(sql).rows == ((5,), (6,), (7000,))
    assert numbers.made == 3


def test_a_table_is_told_which_columns_are_asked_for() -> None:
    """So it need not read for the others."""
    numbers = Numbers()
    numbers.ask("select n from numbers where word = 'w1'")
    assert numbers.scans[0].columns == {"n", "word"}
    numbers.ask("select count(*) from numbers")
    assert numbers.scans[-1].columns == frozenset()


def test_what_chooses_is_heeded_in_any_order_of_a_join() -> None:
    """SQLite is not offered an order in which it is not known yet."""
    numbers = Numbers(count=1)
    for sql in (
        "with b(x) as (values (2), (16)) select base from numbers, b where base = b.x",
        "with b(x) as (values (2), (16)) select base from b cross join numbers where base = b.x",
    ):
        assert sorted(numbers.ask(sql).rows) == [(2,), (16,)]


def test_a_condition_that_cannot_choose_is_a_gap() -> None:
    """The answer would otherwise pass for a whole one."""
    answer = Numbers().ask("select n from numbers where base > 2")
    assert [gap.what for gap in answer.gaps if gap.kind == "unheeded-condition"] == ["numbers.base"]


def test_every_table_is_listed() -> None:
    """A module with a Row is in the catalogue, and has what a table has."""
    import importlib
    import pkgutil

    import hullwatch.tables

    modules = [importlib.import_module(f"hullwatch.tables.{found.name}") for found in pkgutil.iter_modules(hullwatch.tables.__path__)]
    with_rows = {module.__name__ for module in modules if isinstance(module, ModuleType) and hasattr(module, "Row")}
    assert {table.__name__ for table in TABLES} == with_rows
    assert all(table.__doc__ and table.examples for table in TABLES)


@given(st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text())
def test_any_text_is_answered_or_an_error_of_ours(sql: str) -> None:
    """No other exception comes out of a statement."""
    with contextlib.suppress(HullwatchError):
        run_query(sql, KnownSources(PASSWD), timeout_s=5, max_rows=100)
