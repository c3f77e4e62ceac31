"""Records of /proc/PID as numbers (proc(5)). Each raises ValueError, with the reason, for a record that is not as it should be."""

import re

from msgspec import Struct

_STATUS = re.compile(rb"^(Name|Tgid|Uid|Gid|VmSize|VmRSS):[ \t]*(.*)$", re.MULTILINE)
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
    fields: dict[bytes, bytes] = dict(_STATUS.findall(record))
    uids, gids = fields.get(b"Uid", b"").split(), fields.get(b"Gid", b"").split()
    if b"Name" not in fields or b"Tgid" not in fields or min(len(uids), len(gids)) < 3:
        raise ValueError("status lacks Name, Tgid, Uid or Gid")
    return Status(
        name=fields[b"Name"].decode("utf-8", "replace"),
        leader=_numbers(fields[b"Tgid"])[0],
        uids=_numbers(*uids[:3]),
        gids=_numbers(*gids[:3]),
        resident_size=_kibibytes(fields.get(b"VmRSS")),
        total_size=_kibibytes(fields.get(b"VmSize")),
    )


def parse_io(record: bytes) -> Io:
    """Read io."""
    fields = dict(line.split(b": ", 1) for line in record.split(b"\n") if b": " in line)
    try:
        read, written, cancelled = _numbers(fields[b"read_bytes"], fields[b"write_bytes"], fields[b"cancelled_write_bytes"])
    except KeyError:
        raise ValueError("io lacks read_bytes, write_bytes or cancelled_write_bytes") from None
    return Io(read, written - cancelled)


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
