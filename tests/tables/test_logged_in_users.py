"""Login records."""

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import MemoryFiles
from tests.tables.doubles import ClosedFiles, KnownSources, as_text, ask

EVERYTHING = "select * from logged_in_users"


def of(data: bytes) -> KnownSources:
    return KnownSources(MemoryFiles({"var/run/utmp": data}))


@pytest.fixture
def recorded(data: Path) -> Path:
    return data / "osquery-5.23.1/login"


def test_entries_are_told_as_osquery_tells_them(recorded: Path) -> None:
    """All of them, save that fields end where they end: osquery reads on into the next one."""
    theirs = json.loads((recorded / "osquery.json").read_bytes().decode("utf-8", "replace"), strict=False)
    ours = as_text(ask(EVERYTHING, KnownSources(MemoryFiles.of_directory(recorded))))
    assert [row["time"] for row in ours] == [row["time"] for row in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        assert all(other[name].startswith(value) for name, value in mine.items())
        assert mine["time"] == "-5" or mine == {name: other[name] for name in mine}
    (long,) = [row for row in ours if row["time"] == "-5"]
    assert (long["tty"], long["user"], long["host"]) == ("p" * 32, "u" * 32, "h" * 256)


def test_a_cut_entry_is_a_gap(recorded: Path) -> None:
    """What stands before it is told."""
    answer = ask(EVERYTHING, of((recorded / "utmp.cut").read_bytes()))
    assert len(answer.rows) == 13
    assert [gap.why for gap in answer.gaps] == ["the last entry is cut"]


def test_entries_of_other_machines_are_longer() -> None:
    """aarch64 writes times of 64 bits."""
    entry = struct.pack("<hxxi32s4s32s256s4x8xqq16x20x4x", 7, 900, b"pts/0", b"", b"ann", b"", 5_000_000_000, 0)
    assert len(entry) == 400
    assert ask("select user, tty, time from logged_in_users", of(entry)).rows == (("ann", "pts/0", 5_000_000_000),)


@pytest.mark.parametrize("files", [MemoryFiles({}), MemoryFiles({"var/run/utmp": b""})])
def test_no_record_is_no_rows(files: MemoryFiles) -> None:
    """Systems without utmp have none."""
    answer = ask(EVERYTHING, KnownSources(files))
    assert (answer.rows, answer.gaps) == ((), ())


def test_a_record_that_is_closed_is_a_gap() -> None:
    """And not an empty house."""
    answer = ask(EVERYTHING, KnownSources(ClosedFiles({}, ["var/run/utmp"])))
    assert [gap.kind for gap in answer.gaps] == ["login-record"]


@given(st.binary(max_size=900))
def test_any_bytes_give_rows_and_gaps_only(data: bytes) -> None:
    """Nothing is raised."""
    answer = ask(EVERYTHING, of(data))
    assert len(answer.rows) <= 2
