"""Standard streams that are closed, full, gone or of another encoding: no trace of Python, and nothing else is lost."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from hullwatch.cli import terminal
from hullwatch.cli.options import Color
from hullwatch.cli.streams import say

COMMAND = [sys.executable, "-c", "from hullwatch.__main__ import main; main()"]
ENVIRONMENT = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock", "CI": "true"}
BROKEN = "Package: broken\nStatus: install ok installed\n"
"""A stanza without a version: a gap, so that the exit status is 3 and not 0."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with a gap, whose name would colour a terminal."""
    root = tmp_path / "\x1b[31mroot"
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "var/lib/dpkg/status").write_text(BROKEN)
    (root / "etc/os-release").write_text("ID=void\n")
    return root


def scan(
    root: Path, *words: str, redirected: str = "", stdout: int = subprocess.PIPE, **environ: str
) -> subprocess.CompletedProcess[bytes]:
    """Scan offline, by a shell that redirects as asked."""
    words = ("scan", f"dir:{root}", "--offline", *words)
    environment = {**ENVIRONMENT, "HULLWATCH_HOME": str(root.parent / "home"), **environ}
    command = ["sh", "-c", f'exec "$@" {redirected}', "sh", *COMMAND, *words]
    done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, env=environment, timeout=60, check=False)
    assert b"Traceback" not in done.stderr
    return done


def test_a_reader_that_goes_away_loses_nothing_else(root: Path, tmp_path: Path) -> None:
    """As head does: files are written, and the exit status is that of the report."""
    reading, writing = os.pipe()
    os.close(reading)
    done = scan(root, "--output", str(tmp_path / "report.json"), stdout=writing)
    os.close(writing)
    assert done.returncode == 3
    assert (tmp_path / "report.json").stat().st_size > 0
    assert b"hullwatch:" not in done.stderr


def test_a_full_disk_behind_standard_output_is_said(root: Path, tmp_path: Path) -> None:
    """After the files were written; there was no report where it was asked for."""
    done = scan(root, "--output", str(tmp_path / "report.json"), redirected=">/dev/full")
    assert done.returncode == 2
    assert b"hullwatch: standard output cannot be written: No space left on device" in done.stderr
    assert (tmp_path / "report.json").stat().st_size > 0


def test_one_file_that_cannot_be_written_is_said_after_the_others(root: Path, tmp_path: Path) -> None:
    """Each place is tried."""
    done = scan(root, "--output", "json=/proc/nowhere/r.json", "--output", str(tmp_path / "report.json"))
    assert done.returncode == 2
    assert b"hullwatch: /proc/nowhere/r.json: No such file or directory" in done.stderr
    assert done.stdout
    assert (tmp_path / "report.json").stat().st_size > 0


def test_a_file_is_written_whole_or_not_at_all(root: Path, tmp_path: Path) -> None:
    """A link beside it, at a name that could be guessed, is not followed; nothing is left beside."""
    places = tmp_path / "places"
    places.mkdir()
    (tmp_path / "secret").write_text("secret")
    (places / ".r.json.part").symlink_to(tmp_path / "secret")
    assert scan(root, "--output", str(places / "r.json")).returncode == 3
    assert (tmp_path / "secret").read_text() == "secret"
    assert (places / "r.json").stat().st_mode & 0o777 == 0o666 & ~_umask()
    assert sorted(path.name for path in places.iterdir()) == [".r.json.part", "r.json"]
    done = scan(root, "--output", f"json={places}/nowhere\x01/{'x' * 300}")
    assert done.returncode == 2
    assert b"File name too long" in done.stderr


def _umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


@pytest.mark.parametrize("redirected", [">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing_else(root: Path, tmp_path: Path, redirected: str) -> None:
    """The report goes where it can go."""
    done = scan(root, "--output", str(tmp_path / "report.json"), redirected=redirected)
    assert (done.returncode, done.stdout) == (3, b"")
    assert (tmp_path / "report.json").stat().st_size > 0


@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full"])
def test_nobody_has_to_listen_on_standard_error(root: Path, redirected: str) -> None:
    """What belongs there is not said in the report either."""
    assert scan(root, redirected=redirected).stdout == scan(root).stdout != b""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_any_encoding_will_do(root: Path, encoding: str) -> None:
    """What a terminal cannot show is written out."""
    done = scan(root, PYTHONIOENCODING=encoding)
    assert done.returncode == 3
    assert done.stdout.decode(encoding)


def test_nothing_is_hidden_on_standard_error(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A target's name and a message's end of line move no cursor."""
    assert b"\x1b" not in scan(root).stderr
    say("a\x1b[2Jb\nhullwatch: c\u202ed\udcff")
    assert capsys.readouterr().err == "a\\x1b[2Jb\\nhullwatch: c\\u202ed\\xff\n"


@pytest.mark.parametrize(
    ("columns", "width"), [("120", 120), ("0", 77), ("-5", 77), ("wide", 77), ("٣", 77), ("9" * 5000, 77), ("99999999", 1000)]
)
@pytest.mark.parametrize("known", [77, 0])
def test_a_width_is_a_number_that_can_be(monkeypatch: pytest.MonkeyPatch, columns: str, width: int, known: int) -> None:
    """COLUMNS is believed when it is a number, then the terminal, then habit; none is wider than a thousand columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, known, 0, 0))
    monkeypatch.setenv("COLUMNS", columns)
    with open(slave, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert terminal.look_of(Color.AUTO).width == (80 if width == 77 and not known else width)
    os.close(master)
