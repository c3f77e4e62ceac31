"""Lines as osqueryd writes them: every recorded line of a real one is written again, byte by byte."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.reports.osquery_log import (
    Cell,
    Head,
    Severity,
    batch_line,
    cell_text,
    columns,
    event_line,
    snapshot_line,
    status_header,
    status_line,
)


@pytest.fixture
def recorded(data: Path) -> Path:
    return data / "osquery-5.23.1/agent"


def lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in path.read_text().splitlines():
        yield line, json.loads(line)


def head_of(said: dict[str, Any], *, top_level: bool = False) -> Head:
    known = ("name", "hostIdentifier", "calendarTime", "unixTime", "epoch", "counter", "numerics")
    further = {name: value for name, value in said.items() if name not in (*known, "diffResults", "columns", "action", "snapshot")}
    return Head(
        name=said["name"], host=said["hostIdentifier"], at=said["unixTime"], epoch=said["epoch"], counter=said["counter"],
        numerics=said["numerics"], decorations=further if top_level else said.get("decorations", {}), decorations_top_level=top_level,
    )  # fmt: skip


def row_of(row: dict[str, Any], **how: bool) -> str:
    shuffled = dict(reversed(row.items()))
    return columns(tuple(shuffled), tuple(shuffled.values()), **how)


def test_every_result_line_is_written_again(recorded: Path) -> None:
    """Events, differences, odd characters, names that repeat; keys in the same order."""
    count = 0
    for line, said in lines(recorded / "results.log"):
        assert event_line(head_of(said), row_of(said["columns"]), said["action"]) == line
        count += 1
    assert count > 40


def test_every_snapshot_line_is_written_again(recorded: Path) -> None:
    """There control characters are as JSON has them."""
    for line, said in lines(recorded / "snapshots.log"):
        assert snapshot_line(head_of(said), [row_of(row, escaped=False) for row in said["snapshot"]]) == line


def test_every_batch_is_written_again(recorded: Path) -> None:
    """With numbers as numbers and decorations among the other keys."""
    for line, said in lines(recorded / "batch.log"):
        head = head_of(said, top_level=True)
        if "diffResults" in said:
            removed, added = ([row_of(row, numerics=True) for row in said["diffResults"][name]] for name in ("removed", "added"))
            assert batch_line(head, removed, added) == line
        else:
            assert event_line(head, row_of(said["columns"], numerics=True), "snapshot") == line


def test_control_characters_are_escaped_once_more_in_differences() -> None:
    """As four characters, which JSON then escapes; all others stay."""
    assert columns(("a",), ("\x01\n\x7fé\\",)) == '{"a":"\\\\x01\\\\x0A\x7fé\\\\"}'
    assert columns(("a",), ("\x01\n",), escaped=False) == '{"a":"\\u0001\\n"}'


def test_everything_is_text_unless_numbers_are_asked_for() -> None:
    """What is not there is empty, also then."""
    names, row = ("i", "f", "n", "t", "b"), (5, 0.5, None, "7", b"\xffA")
    assert json.loads(columns(names, row)) == {"i": "5", "f": "0.5", "n": "", "t": "7", "b": "\ufffdA"}
    assert json.loads(columns(names, row, numerics=True)) == {"i": 5, "f": 0.5, "n": "", "t": "7", "b": "\ufffdA"}
    assert json.loads(columns(("x",), (float("inf"),), numerics=True)) == {"x": "Inf"}


def test_without_decorations_there_is_no_such_key() -> None:
    """And one among the other keys replaces what it is called like."""
    assert "decorations" not in event_line(Head(name="q", host="h", at=0), "{}", "added")
    line = event_line(Head(name="q", host="h", at=0, decorations={"name": "d"}, decorations_top_level=True), "{}", "added")
    assert json.loads(line)["name"] == "d"
    assert line.count('"name"') == 1


def test_the_day_is_padded_with_a_blank() -> None:
    """As asctime(3) pads it."""
    assert '"calendarTime":"Thu Jan  1 00:00:00 1970 UTC"' in event_line(Head(name="q", host="h", at=0), "{}", "added")


def test_messages_are_as_glog_writes_them(recorded: Path) -> None:
    """The header, and a line that was recorded."""
    theirs = (recorded / "INFO").read_text().splitlines(keepends=True)
    began = datetime(2026, 11, 25, 15, 30, 53, tzinfo=UTC)
    assert status_header("vm", began).splitlines()[1:] == [line.rstrip("\n") for line in theirs[1:4]]
    assert status_header("vm", began).startswith("Log file created at: 2026/11/25 15:30:5")
    letter, clock, thread, place, text = theirs[4].split(maxsplit=4)
    at = datetime.strptime(f"2026{letter[1:]} {clock}+0000", "%Y%m%d %H:%M:%S.%f%z")
    assert status_line(Severity.INFO, at, int(thread), place.rstrip("]"), text.rstrip("\n")) == theirs[4]


def test_a_message_is_one_line() -> None:
    """Whatever is in it."""
    line = status_line(Severity.ERROR, datetime(2026, 1, 2, tzinfo=UTC), 7, "a.py:1", "one\ntwo\r\nthree")
    assert line == "E0102 00:00:00.000000     7 a.py:1] one two three\n"


@pytest.mark.parametrize(("number", "text"), [(1.0, "1.0"), (0.1 + 0.2, "0.3"), (1e20, "1.0e+20"), (9.5e-5, "9.5e-05"), (1e15, "1.0e+15")])
def test_numbers_look_as_sqlite_writes_them(number: float, text: str) -> None:
    """A full stop in each that is no whole number."""
    assert cell_text(number) == text


@given(st.floats(allow_nan=False) | st.integers(-(2**63), 2**63 - 1) | st.none())
def test_numbers_are_written_as_sqlite_writes_them(cell: Cell) -> None:
    """Fifteen digits; of the last one SQLite is not always sure."""
    with closing(sqlite3.connect(":memory:")) as connection:
        (theirs,) = connection.execute("select cast(? as text)", (cell,)).fetchone()
    if isinstance(cell, float):
        assert float(cell_text(cell)) == pytest.approx(float(theirs), rel=2e-14, abs=5e-324)
        assert ("." in cell_text(cell)) == ("." in theirs)
    else:
        assert cell_text(cell) == (theirs or "")


@given(
    st.dictionaries(
        st.text(max_size=5), st.none() | st.text(max_size=8) | st.integers() | st.floats(allow_nan=False) | st.binary(max_size=8)
    )
)
def test_every_line_is_json(row: dict[str, Cell]) -> None:
    """Whatever is in a row; osqueryd writes lines that are none."""
    for numerics in (False, True):
        for escaped in (False, True):
            text = columns(tuple(row), tuple(row.values()), numerics=numerics, escaped=escaped)
            line = event_line(Head(name="é\n", host="h", at=0), text, "added")
            assert json.loads(line)["columns"].keys() == row.keys()
            assert "\n" not in line
