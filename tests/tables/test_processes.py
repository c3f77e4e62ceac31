"""Processes."""

import json
from pathlib import Path

import msgspec
import pytest

from hullwatch.errors import Denied, Unreachable
from hullwatch.model import FileKind, FileState, Gap
from hullwatch.ports import File
from hullwatch.tables import processes
from hullwatch.tables.sources import Asked
from tests.doubles import MemoryFiles
from tests.tables.doubles import ClosedFiles, KnownSources, as_text, ask
from tests.tables.test_process_records import IO, STAT, STATUS

EVERYTHING = frozenset(processes.Row.__struct_fields__)
ONE = {"proc/42/stat": STAT % b"web", "proc/42/status": STATUS}


@pytest.fixture
def recorded(data: Path) -> MemoryFiles:
    """Eleven processes of a real machine."""
    folder = data / "debian-12-proc"
    told = json.loads((folder / "links.json").read_text())
    files = {path.relative_to(folder / "files").as_posix(): path.read_bytes() for path in (folder / "files").rglob("*") if path.is_file()}
    return MemoryFiles(files | {path.lstrip("/"): b"" for path in told["programs"]}, links=told["links"])


def rows_of(files: MemoryFiles, *columns: str, pid: int | None = None) -> list[processes.Row | Gap]:
    fixed = {} if pid is None else {"pid": frozenset((pid,))}
    return list(processes.rows(files, Asked(frozenset(columns) or EVERYTHING, fixed)))


def test_real_processes_are_told_as_osquery_tells_them(recorded: MemoryFiles, data: Path) -> None:
    """Every column of every recorded process equals what osquery said of it, hidden columns too."""
    answer = ask("select *, elevated_token, protection_type, upid from processes", KnownSources(recorded))
    expected = json.loads((data / "debian-12-proc/osquery.json").read_text())
    assert as_text(answer) == [{**row, "elevated_token": "", "protection_type": "", "upid": ""} for row in expected]
    assert not answer.gaps


