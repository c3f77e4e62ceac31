"""What stands where something happened: its signature, its state and its digests, asked through the open directory that holds it."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from ...model.agent import FileAction, FileEvent, Signature
from ...ports import MEBIBYTE
from ..rooted import Root, shown

_THROUGH = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHUNK = MEBIBYTE
DIGESTED = frozenset((FileAction.CREATED, FileAction.UPDATED, FileAction.MOVED_TO))
"""What is told with digests of the content."""


@contextmanager
def open_directory(root: Root, path: str) -> Iterator[int]:
    """A directory, open for listing, no link on the way to it followed. Raises OSError."""
    names = [name for name in path.split("/") if name]
    with root.parent("", follow=False) as (opened, _):
        descriptor = os.open(".", _THROUGH if names else _LIST, dir_fd=opened)
    try:
        for number, name in enumerate(names, 1):
            inner = os.open(name, _LIST if number == len(names) else _THROUGH, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def signature_of(status: os.stat_result) -> Signature:
    """By what we tell that a file is still the same."""
    return Signature(
        status.st_mode, status.st_ino, status.st_uid, status.st_gid, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )  # fmt: skip


def look(directory: int, name: str) -> os.stat_result | None:
    """lstat(2) of a name in an open directory; None when nothing stands there or it may not be looked at."""
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError:
        return None


def kind_of_change(before: Signature, now: Signature) -> FileAction | None:
    """What must have happened between two looks. A file whose ctime moved may have been written, even where its mtime says otherwise."""
    if before == now:
        return None
    same = before.inode == now.inode and stat.S_IFMT(before.mode) == stat.S_IFMT(now.mode)
    owned_alike = (before.mode, before.uid, before.gid) == (now.mode, now.uid, now.gid)
    if stat.S_ISDIR(now.mode):
        return FileAction.CREATED if not same else None if owned_alike else FileAction.ATTRIBUTES_MODIFIED
    return FileAction.UPDATED


class Describer:
    """Makes events."""

    def __init__(self, root: Root, read_max: int) -> None:
        """``read_max``: bytes of the largest file that is digested."""
        self._root = root
        self._read_max = read_max

    def describe(
        self, path: str, category: str, action: FileAction, at: int, *, directory: int | None, name: str, status: os.stat_result | None,
        transaction: int = 0,
    ) -> FileEvent:  # fmt: skip
        """The event of what stands at ``name`` in an open ``directory``; ``status`` is its lstat, None where it is gone or not asked for.

        A link is described by what it leads to where the kernel, too, would trust it: where root, we, or the owner of that own it.
        """
        link_path = path if status and stat.S_ISLNK(status.st_mode) else ""
        seen = (self._behind(link_path, status) if link_path and status else None) or status
        digests: tuple[str, str, str] | None = None
        asked = action in DIGESTED
        if asked and seen and stat.S_ISREG(seen.st_mode) and directory is not None:
            digests = self._digests_behind(link_path) if link_path else self._digests(directory, name)
        md5, sha1, sha256 = digests or ("", "", "")
        hashed = 1 if digests else -1 if asked and not (action is FileAction.MOVED_TO and seen and stat.S_ISDIR(seen.st_mode)) else 0
        event = FileEvent(
            path=f"/{shown(path)}", category=category, action=action, at=at, transaction=transaction,
            md5=md5, sha1=sha1, sha256=sha256, hashed=hashed,
        )  # fmt: skip
        return event if seen is None else _with_state(event, seen)

    def _behind(self, path: str, link: os.stat_result) -> os.stat_result | None:
        try:
            with self._root.parent(path, follow=True) as (directory, name):
                found = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except OSError:
            return None
        return found if link.st_uid in (0, os.geteuid(), found.st_uid) else None

    def _digests_behind(self, path: str) -> tuple[str, str, str] | None:
        try:
            with self._root.parent(path, follow=True) as (directory, name):
                return self._digests(directory, name)
        except OSError:
            return None

    def _digests(self, directory: int, name: str) -> tuple[str, str, str] | None:
        """MD5, SHA-1 and SHA-256; None when it cannot be read, is no regular file (any more) or too large."""
        try:
            descriptor = _open_to_read(directory, name)
        except OSError:
            return None
        try:
            status = os.fstat(descriptor)
            return self._digest(descriptor) if stat.S_ISREG(status.st_mode) and status.st_size <= self._read_max else None
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def _digest(self, descriptor: int) -> tuple[str, str, str] | None:
        running = [hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
        left = self._read_max
        while chunk := os.read(descriptor, _CHUNK):
            left -= len(chunk)
            if left < 0:
                return None
            for digest in running:
                digest.update(chunk)
        md5, sha1, sha256 = (digest.hexdigest() for digest in running)
        return md5, sha1, sha256


def _open_to_read(directory: int, name: str) -> int:
    """Without a trace in its access time, where we may."""
    try:
        return os.open(name, _READ | os.O_NOATIME, dir_fd=directory)
    except PermissionError:
        return os.open(name, _READ, dir_fd=directory)


def _with_state(event: FileEvent, seen: os.stat_result) -> FileEvent:
    return replace(
        event, inode=seen.st_ino, uid=seen.st_uid, gid=seen.st_gid, mode=stat.S_IMODE(seen.st_mode), size_bytes=seen.st_size,
        read_at=int(seen.st_atime), modified_at=int(seen.st_mtime), changed_at=int(seen.st_ctime),
    )  # fmt: skip
