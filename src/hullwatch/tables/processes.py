"""Running processes, one row per process, from /proc (proc(5)); one that ends while it is read is left out."""

from collections.abc import Callable, Iterator
from typing import Annotated, TypeVar

import msgspec

from ..errors import Denied, HullwatchError, LimitExceeded
from ..model import Gap
from ..ports import MEBIBYTE, Files
from .columns import ELSEWHERE, KEY, SMALL
from .process_records import Io, Status, holds_inode, parse_boot_time, parse_cgroup, parse_io, parse_stat, parse_status
from .sources import Asked

examples = (
    "select pid, name, cmdline from processes where uid = 0",
    "select pid, name, path from processes where on_disk = 0",
    "select name, resident_size / 1048576 as mib from processes order by resident_size desc limit 10",
)

TICKS_PER_S = 100
"""What /proc counts time in (USER_HZ), the same on every architecture we run on."""

_RECORD = 64 * 1024
_STAT = 4 * MEBIBYTE
_CMDLINE = MEBIBYTE
_MAPS = 16 * MEBIBYTE
_DELETED = " (deleted)"
_UNKNOWN = -1
_ON_DISK = {None: 0, _UNKNOWN: -1}
_UNSEEN_IO = Io(None, None)
_UNASKED = Status("", 0, (None, None, None), (None, None, None), None, None)
_Parsed = TypeVar("_Parsed")
_FROM_STATUS = ("name", "uid", "gid", "euid", "egid", "suid", "sgid", "resident_size", "total_size")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The columns, in osquery's order."""

    pid: Annotated[int, "process id", KEY]
    name: Annotated[str, "name of the program, at most 15 characters save for kernel threads; odd characters are escaped"] = ""
    path: Annotated[str, "the program's file; empty for kernel threads and where this user may not see it"] = ""
    cmdline: Annotated[str, "command line, words parted by blanks"] = ""
    state: Annotated[str, "R running, S sleeping, D uninterruptible, Z ended and not waited for, T stopped, I idle kernel thread"] = ""
    cwd: Annotated[str, "working directory"] = ""
    root: Annotated[str, "root directory"] = ""
    uid: Annotated[int | None, "real user id"] = None
    gid: Annotated[int | None, "real group id"] = None
    euid: Annotated[int | None, "effective user id"] = None
    egid: Annotated[int | None, "effective group id"] = None
    suid: Annotated[int | None, "saved user id"] = None
    sgid: Annotated[int | None, "saved group id"] = None
    on_disk: Annotated[int, "whether path exists: 1 yes, 0 no, -1 not known", SMALL] = -1
    wired_size: Annotated[int, "always 0 on Linux"] = 0
    resident_size: Annotated[int | None, "memory in use, in bytes; none for kernel threads"] = None
    total_size: Annotated[int | None, "size of the address space, in bytes; none for kernel threads"] = None
    user_time: Annotated[int | None, "time spent in the program, in milliseconds"] = None
    system_time: Annotated[int | None, "time spent in the kernel, in milliseconds"] = None
    disk_bytes_read: Annotated[int | None, "bytes fetched from disks; none where this user may not see it"] = None
    disk_bytes_written: Annotated[int | None, "bytes sent to disks, less what was cancelled; none where this user may not see it"] = None
    start_time: Annotated[int, "when it began, in seconds since 1970; -1 when not known"] = -1
    parent: Annotated[int | None, "process id of its parent"] = None
    pgroup: Annotated[int | None, "process group"] = None
    threads: Annotated[int | None, "number of threads", SMALL] = None
    nice: Annotated[int | None, "from -20, the most favoured, to 19", SMALL] = None
    elevated_token: Annotated[int | None, "Windows", ELSEWHERE, SMALL] = None
    secure_process: Annotated[int | None, "Windows", ELSEWHERE, SMALL] = None
    protection_type: Annotated[str, "Windows", ELSEWHERE] = ""
    virtual_process: Annotated[int | None, "Windows", ELSEWHERE, SMALL] = None
    elapsed_time: Annotated[int | None, "Windows", ELSEWHERE] = None
    handle_count: Annotated[int | None, "Windows", ELSEWHERE] = None
    percent_processor_time: Annotated[int | None, "Windows", ELSEWHERE] = None
    upid: Annotated[int | None, "macOS", ELSEWHERE] = None
    uppid: Annotated[int | None, "macOS", ELSEWHERE] = None
    cpu_type: Annotated[int | None, "macOS", ELSEWHERE, SMALL] = None
    cpu_subtype: Annotated[int | None, "macOS", ELSEWHERE, SMALL] = None
    translated: Annotated[int | None, "macOS", ELSEWHERE, SMALL] = None
    cgroup_path: Annotated[str, "control group of its first hierarchy"] = ""


def rows(files: Files, asked: Asked) -> Iterator[Row | Gap]:
    """Yield one row per process, by process id. Only what the asked columns need is read. Processes hidden from this user are one gap."""
    reader = _Reader(files, asked)
    hidden = 0
    for pid in asked.numbers("pid") if "pid" in asked.fixed else _listed(files):
        try:
            if row := reader.row(pid):
                yield row
            yield from reader.gaps
            reader.gaps.clear()
        except Denied:
            hidden += 1
        except LimitExceeded as error:
            yield Gap(kind="limit", what=f"process {pid}", why=str(error))
        except ValueError as error:
            yield Gap(kind="process-record", what=f"process {pid}", why=str(error))
        except HullwatchError:
            continue  # it ended while it was read
    if hidden:
        yield Gap(kind="denied", what=f"{hidden} processes of other users", why="/proc hides them (hidepid); run as root")


