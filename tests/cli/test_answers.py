"""Answers of SQL as text."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.cli.answers import render_answer
from hullwatch.reports.look import Look
from hullwatch.tables.engine import Answer

PIPED = Look(piped=True)
TERMINAL = Look(width=30)
ANSWER = Answer(("pid", "name", "pid"), ((1, "in\tit", None), (20, "é\x1b[31m", b"\x00\xff")))
EMPTY = Answer(("pid", "name"), ())
CELLS = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary()


def test_a_table_is_aligned_and_shows_nothing_hidden() -> None:
    """Numbers to the right; control characters are made visible, so that each row is a line."""
    assert render_answer(ANSWER, "table", PIPED).splitlines() == [
        "pid  name       pid",
        "  1  in\\tit",
        " 20  é\\x1b[31m  00ff",
    ]


def test_a_table_too_wide_for_the_terminal_is_shown_in_blocks() -> None:
    """A line for each value."""
    wide = Answer(("a", "long_name"), (("x" * 40, 1), ("y", None)))
    assert render_answer(wide, "table", TERMINAL) == f"        a  {'x' * 40}\nlong_name  1\n\n        a  y\nlong_name\n"
    assert len(render_answer(wide, "table", PIPED).splitlines()) == 3


def test_headings_are_bold_where_there_is_colour() -> None:
    """And only they."""
    assert render_answer(EMPTY, "table", Look(color=True)) == "\x1b[1mpid  name\x1b[0m\n"
    assert render_answer(EMPTY, "table", PIPED) == "pid  name\n"


def test_json_keeps_types_and_every_column() -> None:
    """A name that repeats is told apart; bytes are hexadecimal."""
    assert json.loads(render_answer(ANSWER, "json", PIPED)) == [
        {"pid": 1, "name": "in\tit", "pid_2": None},
        {"pid": 20, "name": "é\x1b[31m", "pid_2": "00ff"},
    ]
    assert json.loads(render_answer(EMPTY, "json", PIPED)) == []


def test_csv_names_its_columns() -> None:
    """And what is not there is empty."""
    assert list(csv.reader(io.StringIO(render_answer(ANSWER, "csv", PIPED)))) == [
        ["pid", "name", "pid"],
        ["1", "in\tit", ""],
        ["20", "é\x1b[31m", "00ff"],
    ]
    assert render_answer(EMPTY, "csv", PIPED) == "pid,name\n"


def test_lines_are_parted_by_tabs() -> None:
    """One row a line, whatever is in it."""
    assert render_answer(ANSWER, "lines", PIPED) == "1\tin\\tit\t\n20\té\\x1b[31m\t00ff\n"
    assert render_answer(EMPTY, "lines", PIPED) == ""


@pytest.mark.parametrize("form", ["table", "json", "csv", "lines"])
@given(st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_any_cells_can_be_shown(form: str, rows: list[tuple[int | float | str | bytes | None, ...]]) -> None:
    """In each format; as lines and in a table each row is one line."""
    answer = Answer(("a", "a"), tuple(rows))
    text = render_answer(answer, form, PIPED)
    match form:
        case "json":
            assert len(json.loads(text)) == len(rows)
        case "table":
            assert text.count("\n") == len(rows) + 1
        case "lines":
            assert text.count("\n") == len(rows)
