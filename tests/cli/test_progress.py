"""Progress on a terminal, in a pipe, and under -q."""

import io

import pytest

from hullwatch.cli import progress as module
from hullwatch.cli.progress import TerminalProgress


def test_a_pipe_gets_a_line_per_finished_thing() -> None:
    """Elsewhere than on a terminal each finished thing is a line, and steps draw nothing."""
    stream = io.StringIO()
    told = TerminalProgress(stream, bars=False, quiet=False)
    with told.step("looking", 2, "targets") as step:
        step.advance()
        told.finished("image alpine:3.9", "14 packages")
        told.warn("the home cannot be used")
    assert stream.getvalue() == "image alpine:3.9: 14 packages\nhullwatch: the home cannot be used\n"


def test_quiet_says_nothing() -> None:
    """Under -q neither finished things nor warnings are said."""
    stream = io.StringIO()
    told = TerminalProgress(stream, bars=True, quiet=True)
    with told.step("looking", 2, "targets") as step:
        step.advance()
        told.finished("image", "")
        told.warn("something")
    assert stream.getvalue() == ""


def test_a_short_step_draws_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that is over at once leaves no trace on the terminal; one that lasts draws a bar with its name."""
    stream = io.StringIO()
    told = TerminalProgress(stream, bars=True, quiet=False)
    with told.step("looking", 2, "targets") as step:
        step.advance()
    assert stream.getvalue() == ""
    monkeypatch.setattr(module, "_PATIENCE_S", -1.0)
    with told.step("fetching", 4 * 1024 * 1024, "B") as step:
        step.advance(1024 * 1024)
        told.warn("slow")
    assert "slow" in stream.getvalue()