def _listed(files: Files) -> list[int]:
    return sorted(int(name) for name in files.names("proc") if name.isascii() and name.isdecimal())


class _Reader:
    """Reads processes for one scan; what does not depend on the process is read once."""

    def __init__(self, files: Files, asked: Asked) -> None:
        self._files = files
        self._asked = asked
        self._with_status = asked.any_of("pid" if "pid" in asked.fixed else "name", *_FROM_STATUS)
        self._boot_time = self._booted() if asked.any_of("start_time") else 0
        self._inodes: dict[str, int | None] = {}
        self.gaps: list[Gap] = []
        """Met since the last process."""

    def _booted(self) -> int:
        """When the machine started, in seconds since 1970; 0 when that is not told."""
        try:
            return parse_boot_time(self._read("proc/stat", _STAT) or b"")
        except HullwatchError:
            return 0

    def row(self, pid: int) -> Row | None:
        """One process; None when there is none, or a thread. Raises Denied, LimitExceeded, and ValueError for a damaged record."""
        stat = self._parsed(pid, "stat", parse_stat)
        status = self._parsed(pid, "status", parse_status) if self._with_status else _UNASKED
        if stat is None or status is None or status.leader not in (pid, _UNASKED.leader):
            return None
        wants, link = self._asked.any_of, self._files.link
        path, on_disk = self._program(pid) if wants("path", "on_disk") else ("", -1)
        io = self._io(pid) if wants("disk_bytes_read", "disk_bytes_written") else _UNSEEN_IO
        return Row(
            pid=pid, name=status.name, path=path, cmdline=self._cmdline(pid) if wants("cmdline") else "", state=stat.state,
            cwd=link(f"proc/{pid}/cwd") if wants("cwd") else "", root=link(f"proc/{pid}/root") if wants("root") else "",
            uid=status.uids[0], gid=status.gids[0], euid=status.uids[1], egid=status.gids[1], suid=status.uids[2], sgid=status.gids[2],
            on_disk=on_disk, resident_size=status.resident_size, total_size=status.total_size,
            user_time=stat.user_time * 1000 // TICKS_PER_S, system_time=stat.system_time * 1000 // TICKS_PER_S,
            disk_bytes_read=io.read, disk_bytes_written=io.written,
            start_time=self._boot_time + stat.start_time // TICKS_PER_S if self._boot_time else -1,
            parent=stat.parent, pgroup=stat.pgroup, threads=stat.threads, nice=stat.nice,
            cgroup_path=self._parsed(pid, "cgroup", parse_cgroup) or "" if wants("cgroup_path") else "",
        )  # fmt: skip

    def _program(self, pid: int) -> tuple[str, int]:
        """The program's file and ``on_disk``. The kernel marks a deleted one by a word that a name may end with as well."""
        path = self._files.link(f"proc/{pid}/exe")
        if not path:
            return "", -1
        inode = self._inode(path)
        if not path.endswith(_DELETED):
            return path, _ON_DISK.get(inode, 1)
        if inode is not None and holds_inode(self._read(f"proc/{pid}/maps", _MAPS) or b"", inode, path):
            return path, 1
        return path.removesuffix(_DELETED), 0

    def _inode(self, path: str) -> int | None:
        """What stands at a path: None for nothing, -1 where this user may not look. Many processes run few programs."""
        if path not in self._inodes:
            try:
                state = self._files.state(path.lstrip("/"))
                self._inodes[path] = state.inode if state else None
            except HullwatchError:
                self._inodes[path] = _UNKNOWN
        return self._inodes[path]

    def _cmdline(self, pid: int) -> str:
        """Words parted by blanks. A very long line is cut: a process shall not hide behind it."""
        file = self._files.open(f"proc/{pid}/cmdline")
        if file is None:
            return ""
        try:
            line = file.read(_CMDLINE)
        except LimitExceeded:
            self.gaps.append(Gap(kind="limit", what=f"cmdline of process {pid}", why=f"cut after {_CMDLINE} bytes"))
            with file.open() as stream:
                line = stream.read(_CMDLINE)
        return line.replace(b"\0", b" ").strip().decode("utf-8", "replace")

    def _io(self, pid: int) -> Io:
        """Nothing where this user may not see it, as usual without root."""
        try:
            return self._parsed(pid, "io", parse_io) or _UNSEEN_IO
        except Denied:
            return _UNSEEN_IO

    def _parsed(self, pid: int, name: str, parse: Callable[[bytes], _Parsed]) -> _Parsed | None:
        """A record of a process; None when it is not there. Raises Denied, LimitExceeded, and ValueError naming the record."""
        record = self._read(f"proc/{pid}/{name}", _RECORD)
        try:
            return None if record is None else parse(record)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error

    def _read(self, path: str, limit: int) -> bytes | None:
        file = self._files.open(path)
        return None if file is None else file.read(limit)