def test_a_fixed_pid_is_looked_at_and_nothing_else(recorded: MemoryFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """No listing, no other process; a process that is not there is no row."""

    def fail(_: str) -> tuple[str, ...]:
        raise AssertionError("nothing is listed")

    monkeypatch.setattr(recorded, "names", fail)
    answer = ask("select pid, name from processes where pid in (2, 7, 99, -1, 'x', null)", KnownSources(recorded))
    assert answer.rows == ((2, "kthreadd"), (7, "kworker/R-slub_flushwq"))
    assert {path.split("/")[1] for path in recorded.opened} == {"2", "7"}


def test_only_what_is_asked_for_is_read(recorded: MemoryFiles) -> None:
    """A query for states opens stat alone."""
    rows_of(recorded, "pid", "state")
    assert {path.rpartition("/")[2] for path in recorded.opened} == {"stat"}


def test_a_thread_is_no_process() -> None:
    """/proc has a directory for a thread too, though it does not list it."""
    files = MemoryFiles({"proc/43/stat": STAT % b"web", "proc/43/status": STATUS})
    assert rows_of(files, pid=43) == []
    assert len(rows_of(MemoryFiles(ONE), pid=42)) == 1


def test_no_processes_are_no_rows() -> None:
    """Where there is no /proc, or nothing in it."""
    assert rows_of(MemoryFiles({})) == []
    assert rows_of(MemoryFiles({"proc/self/stat": b"", "proc/meminfo": b"", "proc/²/stat": b""})) == []


@pytest.mark.parametrize("lost", ["stat", "status"])
def test_a_process_that_ends_while_it_is_read_is_left_out(lost: str) -> None:
    """Its files are gone, or cannot be read any more; neither is a gap."""

    class Ending(MemoryFiles):
        def open(self, path: str) -> File | None:
            if path.endswith(f"/{lost}"):
                raise Unreachable(f"/{path}: no such process")
            return super().open(path)

    assert rows_of(Ending(ONE)) == []
    assert rows_of(MemoryFiles({path: data for path, data in ONE.items() if not path.endswith(f"/{lost}")} | {"proc/42/x": b""})) == []


def test_a_damaged_record_costs_its_process_and_is_a_gap() -> None:
    """The others are told."""
    found = rows_of(MemoryFiles({**ONE, "proc/9/stat": b"nonsense", "proc/9/status": STATUS}))
    assert [each.what if isinstance(each, Gap) else each.pid for each in found] == ["process 9", 42]


def test_processes_hidden_from_this_user_are_one_gap() -> None:
    """/proc mounted with hidepid lists them and no more."""
    content = {**ONE, "proc/7/stat": b"", "proc/8/stat": b""}
    found = rows_of(ClosedFiles(content, ("proc/7/stat", "proc/8/stat")))
    assert [each.what if isinstance(each, Gap) else each.pid for each in found] == [42, "2 processes of other users"]


def test_what_this_user_may_not_see_of_a_process_is_empty() -> None:
    """Without root, io and the links of others' processes are closed; the row is there all the same."""
    (row,) = rows_of(ClosedFiles({**ONE, "proc/42/io": IO}, ("proc/42/io",)))
    assert isinstance(row, processes.Row)
    assert (row.disk_bytes_read, row.disk_bytes_written, row.path, row.cwd, row.on_disk) == (None, None, "", "", -1)


def test_a_start_without_a_boot_time_is_not_known() -> None:
    """-1, never a wrong time."""
    (row,) = rows_of(MemoryFiles(ONE))
    assert isinstance(row, processes.Row)
    assert row.start_time == -1


def test_a_long_command_line_is_cut_and_said_so() -> None:
    """A process cannot hide behind it."""
    row, gap = rows_of(MemoryFiles({**ONE, "proc/42/cmdline": b"a" * (1024 * 1024 + 1)}))
    assert isinstance(row, processes.Row)
    assert (len(row.cmdline), isinstance(gap, Gap)) == (1024 * 1024, True)


class Programs(MemoryFiles):
    """One process and what stands at its program's path."""

    def __init__(self, exe: str, standing: dict[str, int | Exception], maps: bytes = b"") -> None:
        super().__init__({**ONE, "proc/42/maps": maps}, links={"proc/42/exe": exe})
        self._standing = standing

    def state(self, path: str, *, digest: bool = False) -> FileState | None:
        found = self._standing.get(path)
        if isinstance(found, Exception):
            raise found
        return None if found is None else FileState(path=path, kind=FileKind.FILE, mode=0o755, uid=0, gid=0, inode=found)


MAPS = b"55d0-55d1 r-xp 00000000 fe:00 5   /srv/x (deleted)\n"


@pytest.mark.parametrize(
    ("files", "path", "on_disk"),
    [
        (Programs("/srv/x", {"srv/x": 5}), "/srv/x", 1),
        (Programs("/srv/x", {}), "/srv/x", 0),
        (Programs("/srv/x", {"srv/x": Denied("closed")}), "/srv/x", -1),
        (Programs("/srv/x (deleted)", {}), "/srv/x", 0),
        (Programs("/srv/x (deleted)", {"srv/x": 5}), "/srv/x", 0),
        (Programs("/srv/x (deleted)", {"srv/x (deleted)": 5}, MAPS), "/srv/x (deleted)", 1),
        (Programs("/srv/x (deleted)", {"srv/x (deleted)": 6}, MAPS), "/srv/x", 0),
        (Programs("/srv/x (deleted)", {"srv/x (deleted)": Denied("closed")}, MAPS), "/srv/x", 0),
        (Programs("/memfd:x (deleted)", {}), "/memfd:x", 0),
    ],
)
def test_whether_a_program_is_on_disk(files: Programs, path: str, on_disk: int) -> None:
    """A file that only bears the kernel's word for a deleted one is told from it by its inode."""
    (row,) = rows_of(files, "path", "on_disk")
    assert isinstance(row, processes.Row)
    assert (row.path, row.on_disk) == (path, on_disk)


def test_text_that_is_no_utf_8_fits_into_sql() -> None:
    """A path's odd bytes become U+FFFD."""
    files = MemoryFiles({**ONE, "proc/42/cmdline": b"a\xff\0b"}, links={"proc/42/cwd": "/tmp/\udcff"})
    assert ask("select cmdline, cwd from processes", KnownSources(files)).rows == (("a\ufffd b", "/tmp/\ufffd"),)


def test_rows_are_frozen_records() -> None:
    """As all facts."""
    assert issubclass(processes.Row, msgspec.Struct)
    assert processes.Row.__struct_config__.frozen
