"""The files that targets lend to readers: one that lies on a disk, and one whose bytes came out of an archive."""

import io
import os
from typing import BinaryIO

from ..errors import Denied, LimitExceeded, Unreachable
from ..model import Location


class DiskFile:
    """An open regular file. Valid until its descriptor is closed by whoever lends it."""

    def __init__(self, path: str, descriptor: int, status: os.stat_result) -> None:
        self.location = Location(path)
        self.size_bytes = status.st_size
        self.mode = status.st_mode & 0o7777
        self._descriptor = descriptor

    def read(self, limit: int) -> bytes:
        """All bytes. Raises LimitExceeded, Denied, Unreachable."""
        if self.size_bytes > limit:
            raise _too_large(self.location.path, self.size_bytes, limit)
        pieces, left = [], limit + 1
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            while left > 0 and (piece := os.read(self._descriptor, min(left, max(self.size_bytes, 4096) + 1))):
                pieces.append(piece)
                left -= len(piece)
        except OSError as error:
            raise unreadable(self.location.path, error) from error
        if left <= 0:  # it grows while we read, or lies about its size as files of /proc do
            raise _too_large(self.location.path, limit + 1, limit)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def text(self, limit: int) -> str:
        """As ``read``, decoded."""
        return self.read(limit).decode("utf-8", "replace")

    def open(self) -> BinaryIO:
        """A stream of its own position; closing it leaves the file lent."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return io.BufferedReader(io.FileIO(self._descriptor, closefd=False))


class BytesFile:
    """A file of an archive, held in memory; ``data`` is None when it was larger than may be held."""

    def __init__(self, path: str, data: bytes | None, *, size_bytes: int, mode: int, kept_bytes: int) -> None:
        self.location = Location(path)
        self.size_bytes = size_bytes
        self.mode = mode
        self._data = data
        self._kept_bytes = kept_bytes

    def read(self, limit: int) -> bytes:
        """All bytes. Raises LimitExceeded."""
        if self._data is None or self.size_bytes > limit:
            raise _too_large(self.location.path, self.size_bytes, min(limit, self._kept_bytes))
        return self._data

    def text(self, limit: int) -> str:
        """As ``read``, decoded."""
        return self.read(limit).decode("utf-8", "replace")

    def open(self) -> BinaryIO:
        """A stream over the bytes. Raises LimitExceeded."""
        return io.BytesIO(self.read(self._kept_bytes))


def unreadable(path: str, error: OSError) -> Denied | Unreachable:
    """Why a path of a target cannot be read."""
    why = f"{path} cannot be read: {error.strerror or error}"
    return Denied(why, remedy="run with sudo") if isinstance(error, PermissionError) else Unreachable(why)


def shown(path: str) -> str:
    r"""A path as facts hold it: what is not UTF-8 in it is written out (``\xff``), so that every report can hold it."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _too_large(path: str, size_bytes: int, limit: int) -> LimitExceeded:
    return LimitExceeded(f"{path} has {size_bytes} bytes, more than the {limit} that are read")
