"""Who is logged in, and what else the login record holds: one row per entry of /var/run/utmp (utmp(5)), where there is one."""

import struct
from collections.abc import Iterator
from typing import Annotated

import msgspec

from ..errors import HullwatchError
from ..model import Gap, Location
from ..model.reads import paths
from ..ports import MEBIBYTE, Files
from .columns import ELSEWHERE, SMALL

examples = (
    "select user, tty, host, time from logged_in_users where type = 'user'",
    "select time from logged_in_users where type = 'boot_time'",
)
reads = paths("var/run/utmp")

_LIMIT = 16 * MEBIBYTE
_ENTRY = struct.Struct("<hxxi32s4s32s256s8xi40x")
"""As glibc writes it on machines whose entries hold 32-bit times: x86-64 among them."""
_LONG_ENTRY = struct.Struct("<hxxi32s4s32s256s4x8xq48x")
"""As on aarch64."""
_TYPES = ("empty", "runlevel", "boot_time", "new_time", "old_time", "init", "login", "user", "dead", "accounting")
_INIT = 1


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The columns, in osquery's order."""

    type: Annotated[str, "user, login, dead, boot_time, runlevel, init, new_time, old_time, accounting, empty or unknown"]
    user: Annotated[str, "login name"]
    tty: Annotated[str, "terminal"]
    host: Annotated[str, "where the user came from; of boot_time the kernel's release"]
    time: Annotated[int, "when, in seconds since 1970"]
    pid: Annotated[int, "process id of the login", SMALL]
    sid: Annotated[str, "Windows", ELSEWHERE] = ""
    registry_hive: Annotated[str, "Windows", ELSEWHERE] = ""


def rows(files: Files) -> Iterator[Row | Gap]:
    """Yield one row per entry, in the file's order, save those of process 1 (as osquery). An entry that is cut is a gap."""
    path = next(iter(reads.exact))
    try:
        file = files.open(path)
        data = file.read(_LIMIT) if file else b""
    except HullwatchError as error:
        yield Gap(kind="login-record", what="who is logged in", why=str(error), seen_at=Location(path))
        return
    layout = _LONG_ENTRY if len(data) % _LONG_ENTRY.size == 0 and len(data) % _ENTRY.size else _ENTRY
    whole = len(data) - len(data) % layout.size
    for kind, pid, tty, _, user, host, time in layout.iter_unpack(data[:whole]):
        if pid != _INIT:
            name = _TYPES[kind] if 0 <= kind < len(_TYPES) else "unknown"
            yield Row(type=name, user=_text(user), tty=_text(tty), host=_text(host), time=time, pid=pid)
    if whole != len(data):
        yield Gap(kind="login-record", what="who is logged in", why="the last entry is cut", seen_at=Location(path))


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")
