"""Log files: every line once, whenever we were killed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hullwatch.errors import HomeUnavailable
from hullwatch.model.agent import QueryStatistics
from hullwatch.store.agent import log_files
from hullwatch.store.agent.log_files import LogFiles
from hullwatch.store.agent.results import Appending, ResultStore, Run

LINES = ["one", "two é", "three"]
WHOLE = "".join(f"{line}\n" for line in LINES).encode()


@pytest.fixture
def results(tmp_path: Path) -> Iterator[ResultStore]:
    """Three lines are waiting."""
    made = ResultStore(tmp_path)
    statistics = QueryStatistics(name="q", query="", interval_s=1)
    made.keep(Run(statistics=statistics, lines=[("r.log", line) for line in LINES]))
    yield made
    made.close()


@pytest.fixture
def logs(tmp_path: Path, results: ResultStore) -> LogFiles:
    """Where they are to go."""
    return LogFiles(tmp_path / "log", results)


def test_lines_are_written_once_for_owner_and_group_alone(tmp_path: Path, logs: LogFiles) -> None:
    """At the end of what is there."""
    (tmp_path / "log/r.log").write_text("before\n")
    (tmp_path / "log/r.log").chmod(0o644)
    logs.write()
    logs.write()
    assert (tmp_path / "log/r.log").read_bytes() == b"before\n" + WHOLE
    assert (tmp_path / "log/r.log").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "log").stat().st_mode & 0o007 == 0


def test_the_group_may_read_whatever_the_umask(tmp_path: Path, logs: LogFiles) -> None:
    """It ships the logs; what somebody has closed stays closed."""
    before = os.umask(0o077)
    logs.write()
    os.umask(before)
    assert (tmp_path / "log/r.log").stat().st_mode & 0o777 == 0o640
    (tmp_path / "log/r.log").chmod(0o600)
    os.close(log_files.open_log(tmp_path / "log/r.log"))
    assert (tmp_path / "log/r.log").stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_taken_away_is_made_anew(tmp_path: Path, logs: LogFiles) -> None:
    """With its directory."""
    (tmp_path / "log").rmdir()
    logs.write()
    assert (tmp_path / "log/r.log").read_bytes() == WHOLE


@pytest.mark.parametrize("written", range(len(WHOLE) + 1))
def test_killed_while_writing_it_goes_on_where_it_was(tmp_path: Path, results: ResultStore, logs: LogFiles, written: int) -> None:
    """After any byte."""
    path = tmp_path / "log/r.log"
    path.write_bytes(b"before\n" + WHOLE[:written])
    results.begin_appending("r.log", Appending(path.stat().st_ino, 7, results.lines("r.log", 9)[-1][0]))
    logs.write()
    assert path.read_bytes() == b"before\n" + WHOLE
    assert results.files_with_lines() == []


def test_killed_and_rotated_meanwhile_it_goes_on_in_the_file_that_was_renamed(tmp_path: Path, results: ResultStore, logs: LogFiles) -> None:
    """So that no line is cut in two, and none doubled."""
    path = tmp_path / "log/r.log"
    path.write_bytes(WHOLE[:5])
    results.begin_appending("r.log", Appending(path.stat().st_ino, 0, results.lines("r.log", 9)[-1][0]))
    path.rename(tmp_path / "log/r.log.1")
    path.write_text("newer\n")
    logs.write()
    assert ((tmp_path / "log/r.log.1").read_bytes(), path.read_text()) == (WHOLE, "newer\n")


@pytest.mark.parametrize("content", [None, b"", b"other\n"])
def test_killed_and_the_file_is_gone_or_another_all_lines_are_written(
    tmp_path: Path, results: ResultStore, logs: LogFiles, content: bytes | None
) -> None:
    """Rather one line twice, in a file that was thrown away, than none."""
    path = tmp_path / "log/r.log"
    if content is not None:
        path.write_bytes(content)
    inode = path.stat().st_ino if content == b"" else 1
    results.begin_appending("r.log", Appending(inode, 4096, results.lines("r.log", 9)[-1][0]))
    logs.write()
    assert path.read_bytes() == (content or b"") + WHOLE


def test_lines_that_cannot_be_written_wait(tmp_path: Path, results: ResultStore, logs: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a full disk took half of is made whole when there is room again."""
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) < len(WHOLE):
            raise OSError(28, "No space left on device")
        return write(descriptor, bytes(data[:5]))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(HomeUnavailable, match="No space left"):
        logs.write()
    monkeypatch.undo()
    logs.write()
    assert (tmp_path / "log/r.log").read_bytes() == WHOLE


def test_many_lines_are_written_some_at_a_time(tmp_path: Path, logs: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory does not grow with them."""
    monkeypatch.setattr(log_files, "LINES_AT_ONCE", 2)
    logs.write()
    assert (tmp_path / "log/r.log").read_bytes() == WHOLE


def test_a_link_in_its_place_is_not_written_through(tmp_path: Path, logs: LogFiles) -> None:
    """Whoever put it there."""
    (tmp_path / "log/r.log").symlink_to(tmp_path / "victim")
    with pytest.raises(HomeUnavailable):
        logs.write()
    assert not (tmp_path / "victim").exists()


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path, results: ResultStore) -> None:
    """With what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnavailable, match="--logger-path"):
        LogFiles(tmp_path / "file/log", results)
