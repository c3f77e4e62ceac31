"""What an agent says of itself."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from hullwatch.jobs.agent import messages as module
from hullwatch.jobs.agent.messages import Messages, StatusHandler, log
from hullwatch.model import Gap, Location, Note
from hullwatch.store.agent.status_files import StatusFiles
from tests.doubles import QuietProgress

GAP = Gap(kind="pack", what="pack fim", why="it is not there", seen_at=Location("etc/x"))


@pytest.fixture
def progress(tmp_path: Path) -> Iterator[QuietProgress]:
    """What the one who runs the agent hears; files are in the test's directory."""
    heard = QuietProgress()
    files = StatusFiles(tmp_path, "host1")
    handler = StatusHandler(files, heard, verbose=False)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield heard
    log.removeHandler(handler)
    files.close()


def test_gaps_are_warnings_and_notes_are_information(tmp_path: Path, progress: QuietProgress) -> None:
    """Both in the files, with who said it; only warnings are heard."""
    Messages().say([GAP, Note(kind="option", what="options.x", why="it is not known")])
    lines = (tmp_path / "osqueryd.INFO").read_text().splitlines()[4:]
    assert [(line[0], line.partition("] ")[2]) for line in lines] == [
        ("W", "pack fim: it is not there (etc/x)"), ("I", "options.x: it is not known"),
    ]  # fmt: skip
    assert all(" test_messages.py:" in line for line in lines)
    assert progress.warnings == ["pack fim: it is not there (etc/x)"]


def test_the_same_is_said_once_for_each_configuration(progress: QuietProgress, monkeypatch: pytest.MonkeyPatch) -> None:
    """And there is an end to different ones too."""
    messages = Messages()
    for _ in range(3):
        messages.say([GAP])
    assert len(progress.warnings) == 1
    messages.begin_anew()
    messages.say([GAP])
    assert len(progress.warnings) == 2
    monkeypatch.setattr(module, "REMEMBERED", 1)
    messages.once(logging.ERROR, "another")
    assert len(progress.warnings) == 2


def test_a_message_that_cannot_be_written_is_heard(tmp_path: Path) -> None:
    """With the reason."""
    heard = QuietProgress()
    handler = StatusHandler(StatusFiles(tmp_path / "nowhere", "host1"), heard, verbose=True)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.info("hello")
    log.removeHandler(handler)
    assert heard.warnings == ["hello", "a message could not be written: No such file or directory"]
