"""Records of /proc/PID as numbers (proc(5)). Each raises ValueError, with the reason, for a record that is not as it should be."""

import re

from msgspec import Struct

_DIGITS = 18


class Stat(Struct, frozen=True):
    """What /proc/PID/stat says; times in ticks."""

    state: str
    parent: int
    pgroup: int
    user_time: int
    system_time: int
    nice: int
    threads: int
    start_time: int


class Status(Struct, frozen=True):
    """What /proc/PID/status says; sizes in bytes, None for a kernel thread."""

    name: str
    leader: int
    """Process id of the process that this is a thread of: its own, for a process."""
    uids: tuple[int | None, ...]
    """Real, effective, saved."""
    gids: tuple[int | None, ...]
    resident_size: int | None
    total_size: int | None


class Io(Struct, frozen=True):
    """What /proc/PID/io says, in bytes."""

    read: int | None
    written: int | None
    """Less what was cancelled before it reached a disk."""


def parse_stat(record: bytes) -> Stat:
    """Read stat. The name in it may hold blanks, brackets and line ends, so it ends with the last bracket."""
    end = record.rfind(b")")
    fields = record[end + 1 :].split()
    if end < 0 or len(fields) < 20:
        raise ValueError("stat has too few fields")
    numbers = _numbers(fields[1], fields[2], fields[11], fields[12], fields[16], fields[17], fields[19])
    return Stat(fields[0].decode("ascii", "replace"), *numbers)


def parse_status(record: bytes) -> Status:
    """Read status. The kernel escapes the name in it, so every field is one line."""
    name, leader, uids, gids = (_field(record, field) for field in (b"Name", b"Tgid", b"Uid", b"Gid"))
    if name is None or leader is None or uids is None or gids is None or min(len(uids.split()), len(gids.split())) < 3:
        raise ValueError("status lacks Name, Tgid, Uid or Gid")
    return Status(
        name=name.decode("utf-8", "replace"),
        leader=_numbers(leader)[0],
        uids=_numbers(*uids.split()[:3]),
        gids=_numbers(*gids.split()[:3]),
        resident_size=_kibibytes(_field(record, b"VmRSS")),
        total_size=_kibibytes(_field(record, b"VmSize")),
    )


def parse_io(record: bytes) -> Io:
    """Read io."""
    read, written, cancelled = (_field(record, field) for field in (b"read_bytes", b"write_bytes", b"cancelled_write_bytes"))
    if read is None or written is None or cancelled is None:
        raise ValueError("io lacks read_bytes, write_bytes or cancelled_write_bytes")
    bytes_read, bytes_written, bytes_cancelled = _numbers(read, written, cancelled)
    return Io(bytes_read, bytes_written - bytes_cancelled)


def parse_cgroup(record: bytes) -> str:
    """The path of the first hierarchy of a cgroup record; empty when there is none."""
    return record.partition(b"\n")[0].partition(b":")[2].partition(b":")[2].decode("utf-8", "replace")


def parse_boot_time(record: bytes) -> int:
    """When the machine started, in seconds since 1970, from /proc/stat; 0 when it does not say."""
    found = re.search(rb"^btime (\d{1,18})$", record, re.MULTILINE)
    return int(found[1]) if found else 0


def holds_inode(maps: bytes, inode: int, path: str) -> bool:
    """Whether the first mapping of ``path`` in a maps record is of this inode."""
    found = re.search(rb"^\S+ \S+ \S+ \S+ (\d+) +" + re.escape(path.encode("utf-8", "surrogateescape")) + rb"$", maps, re.MULTILINE)
    return found is not None and int(found[1]) == inode


def _field(record: bytes, name: bytes) -> bytes | None:
    """What stands behind ``name:`` on a line of its own, without blanks around it; None where no line has that name."""
    label = name + b":"
    at = 0 if record.startswith(label) else record.find(b"\n" + label) + 1
    if at == 0 and not record.startswith(label):
        return None
    end = record.find(b"\n", at)
    return record[at + len(label) : end if end >= 0 else None].strip()


def _numbers(*fields: bytes) -> tuple[int, ...]:
    if max(map(len, fields)) > _DIGITS:
        raise ValueError(f"a number has more than {_DIGITS} digits")
    return tuple(map(int, fields))


def _kibibytes(field: bytes | None) -> int | None:
    """A size such as ``1234 kB`` in bytes."""
    if field is None:
        return None
    number, _, unit = field.partition(b" ")
    if unit.strip() != b"kB" or len(number) > _DIGITS - 4:
        raise ValueError(f"{field[:_DIGITS]!r} is not a size in kB")
    return int(number) * 1024
