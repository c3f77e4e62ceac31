"""The kernel's word of changed files (inotify(7)), through ctypes. A thread empties the kernel's short queue into one of ours."""

import ctypes
import errno
import os
import select
import struct
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ...errors import LimitExceeded, Unreachable
from ...ports import KIBIBYTE, MEBIBYTE

ACCESS, MODIFY, ATTRIB, CLOSE_WRITE, OPEN = 0x1, 0x2, 0x4, 0x8, 0x20
MOVED_FROM, MOVED_TO, CREATE, DELETE, DELETE_SELF = 0x40, 0x80, 0x100, 0x200, 0x400
UNMOUNT, OVERFLOW, IGNORED, IS_DIRECTORY = 0x2000, 0x4000, 0x8000, 0x40000000
_EXCLUDE_UNLINKED, _ONLY_DIRECTORY = 0x4000000, 0x1000000

QUEUE_BYTES = 64 * MEBIBYTE
"""How much of the kernel's word we hold before we let its own queue run over: some 1,500,000 changes."""
_READ_BYTES = 64 * KIBIBYTE
_HEADER = struct.Struct("iIII")
_LIMITS = Path("/proc/sys/fs/inotify")
_MOUNTS = "/proc/self/mountinfo"


class Happened(Struct, frozen=True):
    """One entry of the queue."""

    watch: int
    mask: int
    cookie: int
    name: str
    """In the watched directory; empty when it is about the directory itself."""


class Inotify:
    """A queue of what happens in watched directories."""

    def __init__(self) -> None:
        """Raises LimitExceeded, Unreachable."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise _failure(ctypes.get_errno())
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._changed = threading.Condition()
        self._woken = False
        self.mounted = False
        """Whether file systems were mounted or unmounted."""
        self._quit_read, self._quit_write = os.pipe2(os.O_CLOEXEC)
        self._reader = threading.Thread(target=self._read, name="inotify", daemon=True)
        self._reader.start()

    def add(self, directory: int, mask: int) -> int:
        """Watch an open directory; the watch's number, the same for the same directory. Raises OSError: ENOSPC when there are too many."""
        path = f"/proc/self/fd/{directory}".encode()
        watch: int = self._libc.inotify_add_watch(self._descriptor, path, ctypes.c_uint32(mask | _EXCLUDE_UNLINKED | _ONLY_DIRECTORY))
        if watch < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return watch

    def remove(self, watch: int) -> None:
        """Watch no longer; nothing happens when the kernel has dropped it already."""
        self._libc.inotify_rm_watch(self._descriptor, watch)

    def wait(self, timeout_s: float | None) -> None:
        """Until something is there, ``wake`` is called, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._pieces or self._woken, timeout_s)
            self._woken = False

    def wake(self) -> None:
        """End a ``wait``."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def take(self) -> Iterator[Happened]:
        """What is there, up to a few thousand entries; nothing when there is nothing."""
        piece = b""
        with self._changed:
            while self._pieces and len(piece) < _READ_BYTES:
                piece += self._pieces.popleft()
            self._held -= len(piece)
            self._changed.notify_all()
        return parse(piece)

    def mounts_changed(self) -> bool:
        """Whether file systems were mounted or unmounted since this was last asked."""
        changed, self.mounted = self.mounted, False
        return changed

    def close(self) -> None:
        """Give everything up."""
        os.write(self._quit_write, b"q")
        with self._changed:
            self._held = 0
            self._changed.notify_all()
        self._reader.join()
        for descriptor in (self._descriptor, self._quit_read, self._quit_write):
            os.close(descriptor)

    def _read(self) -> None:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        poll.register(self._quit_read, select.POLLIN)
        with Path(_MOUNTS).open("rb") as mounts:
            poll.register(mounts.fileno(), select.POLLPRI)
            while True:
                ready = dict(poll.poll())
                if self._quit_read in ready:
                    return
                if self._descriptor in ready:
                    self._hold(os.read(self._descriptor, _READ_BYTES))
                if mounts.fileno() in ready:
                    with self._changed:
                        self._woken = self._woken or not self.mounted
                        self.mounted = True
                        self._changed.notify_all()

    def _hold(self, piece: bytes) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._held < QUEUE_BYTES)
            self._pieces.append(piece)
            self._held += len(piece)
            self._changed.notify_all()


def parse(piece: bytes) -> Iterator[Happened]:
    """The entries of what one read(2) gave."""
    at = 0
    while at < len(piece):
        watch, mask, cookie, length = _HEADER.unpack_from(piece, at)
        at += _HEADER.size
        yield Happened(watch, mask, cookie, os.fsdecode(piece[at : at + length].rstrip(b"\0")))
        at += length


def limit(name: str) -> str:
    """A limit of the kernel, for people to read: ``max_user_watches``, ``max_queued_events``."""
    try:
        return (_LIMITS / name).read_text().strip()
    except OSError:
        return "unknown"


def _failure(number: int) -> LimitExceeded | Unreachable:
    if number == errno.EMFILE:
        what = f"this user has as many inotify instances as it may ({limit('max_user_instances')})"
        return LimitExceeded(what, remedy="raise fs.inotify.max_user_instances with sysctl")
    return Unreachable(f"inotify: {os.strerror(number)}", remedy="file events need Linux with inotify")
