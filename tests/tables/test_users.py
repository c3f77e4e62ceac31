"""Accounts."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.model import Gap, Location
from hullwatch.model.reads import Reads
from hullwatch.ports import File
from hullwatch.tables import users
from tests.doubles import MemoryFiles
from tests.tables.doubles import ClosedFiles, KnownNamespaces, KnownSources, as_text, ask

EVERYTHING = "select * from users"


@pytest.fixture
def recorded(data: Path) -> Path:
    return data / "debian-12-accounts"


def of(passwd: bytes) -> KnownSources:
    return KnownSources(MemoryFiles({"etc/passwd": passwd}))


def test_real_accounts_are_told_as_osquery_tells_them(recorded: Path) -> None:
    """Every column and row of a real Debian equals what osquery said of the same file; nothing else is opened."""
    files = MemoryFiles.of_directory(recorded)
    answer = ask(EVERYTHING, KnownSources(files))
    assert as_text(answer) == json.loads((recorded / "osquery.json").read_text())
    assert not answer.gaps
    assert files.opened == ["etc/passwd"]


def test_damaged_lines_are_gaps_and_do_not_hide_accounts(recorded: Path) -> None:
    """osquery's rows, save those that are no accounts but names of a directory (NIS); what osquery leaves out in silence is a gap."""
    answer = ask(EVERYTHING, KnownSources(MemoryFiles.of_directory(recorded / "damaged")))
    expected = [row for row in json.loads((recorded / "damaged/osquery.json").read_text()) if not row["username"].startswith("+")]
    assert as_text(answer) == expected
    assert [gap.why.split(":")[0] for gap in answer.gaps] == [f"line {n} is not an account" for n in (5, 6, 7, 9, 14, 16, 17)]
    assert {gap.seen_at for gap in answer.gaps} == {Location("etc/passwd")}


@pytest.mark.parametrize("files", [MemoryFiles({}), MemoryFiles({"etc/passwd": b""}), MemoryFiles({"etc/passwd": b"\n\n# none\n"})])
def test_no_accounts_are_no_rows(files: MemoryFiles) -> None:
    """A file that is missing, empty or all remarks has no accounts and no gaps."""
    answer = ask(EVERYTHING, KnownSources(files))
    assert (answer.rows, answer.gaps) == ((), ())


def test_ids_beyond_31_bits_are_also_told_signed() -> None:
    """The signed columns hold the same 32 bits."""
    sources = of(b"nfs:x:4294967294:2147483648::/:/bin/sh\n")
    assert ask("select uid, gid, uid_signed, gid_signed from users", sources).rows == ((4294967294, 2147483648, -2, -2147483648),)


def test_an_account_without_a_password_field_is_seen() -> None:
    """An account may be as short as the C library takes it."""
    assert ask("select username, shell from users where uid = 0", of(b"toor::0:0\n")).rows == (("toor", ""),)


def test_a_file_that_cannot_be_read_is_a_gap() -> None:
    """Neither no accounts nor an error."""

    class Failing(MemoryFiles):
        def open_each(self, reads: Reads) -> Iterator[File | Gap]:
            yield Gap(kind="file-unreadable", what="etc/passwd", why="closed to this user")

    answer = ask(EVERYTHING, KnownSources(Failing({})))
    assert [gap.kind for gap in answer.gaps] == ["file-unreadable"]


def test_a_file_beyond_the_limit_is_a_gap() -> None:
    """A list of accounts has a size limit."""
    answer = ask(EVERYTHING, of(b"#" * (16 * 1024 * 1024 + 1)))
    assert [gap.kind for gap in answer.gaps] == ["account-file"]


def test_accounts_as_processes_see_them() -> None:
    """With pid_with_namespace fixed, also by a join, the files are those of that process; 0 is the target itself."""
    sources = KnownSources(
        MemoryFiles({"etc/passwd": b"root:x:0:0:::\n"}),
        namespaces=KnownNamespaces({7: MemoryFiles({"etc/passwd": b"app:x:5:5:::\n"}), 8: ClosedFiles({}, ())}),
    )
    assert ask("select username, pid_with_namespace from users where pid_with_namespace in (0, 7, 8)", sources).rows == (
        ("root", 0),
        ("app", 7),
    )
    joined = "with p(pid) as (values (7), (9)) select p.pid, username from users join p on pid_with_namespace = p.pid"
    assert ask(joined, sources).rows == ((7, "app"),)


def test_accounts_of_directories_are_a_gap_when_asked_for() -> None:
    """include_remote changes nothing but that it is said."""
    answer = ask("select username from users where include_remote = 1", of(b"root:x:0:0:::\n"))
    assert answer.rows == (("root",),)
    assert [gap.kind for gap in answer.gaps] == ["remote-accounts"]


@given(st.binary(max_size=400) | st.text(alphabet="ab:0195-+#\n\r \x00é", max_size=200).map(str.encode))
def test_any_bytes_give_rows_and_gaps_only(passwd: bytes) -> None:
    """Nothing is raised, each line of substance is a row or a gap, and each row fits into SQL."""
    answer = ask(EVERYTHING, of(passwd))
    lines = [line for line in map(str.lstrip, passwd.decode("utf-8", "replace").split("\n")) if line and not line.startswith("#")]
    assert len(answer.rows) + len(answer.gaps) == len(lines)
    assert all(0 <= row[0] <= 2**32 - 1 for row in answer.rows if isinstance(row[0], int))


def test_it_says_what_it_reads() -> None:
    """The declaration is the one file."""
    assert users.reads.matches("etc/passwd")
    assert not users.reads.matches("etc/shadow")
