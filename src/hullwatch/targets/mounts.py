"""Which mounted file systems are a machine's local disks, from mountinfo (proc_pid_mountinfo(5)) and sysfs."""

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

LOCAL = frozenset(
    {"bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "hfsplus", "jfs", "msdos", "nilfs2"}
    | {"ntfs", "ntfs3", "overlay", "reiserfs", "ubifs", "vfat", "xfs", "zfs"}
)
"""File systems on disks. All others are made up by the kernel, held in memory, or come over a network."""
NETWORK = frozenset(
    {
        "9p",
        "afs",
        "ceph",
        "cifs",
        "coda",
        "fuse",
        "gfs2",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "smb3",
        "smbfs",
        "virtiofs",
    }
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


class MountPoint(Struct, frozen=True):
    """One mounted file system."""

    path: str
    """Where it is mounted, no leading slash; empty for the root."""
    filesystem: str
    device: str
    """``major:minor``."""
    inside: str
    """Which directory of the file system is mounted."""


class LeftOut(Struct, frozen=True):
    """A directory that is not walked, and why."""

    path: str
    why: str


def parse_mountinfo(text: str) -> Iterator[MountPoint]:
    """Yield mounts in the order in which they were made; lines that are none are passed over."""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        match before.split(" "), after.split(" "):
            case [_, _, device, inside, path, *_], [filesystem, *_] if path.startswith("/"):
                yield MountPoint(_plain(path).strip("/"), filesystem, device, _plain(inside))


def left_out(mounts: Iterable[MountPoint], removable: Path | Collection[str]) -> tuple[LeftOut, ...]:
    """Mounts that are no local disk, or show again what is walked anyway; those below one that is left out are not named.

    ``removable``: where sysfs is, which says it of disks, or the devices of which it was said.
    """
    topmost = {mount.path: mount for mount in mounts if mount.filesystem != "nsfs"}  # later ones hide earlier ones; nsfs: no directories
    walked = [topmost.pop("")] if "" in topmost else []
    skipped: list[LeftOut] = []
    for path, mount in sorted(topmost.items()):
        if any(is_below(path, other.path) for other in skipped):
            continue
        if why := _why_not(mount, walked, removable):
            skipped.append(LeftOut(path, why))
        else:
            walked.append(mount)
    return tuple(skipped)


def is_below(path: str, directory: str) -> bool:
    """Whether a path lies in a directory or is it."""
    return path == directory or path.startswith(f"{directory}/")


def _why_not(mount: MountPoint, walked: Iterable[MountPoint], removable: Path | Collection[str]) -> str:
    if mount.filesystem in NETWORK or mount.filesystem.startswith("fuse."):
        return f"a network file system ({mount.filesystem})"
    if mount.filesystem not in LOCAL:
        return f"no file system on a disk ({mount.filesystem})"
    if mount.filesystem == "overlay":
        return "a container's file system"
    if any(_shows(other, mount) for other in walked):
        return "shows again what is read elsewhere"
    is_removable = _is_removable(mount.device, removable) if isinstance(removable, Path) else mount.device in removable
    return "a removable disk" if is_removable else ""


def _shows(other: MountPoint, mount: MountPoint) -> bool:
    """Whether the whole of ``mount`` is to be seen through ``other`` too, at another path."""
    if mount.device != other.device or not (other.inside == "/" or is_below(mount.inside, other.inside)):
        return False
    rest = mount.inside.removeprefix(other.inside).strip("/")
    return "/".join(filter(None, (other.path, rest))) != mount.path


def _is_removable(device: str, sysfs: Path) -> bool:
    """The kernel says so of the disk; a partition lies in the directory of its disk."""
    directory = (sysfs / "dev" / "block" / device).resolve()
    for each in (directory / "removable", directory.parent / "removable"):
        try:
            return each.read_text().strip() == "1"
        except (OSError, UnicodeDecodeError):
            continue
    return False


def _plain(field: str) -> str:
    """mountinfo writes blanks and the like as three octal digits."""
    return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 8)), field)
