"""This machine: its local disks. Container storage is not walked: images and containers are targets of their own."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from ..errors import HullwatchError
from ..model import Note
from ..ports import KIBIBYTE, MEBIBYTE, Docker
from .files import shown
from .image.stack import Stack
from .image.taking import Contents, Place, Taking
from .image.walk import names_in
from .mounts import LeftOut, is_below, left_out, parse_mountinfo

CONTAINER_STORAGE = (
    "var/lib/containerd",
    "var/lib/containers/storage",
    "var/lib/cri-o",
    "var/lib/docker",
    "var/lib/kubelet/pods",
    "var/lib/lxc",
    "var/lib/lxd/storage-pools",
    "var/lib/machines",
    "var/lib/rancher",
    "var/snap/docker/common/var-lib-docker",
)
"""Where engines keep images and containers when nobody tells them otherwise."""
USER_STORAGE = (".local/share/containers/storage", ".local/share/docker", ".local/share/containerd")
"""The same of a user's own engines, in the home."""
UNLISTED = tuple(LeftOut(name, "no file system on a disk") for name in ("dev", "proc", "run", "sys"))
"""What is left out where the kernel does not list its mounts."""
MOUNTINFO_LIMIT = 16 * MEBIBYTE
_LINE_LIMIT = 4 * KIBIBYTE
_WHY = "container storage: images and containers are targets of their own"


class _Info(Struct, rename="pascal"):
    docker_root_dir: str = ""


class HostRead(Struct):
    """A host, as read."""

    contents: Contents
    identifiers: dict[str, str]
    running_kernel: str
    notes: tuple[Note, ...]


def read_host(root: Path, docker: Docker | None, taking: Taking) -> HostRead:
    """Read the machine whose root is ``root``. Raises NotFound, Denied, LimitExceeded."""
    skipped = _skipped(root, docker)
    place = Place(str(root), skip=frozenset(each.path for each in skipped))
    contents = taking.read_places([place], overlay=False, what="the host's files")
    stack = Stack([str(root)])
    hostname = _line(stack, "proc/sys/kernel/hostname") or _line(stack, "etc/hostname")
    identifiers = {"hostname": hostname, "machine_id": _line(stack, "etc/machine-id")}
    kernel = _line(stack, "proc/sys/kernel/osrelease")
    return HostRead(contents, {key: value for key, value in identifiers.items() if value}, kernel, notes_of(skipped))


def notes_of(skipped: Iterable[LeftOut]) -> tuple[Note, ...]:
    """Each directory that is not walked is a note."""
    return tuple(Note(kind="not-walked", what=f"/{shown(each.path)}", why=each.why) for each in skipped)


def _skipped(root: Path, docker: Docker | None) -> tuple[LeftOut, ...]:
    """Mounts and container storage, each named once and in order."""
    storage = (*CONTAINER_STORAGE, *_data_root(docker), *_storage_of_users(root))
    return joined(_mounts(root), [path for path in storage if _is_there(root / path)])


def _is_there(directory: Path) -> bool:
    """What this user may not even ask about is not walked either."""
    try:
        return directory.is_dir()
    except OSError:
        return False


def joined(mounts: Iterable[LeftOut], storage: Iterable[str]) -> tuple[LeftOut, ...]:
    """Mounts that are left out and directories of container storage, each named once and in order."""
    skipped = {each.path: each for each in mounts}
    for path in storage:
        if not any(is_below(path, other) for other in skipped):
            skipped = {other: each for other, each in skipped.items() if not is_below(other, path)} | {path: LeftOut(path, _WHY)}
    return tuple(skipped[path] for path in sorted(skipped))


def _mounts(root: Path) -> tuple[LeftOut, ...]:
    """Mounts that are no local disks. Where the kernel does not list them, ``/proc`` and the like are left out by name."""
    text = _text(Stack([str(root)]), "proc/self/mountinfo", MOUNTINFO_LIMIT)
    if not text:
        return tuple(each for each in UNLISTED if (root / each.path).is_dir())
    return left_out(parse_mountinfo(text), root / "sys")


def _data_root(docker: Docker | None) -> tuple[str, ...]:
    """Where this machine's engine keeps everything, when it can be asked."""
    if docker is None or not docker.endpoint.startswith("unix://"):
        return ()
    try:
        said = msgspec.json.decode(docker.get("/info"), type=_Info).docker_root_dir
    except (HullwatchError, msgspec.DecodeError, UnicodeDecodeError):
        return ()  # the usual places are left out all the same
    return (os.path.normpath(said).strip("/"),) if said.startswith("/") else ()


def _storage_of_users(root: Path) -> list[str]:
    try:
        homes = [f"home/{name}" for name in names_in(str(root / "home"))]
    except OSError:
        homes = []
    return [f"{home}/{storage}" for home in ("root", *homes) for storage in USER_STORAGE]


def _line(stack: Stack, path: str) -> str:
    """The first line of a short file; empty when there is none."""
    return _text(stack, path, _LINE_LIMIT).partition("\n")[0].strip()


def _text(stack: Stack, path: str, limit: int) -> str:
    try:
        with stack.lend(path, path) as lent:
            return lent[1].text(limit) if lent else ""
    except (OSError, HullwatchError):
        return ""
