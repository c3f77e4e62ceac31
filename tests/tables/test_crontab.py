"""Crontabs."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.model import Location
from tests.doubles import MemoryFiles
from tests.tables.doubles import KnownNamespaces, KnownSources, as_text, ask

EVERYTHING = "select * from crontab"


@pytest.fixture
def recorded(data: Path) -> Path:
    return data / "osquery-5.23.1/crontabs"


def of(text: bytes, path: str = "etc/crontab") -> KnownSources:
    return KnownSources(MemoryFiles({path: text}))


def test_lines_are_told_as_osquery_tells_them(recorded: Path) -> None:
    """Every row but one: a setting with many words, which osquery takes for a time."""
    theirs = [row for row in json.loads((recorded / "osquery.json").read_text(), strict=False) if row["minute"] != "A"]
    ours = as_text(ask(EVERYTHING, KnownSources(MemoryFiles.of_directory(recorded))))
    assert sorted(ours, key=str) == sorted(({name: row[name] for name in ours[0]} for row in theirs), key=str)


def test_lines_that_cron_cannot_understand_are_gaps(recorded: Path) -> None:
    """osquery leaves them out in silence."""
    answer = ask(EVERYTHING, KnownSources(MemoryFiles.of_directory(recorded)))
    assert [(gap.why.split(" has")[0], gap.seen_at) for gap in answer.gaps] == [
        ("line 10", Location("etc/crontab")),
        ("line 12", Location("etc/crontab")),
    ]


@pytest.mark.parametrize("text", [b"", b"\n\n", b"# nothing\nPATH=/bin\nMAILTO = root\n"])
def test_a_crontab_that_runs_nothing_has_no_rows(text: bytes) -> None:
    """Remarks and settings run nothing, and are no gaps."""
    answer = ask(EVERYTHING, of(text))
    assert (answer.rows, answer.gaps) == ((), ())


def test_crontabs_as_processes_see_them() -> None:
    """With pid_with_namespace fixed the files are those of that process."""
    inside = MemoryFiles({"var/spool/cron/crontabs/app": b"@daily job\n"})
    sources = KnownSources(MemoryFiles({}), namespaces=KnownNamespaces({7: inside}))
    assert ask("select event, command, path from crontab where pid_with_namespace = 7", sources).rows == (
        ("@daily", "job", "/var/spool/cron/crontabs/app"),
    )


def test_a_file_beyond_the_limit_is_a_gap() -> None:
    """And not an empty crontab."""
    answer = ask("select * from crontab", of(b"x" * (4 * 1024 * 1024 + 1)))
    assert [gap.kind for gap in answer.gaps] == ["crontab-file"]


@given(st.binary(max_size=300) | st.text(alphabet="@*1 \t=#abr\n\r", max_size=120).map(str.encode))
def test_any_bytes_give_rows_and_gaps_only(text: bytes) -> None:
    """Nothing is raised; a row always runs something."""
    answer = ask("select command from crontab", of(text))
    assert all(row[0] for row in answer.rows)
