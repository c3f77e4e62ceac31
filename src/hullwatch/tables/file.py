"""What stands at paths: owners, modes, sizes, times; the statement names the paths, by ``path`` or ``directory``."""

import os
import stat
from collections.abc import Iterator
from typing import Annotated

import msgspec

from ..model import Gap
from ..ports import Files, Paths
from .columns import CHOOSES, ELSEWHERE, HIDDEN, LIKE, NEEDED, SMALL
from .places import Place, places
from .sources import Asked, Namespaces

examples = (
    "select path, mode, uid from file where directory = '/etc/cron.d'",
    "select path from file where path like '/home/%/.ssh/%%'",
    "select path, mode from file where path like '/usr/bin/%' and (mode like '4%' or mode like '2%')",
)

_TYPES = {
    stat.S_IFREG: "regular",
    stat.S_IFDIR: "directory",
    stat.S_IFBLK: "block",
    stat.S_IFCHR: "character",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The columns, in osquery's order. Of a link they tell what it leads to; of one that leads nowhere, itself."""

    path: Annotated[str, "absolute path; a directory that a pattern found ends in a slash", CHOOSES, LIKE, NEEDED]
    directory: Annotated[str, "directory that holds it", CHOOSES, LIKE, NEEDED]
    filename: Annotated[str, "name in it; a full stop for a directory that a pattern found"] = ""
    inode: Annotated[int | None, "inode"] = None
    uid: Annotated[int | None, "owner"] = None
    gid: Annotated[int | None, "group"] = None
    mode: Annotated[str, "permission bits in octal, such as 0644 or 4755"] = ""
    device: Annotated[int | None, "of a device its number; else 0"] = None
    size: Annotated[int | None, "size in bytes"] = None
    block_size: Annotated[int | None, "best size of a read, in bytes", SMALL] = None
    atime: Annotated[int | None, "when it was last read, in seconds since 1970"] = None
    mtime: Annotated[int | None, "when its content changed last"] = None
    ctime: Annotated[int | None, "when its content, owner or mode changed last"] = None
    btime: Annotated[int, "always 0 on Linux"] = 0
    hard_links: Annotated[int | None, "how many names it has", SMALL] = None
    symlink: Annotated[int, "1 for a symbolic link", SMALL] = 0
    type: Annotated[str, "regular, directory, block, character, fifo, socket; unknown for a link that leads nowhere"] = ""
    symlink_target_path: Annotated[str, "where a link points, as written"] = ""
    attributes: Annotated[str, "Windows", ELSEWHERE] = ""
    volume_serial: Annotated[str, "Windows", ELSEWHERE] = ""
    file_id: Annotated[str, "Windows", ELSEWHERE] = ""
    file_version: Annotated[str, "Windows", ELSEWHERE] = ""
    product_version: Annotated[str, "Windows", ELSEWHERE] = ""
    original_filename: Annotated[str, "Windows", ELSEWHERE] = ""
    shortcut_target_path: Annotated[str, "Windows", ELSEWHERE] = ""
    shortcut_target_type: Annotated[str, "Windows", ELSEWHERE] = ""
    shortcut_target_location: Annotated[str, "Windows", ELSEWHERE] = ""
    shortcut_start_in: Annotated[str, "Windows", ELSEWHERE] = ""
    shortcut_run: Annotated[str, "Windows", ELSEWHERE] = ""
    shortcut_comment: Annotated[str, "Windows", ELSEWHERE] = ""
    bsd_flags: Annotated[str, "macOS", ELSEWHERE] = ""
    pid_with_namespace: Annotated[int, "a process: its files are looked at, as it sees them", HIDDEN, CHOOSES, SMALL] = 0
    mount_namespace_id: Annotated[str, "mount namespace of that process", HIDDEN] = ""


def rows(paths: Paths, namespaces: Namespaces, files: Files, asked: Asked) -> Iterator[Row | Gap]:
    """Yield one row for each place that the statement names and something stands at, by name."""
    for place in places(paths, namespaces, files, asked):
        yield place if isinstance(place, Gap) else _row(place)


def _row(place: Place) -> Row:
    entry = place.entry
    status: os.stat_result = entry.behind or entry.itself
    return Row(
        path=place.path, directory=place.directory, filename=place.filename,
        inode=status.st_ino, uid=status.st_uid, gid=status.st_gid, mode=f"{stat.S_IMODE(status.st_mode):04o}",
        device=status.st_rdev, size=status.st_size, block_size=status.st_blksize,
        atime=int(status.st_atime), mtime=int(status.st_mtime), ctime=int(status.st_ctime), hard_links=status.st_nlink,
        symlink=int(stat.S_ISLNK(entry.itself.st_mode)), type=_TYPES.get(stat.S_IFMT(status.st_mode), "unknown"),
        symlink_target_path=entry.link, pid_with_namespace=place.pid, mount_namespace_id=place.mount_namespace,
    )  # fmt: skip
