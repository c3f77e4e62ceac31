"""Opening history: addresses, migrations, and every way in which a home can fail."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import update

from hullwatch.errors import HomeUnavailable, Misuse
from hullwatch.store.database import connect, transaction
from hullwatch.store.history import History
from hullwatch.store.schema import NEWEST, VERSION_TABLE, metadata, version

from .judgements import IMAGE, day, flaw, image, judged, package

ROOT = Path(__file__).parents[2]
MANY = judged(image([package(f"lib{number}") for number in range(3000)]), *(flaw(f"CVE-{number}", "lib1") for number in range(3000)))


def test_migrations_end_where_the_code_begins(empty_address: str) -> None:
    """From an empty database to exactly the tables that the code declares, by the newest number."""
    History.open(empty_address)
    with transaction(connect(empty_address), write=False) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert context.get_current_revision() == NEWEST
        assert compare_metadata(context, metadata) == []


def test_a_database_that_is_up_to_date_needs_no_alembic(tmp_path: Path) -> None:
    """It takes long to import, and a scan has no time for that."""
    History.open(tmp_path / "history.sqlite")
    program = "import sys; from hullwatch.store.history import History; History.open(sys.argv[1]); print('alembic' in sys.modules)"
    words = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'history.sqlite'}"]
    assert subprocess.run(words, capture_output=True, check=True, text=True).stdout == "False\n"


def test_a_newer_schema_is_left_alone(address: str) -> None:
    """An older hullwatch must not write into what it does not understand."""
    History.open(address)
    with transaction(connect(address), write=True) as connection:
        connection.execute(update(version).values(version_num="9999"))
    with pytest.raises(HomeUnavailable, match=r"schema 9999.*newer hullwatch"):
        History.open(address)


def test_processes_that_open_an_empty_home_at_once_all_succeed(empty_address: str) -> None:
    """One migrates, the others wait."""
    program = "import sys; from hullwatch.store.history import History; sys.stdin.read(); print(History.open(sys.argv[1]).previous('x'))"
    words = [sys.executable, "-c", program, empty_address]
    waiting = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    for process in waiting:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    assert [process.communicate() for process in waiting] == [(b"None\n", b"")] * 4


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "mysql://user:secret@host/db", "sqlite://", "sqlite:///:memory:", "sqlite:relative", "postgresql://h:port/x"],
)
def test_an_address_that_cannot_be_read_is_misuse(address: str) -> None:
    """It says how one looks, and repeats no password."""
    with pytest.raises(Misuse, match="sqlite:///PATH or postgresql://") as caught:
        History.open(address)
    assert "secret" not in str(caught.value)


def test_a_home_may_have_any_name(tmp_path: Path) -> None:
    """Question marks and per cent signs are no part of an address' grammar here."""
    home = tmp_path / "what? 100%#1"
    History.open(f"sqlite:///{home / 'history.sqlite'}")
    assert (home / "history.sqlite").exists()
    assert home.stat().st_mode & 0o777 == 0o700


def test_a_server_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    """Without its password."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra: postgres)")
    with pytest.raises(HomeUnavailable, match=r"history at postgresql.*name another") as caught:
        History.open(f"postgresql://hull:secret@/history?host={tmp_path}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("content", [b"this is no database" * 200, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    """It may be all there is of years; the user decides."""
    path = tmp_path / "history.sqlite"
    path.write_bytes(content)
    with pytest.raises(HomeUnavailable, match="move the file away"):
        History.open(path)
    assert path.read_bytes() == content


def test_damage_inside_is_said_so(tmp_path: Path) -> None:
    """A page that was overwritten, and a record that is no JSON."""
    path = tmp_path / "history.sqlite"
    history = History.open(path)
    history.remember([MANY], started_at=day(0), finished_at=day(0))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE findings SET record = x'00' WHERE subject = 'lib1'")
    connection.close()
    with pytest.raises(HomeUnavailable, match=r"malformed record.*move the file away"):
        history.findings(IMAGE)
    with path.open("r+b") as stream:
        stream.seek(8192)
        stream.write(b"\xa5" * (path.stat().st_size - 8192))
    with pytest.raises(HomeUnavailable, match="move the file away"):
        history.remember([MANY], started_at=day(1), finished_at=day(1))


@pytest.mark.parametrize("home", ["/proc/hullwatch", "/dev/null/home", "/dev/full"])
def test_a_place_where_nothing_can_be_is_said_so(home: str) -> None:
    """Not a traceback, and no other place chosen in silence."""
    with pytest.raises(HomeUnavailable, match="HULLWATCH_HOME"):
        History.open(f"sqlite:///{home}/history.sqlite")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte; needs root."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a file system")
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode(errors='replace').strip()}")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_a_full_disk_loses_the_run_and_nothing_else(small_disk: Path) -> None:
    """What was remembered before is still there, and once there is room history goes on."""
    history = History.open(small_disk / "history.sqlite")
    before = judged(image([package("zlib1g", source="zlib")]), flaw("CVE-2026-1", "zlib"))
    history.remember([before], started_at=day(0), finished_at=day(0))
    with pytest.raises(HomeUnavailable, match="make room"):
        history.remember([MANY], started_at=day(1), finished_at=day(1))
    assert history.previous(IMAGE) == day(0)
    assert history.inventory(IMAGE) == before.inventory
    seen = history.remember([before], started_at=day(2), finished_at=day(2))
    assert seen[IMAGE].previous_at == day(0)


def test_a_disk_that_became_read_only_is_said_so(small_disk: Path) -> None:
    """As after an error of the disk, or on purpose."""
    history = History.open(small_disk / "history.sqlite")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(HomeUnavailable, match="writable"):
        history.remember([MANY], started_at=day(0), finished_at=day(0))
    with pytest.raises(HomeUnavailable, match="HULLWATCH_HOME"):
        History.open(small_disk / "deeper" / "history.sqlite")
