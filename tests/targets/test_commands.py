"""Commands of this machine, with limits."""

import pytest

from hullwatch.errors import Denied, LimitExceeded, NotFound, Unreachable
from hullwatch.targets.machine import HostCommands


def test_output() -> None:
    """Standard output comes back as bytes; words are words, never a shell's."""
    assert HostCommands().run(["echo", "$HOME; id", "*"]) == b"$HOME; id *\n"


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command sees nothing of our environment and speaks English."""
    monkeypatch.setenv("HULLWATCH_TOKEN", "secret")
    said = HostCommands().run(["env"])
    assert b"LC_ALL=C\n" in said
    assert b"secret" not in said


def test_no_such_program() -> None:
    """What is not installed is not found, what may not be run denied."""
    with pytest.raises(NotFound):
        HostCommands().run(["hullwatch-has-no-such-program"])
    with pytest.raises(Denied):
        HostCommands().run(["/etc/passwd"])


def test_failure() -> None:
    """A command that fails is told with its own complaint."""
    with pytest.raises(Unreachable, match=r"ls failed: .*No such file"):
        HostCommands().run(["ls", "/nowhere"])
    with pytest.raises(Unreachable, match="ended with status 1"):
        HostCommands().run(["false"])


def test_time_out() -> None:
    """One that does not end is stopped, whether it is silent or not, with its children."""
    for words in (["sleep", "60"], ["yes"], ["sh", "-c", "sleep 60 & sleep 60"]):
        with pytest.raises((Unreachable, LimitExceeded)):
            HostCommands().run(words, limit=10**9, timeout_s=0.1)


def test_limit() -> None:
    """One that says too much is stopped."""
    with pytest.raises(LimitExceeded):
        HostCommands().run(["yes"], limit=100_000)
    assert len(HostCommands().run(["head", "-c", "100000", "/dev/zero"], limit=100_000)) == 100_000


def test_complaints_have_a_limit() -> None:
    """Endless complaints neither fill the memory nor block."""
    assert HostCommands().run(["sh", "-c", "head -c 3000000 /dev/zero >&2; echo done"]) == b"done\n"
