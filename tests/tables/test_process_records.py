"""Records of /proc."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.tables.process_records import holds_inode, parse_boot_time, parse_cgroup, parse_io, parse_stat, parse_status

STAT = b"42 (%s) S 7 42 42 0 -1 4194304 88 0 1 0 31 16 0 0 25 -5 3 0 1234567 8192000 100 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17\n"
STATUS = b"Name:\tweb\nTgid:\t42\nPid:\t42\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nVmSize:\t  8 kB\nVmRSS:\t 4 kB\n"
IO = b"rchar: 9\nwchar: 9\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1024\n"


@given(st.binary(max_size=64))
def test_a_name_cannot_change_what_stat_says(name: bytes) -> None:
    """Blanks, brackets, line ends and numbers in a program's name move no field."""
    stat = parse_stat(STAT % name)
    assert (stat.state, stat.parent, stat.pgroup, stat.user_time, stat.system_time) == ("S", 7, 42, 31, 16)
    assert (stat.nice, stat.threads, stat.start_time) == (-5, 3, 1234567)


def test_status_is_read_by_its_names() -> None:
    """Ids are real, effective, saved; sizes become bytes."""
    status = parse_status(STATUS)
    assert (status.name, status.leader, status.uids, status.gids) == ("web", 42, (1, 2, 3), (5, 6, 7))
    assert (status.resident_size, status.total_size) == (4096, 8192)


def test_a_kernel_thread_has_no_sizes() -> None:
    """Their lines are missing."""
    status = parse_status(STATUS.partition(b"VmSize")[0])
    assert (status.resident_size, status.total_size) == (None, None)


def test_what_was_cancelled_was_not_written() -> None:
    """Truncated before it reached the disk."""
    io = parse_io(IO)
    assert (io.read, io.written) == (4096, 7168)


@pytest.mark.parametrize(
    ("record", "path"),
    [(b"12:pids:/a:b\n0::/c\n", "/a:b"), (b"0::/docker/1\n", "/docker/1"), (b"", ""), (b"nonsense", "")],
)
def test_the_first_group_counts(record: bytes, path: str) -> None:
    """The path is all after the second colon."""
    assert parse_cgroup(record) == path


@pytest.mark.parametrize(("record", "time"), [(b"cpu 1\nbtime 1795617230\n", 1795617230), (b"", 0), (b"btime x\n", 0)])
def test_boot_time(record: bytes, time: int) -> None:
    """0 where it is not told."""
    assert parse_boot_time(record) == time


def test_a_mapping_tells_the_inode_of_a_path() -> None:
    """The whole path counts, whatever characters it has."""
    maps = b"55d0-55d1 r-xp 00000000 fe:00 1234                       /srv/a+(b) (deleted)\n"
    assert holds_inode(maps, 1234, "/srv/a+(b) (deleted)")
    assert not holds_inode(maps, 1235, "/srv/a+(b) (deleted)")
    assert not holds_inode(maps, 1234, "/srv/a+(b)")


@pytest.mark.parametrize(
    ("parse", "record"),
    [
        (parse_stat, b""),
        (parse_stat, b"1 (x) S 1 2"),
        (parse_stat, STAT.replace(b"1234567", b"9" * 30) % b"x"),
        (parse_stat, STAT.replace(b"1234567", b"many") % b"x"),
        (parse_status, b""),
        (parse_status, b"Name:\tx\nTgid:\t1\nUid:\t1\nGid:\t1\n"),
        (parse_status, STATUS.replace(b" 4 kB", b" 4 MB")),
        (parse_status, STATUS.replace(b" 4 kB", b" 4444444444444444444 kB")),
        (parse_io, b"rchar: 1\n"),
        (parse_io, IO.replace(b"4096", b"")),
    ],
)
def test_a_damaged_record_says_so(parse: Callable[[bytes], object], record: bytes) -> None:
    """Never a guess."""
    with pytest.raises(ValueError, match=r"."):
        parse(record)


@given(st.sampled_from([parse_stat, parse_status, parse_io, parse_cgroup, parse_boot_time]), st.binary(max_size=300))
def test_any_bytes_are_a_record_or_damaged(parse: Callable[[bytes], object], record: bytes) -> None:
    """Nothing but ValueError is raised."""
    with contextlib.suppress(ValueError):
        parse(record)


@given(st.data())
def test_a_record_with_a_flaw_is_a_record_or_damaged(data: st.DataObject) -> None:
    """Also where one byte of a good record changes."""
    parse, record = data.draw(st.sampled_from([(parse_stat, STAT % b"x"), (parse_status, STATUS), (parse_io, IO)]))
    where = data.draw(st.integers(0, len(record) - 1))
    with contextlib.suppress(ValueError):
        parse(record[:where] + data.draw(st.binary(max_size=3)) + record[where + 1 :])
