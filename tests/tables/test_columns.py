"""Columns."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.tables.catalogue import TABLES, Table
from hullwatch.tables.columns import CHOOSES, HIDDEN, KEY, SMALL, Column, columns_of, declaration


class Row(msgspec.Struct, frozen=True):
    """One of each kind."""

    n: Annotated[int, "a number", KEY]
    small: Annotated[int | None, "a small one", SMALL, HIDDEN] = None
    share: Annotated[float, "a share"] = 0.0
    word: Annotated[str, "a word", CHOOSES] = ""


@pytest.mark.shared
@pytest.mark.parametrize("table", [table for table in TABLES if not table.__name__.endswith(".packages")])
def test_columns_are_those_of_osquery(table: Table, shared: Path) -> None:
    """Names, types, order, and which are hidden."""
    name = table.__name__.rpartition(".")[2]
    tables = json.loads((shared / "reference/osquery-linux-tables.json").read_text())
    (theirs,) = [each["columns"] for each in tables if each["name"] == name]
    assert [(c.name, c.declared, c.hidden) for c in columns_of(table.Row)] == [(c["name"], c["type"], c["hidden"]) for c in theirs]


def test_a_row_declares_itself() -> None:
    """In SQLite's words, in its order."""
    assert declaration(columns_of(Row)) == 'CREATE TABLE told ("n" BIGINT, "small" INTEGER HIDDEN, "share" DOUBLE, "word" TEXT)'
    assert [column.description for column in columns_of(Row)][:2] == ["a number", "a small one"]


@pytest.mark.parametrize(
    ("given_value", "of_integer", "of_text", "of_float"),
    [
        (5, 5, "5", 5.0),
        (5.0, 5, "5.0", 5.0),
        (5.5, 5.5, "5.5", 5.5),
        ("5", 5, "5", 5.0),
        (" 5 ", 5, " 5 ", 5.0),
        ("five", None, "five", None),
        ("", None, "", None),
        ("inf", None, "inf", float("inf")),
        (None, None, None, None),
        (b"5", None, None, None),
    ],
)
def test_what_sql_compares_with_becomes_a_value_of_the_column(
    given_value: object, of_integer: object, of_text: object, of_float: object
) -> None:
    """None where no row can be equal to it."""
    number, _, share, word = columns_of(Row)
    assert (number.value(given_value), word.value(given_value), share.value(given_value)) == (of_integer, of_text, of_float)


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary())
def test_anything_can_be_compared_with(given_value: object) -> None:
    """Nothing is raised."""
    for column in columns_of(Row):
        assert isinstance(column, Column)
        column.value(given_value)
