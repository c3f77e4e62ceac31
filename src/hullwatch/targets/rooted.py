"""Paths resolved inside a root directory and never outside it, component by component over open directories; regular files only."""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import Denied, LimitExceeded, Unreachable
from ..model import Location
from ..ports import KIBIBYTE, MEBIBYTE

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LINKS_LIMIT = 40
"""Links followed for one path, as in Linux."""
_THROUGH = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ESRCH)


class Root:
    """A directory of this machine taken as a root: absolute links begin here and ``..`` ends here, whoever moves what meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises Denied, Unreachable."""
        try:
            self._descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            self._held: _Held | None = None
        except PermissionError as error:
            raise Denied(f"{path} is closed to this user", remedy="run with sudo") from error
        except OSError as error:
            raise Unreachable(f"{path}: {error.strerror}") from error

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)

    @contextmanager
    def parent(self, path: str, *, follow: bool) -> Iterator[tuple[int, str]]:
        """The open directory that holds ``path``, and its name there; ``follow`` resolves a link at the path itself too. Raises OSError."""
        head, _, name = path.rpartition("/")
        held = self._held
        if name in ("", ".", "..") or not head or held is None or not held.is_still(head, self._descriptor):
            held = None
        if held is not None and (not follow or _link(name, held.descriptor) is None):
            yield held.descriptor, name
            return
        opened = [os.dup(self._descriptor)]
        try:
            last = _descend(opened, path, follow=follow)
            if last == name and head:
                self._held = _Held(head, os.dup(opened[-1]))
            yield opened[-1], last
        finally:
            for descriptor in opened:
                os.close(descriptor)

    @contextmanager
    def directory(self, path: str) -> Iterator[int]:
        """A directory, open for listing. Raises OSError."""
        with self.parent(path, follow=True) as (parent, name):
            descriptor = os.open(name, _LIST, dir_fd=parent)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def open(self, path: str) -> "RootedFile | None":
        """A regular file, links followed; None for anything else, which is not even opened: that alone can do something. Raises OSError."""
        with self.parent(path, follow=True) as (directory, name):
            if not stat.S_ISREG(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
                return None
            file = RootedFile(shown(path), os.open(name, _READ, dir_fd=directory))
        return file if file.regular else None


class _Held:
    """The directory that was last read from: many files of one directory (/proc/1, info/ of dpkg) are found without walking there again."""

    def __init__(self, path: str, descriptor: int) -> None:
        """Takes the descriptor over."""
        self.descriptor = descriptor
        self._path = path
        self._status = os.fstat(descriptor)

    def __del__(self) -> None:
        os.close(self.descriptor)

    def is_still(self, path: str, root: int) -> bool:
        """Whether ``path`` names this very directory now. While it is open, no other can have its number."""
        try:
            return path == self._path and os.path.samestat(os.stat(path, dir_fd=root), self._status)
        except OSError:
            return False


def _descend(opened: list[int], path: str, *, follow: bool) -> str:
    """Push the directories on the way to ``path`` on ``opened``, which begins with the root; the last name, ``.`` for the root itself."""
    waiting = _components(path)
    links = 0
    while waiting:
        name = waiting.pop()
        if name == "..":
            if len(opened) > 1:
                os.close(opened.pop())
            continue
        if not waiting and not follow:
            return name
        if waiting and _enter(name, opened):
            continue
        target = _link(name, opened[-1])
        if target is None and waiting:
            raise OSError(errno.ENOTDIR, "no directory")
        if target is None:
            return name
        links += 1
        if links > LINKS_LIMIT:
            raise OSError(errno.ELOOP, "too many links")
        while target.startswith("/") and len(opened) > 1:
            os.close(opened.pop())
        waiting.extend(_components(target))
    return "."


def _enter(name: str, opened: list[int]) -> bool:
    """Push a directory on ``opened``; False where it is none, as for a link, which is looked at only then. Raises OSError."""
    try:
        opened.append(os.open(name, _THROUGH, dir_fd=opened[-1]))
    except NotADirectoryError:
        return False
    return True


def _components(path: str) -> list[str]:
    if "\0" in path:
        raise OSError(errno.ENOENT, "no such name")
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _link(name: str, directory: int) -> str | None:
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as error:
        if error.errno == errno.EINVAL:  # there, and no link
            return None
        raise


class RootedFile:
    """Port ``File`` over a regular file of this machine."""

    def __init__(self, path: str, descriptor: int) -> None:
        """Takes the descriptor over."""
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self.regular = stat.S_ISREG(status.st_mode)
        self.location = Location(path)
        self.size_bytes = status.st_size
        self.mode = stat.S_IMODE(status.st_mode)
        self.uid = status.st_uid
        self.gid = status.st_gid

    def __del__(self) -> None:
        os.close(self._descriptor)

    def read(self, limit: int) -> bytes:
        """All bytes, also of files that say they are empty, as those in /proc do. Raises LimitExceeded, Denied, Unreachable."""
        data = bytearray()
        while len(data) <= limit and (piece := self._piece(min(MEBIBYTE, limit + 1 - len(data)), len(data))):
            data += piece
        if len(data) > limit:
            raise LimitExceeded(f"{self.location.path} is larger than {limit} bytes")
        return bytes(data)

    def text(self, limit: int) -> str:
        """As ``read``, decoded as UTF-8; bytes that are not become U+FFFD."""
        return self.read(limit).decode("utf-8", "replace")

    def open(self) -> BinaryIO:
        """A seekable stream of its own, which outlives this record."""
        return io.BufferedReader(_Stream(os.dup(self._descriptor), self.location.path), 64 * KIBIBYTE)

    def sha256(self) -> str:
        """Digest of its content. Raises Denied, Unreachable."""
        digest, offset = hashlib.sha256(), 0
        while piece := self._piece(MEBIBYTE, offset):
            digest.update(piece)
            offset += len(piece)
        return digest.hexdigest()

    def _piece(self, size: int, offset: int) -> bytes:
        try:
            return os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise failure(self.location.path, error) from error


class _Stream(io.RawIOBase):
    def __init__(self, descriptor: int, path: str) -> None:
        self._descriptor = descriptor
        self._path = path
        self._offset = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._offset, os.SEEK_END: os.fstat(self._descriptor).st_size}[whence]
        self._offset = max(0, start + offset)
        return self._offset

    def tell(self) -> int:
        return self._offset

    def readinto(self, buffer: "WriteableBuffer") -> int:
        try:
            count = os.preadv(self._descriptor, [buffer], self._offset)
        except OSError as error:
            raise failure(self._path, error) from error
        self._offset += count
        return count

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def is_absence(error: OSError) -> bool:
    """Whether it only says that nothing stands there."""
    return error.errno in _ABSENT


def failure(path: str, error: OSError) -> Denied | Unreachable:
    """What an error of the file system means."""
    if isinstance(error, PermissionError):
        return Denied(f"/{shown(path)} is closed to this user", remedy="run with sudo")
    return Unreachable(f"/{shown(path)}: {error.strerror or error}")


def shown(path: str) -> str:
    """A path as it can be kept and shown: bytes that are not UTF-8 become U+FFFD."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "replace")
