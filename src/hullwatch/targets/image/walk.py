"""Walking a directory: every name is met, only what a reader wants is opened. Neither links nor races lead out of it.

Each directory is opened by its name inside its parent and never through a link; a file is looked at before it is opened, so that
pipes, devices and sockets never are. Nothing is held but the directories between the top and here.
"""

import errno
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ...errors import NotFound
from ..files import DiskFile, shown, unreadable
from .layer_facts import Collector, Kind
from .wanted import Wanted

OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""Another stands there by now, or nothing: whoever writes to a container or host does so while we look."""


class Walk:
    """One walk. ``overlay``: the directory is a layer of overlayfs, whose marks are understood. ``skip``: directories not entered."""

    def __init__(self, wanted: Wanted, collector: Collector, *, overlay: bool = False, skip: Collection[str] = frozenset()) -> None:
        self._wanted = wanted
        self._collector = collector
        self._overlay = overlay
        self._skip = skip
        self._deepest = collector.budget.limits.depth

    def run(self, top: int) -> None:
        """Walk what an open directory holds. Raises LimitExceeded."""
        self._enter(top, "", 0)

    def _enter(self, directory: int, path: str, depth: int) -> None:
        if self._overlay:
            self._note_marks(directory, path)
        prefix = f"{path}/" if path else ""
        test, is_skeleton = self._wanted.test_in(path), path in self._wanted.skeleton_directories
        names, suffixes, pattern = test.names, test.suffixes, test.pattern
        met = 0
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    met += 1
                    name = entry.name
                    wanted = name in names or name.endswith(suffixes) or (pattern is not None and pattern.fullmatch(name) is not None)
                    if entry.is_file(follow_symlinks=False):
                        if wanted:
                            self._read(directory, prefix, name)
                        elif is_skeleton:
                            self._stand(directory, prefix, name, Kind.OTHER)
                    elif entry.is_dir(follow_symlinks=False):
                        if wanted or is_skeleton:
                            self._stand(directory, prefix, name, Kind.DIRECTORY)
                        self._descend(directory, prefix, name, depth + 1)
                    elif wanted or is_skeleton or not entry.is_symlink():
                        self._special(directory, prefix, entry)
        except OSError as error:
            self._failed(path, error)
        self._collector.budget.met(met)

    def _descend(self, parent: int, prefix: str, name: str, depth: int) -> None:
        path = prefix + name
        if path in self._skip:
            return
        if depth > self._deepest:
            self._collector.cannot("limit", f"more than {self._deepest} directories deep (depth below [limits])", shown(path))
            return
        try:
            directory = os.open(name, OPEN_DIRECTORY, dir_fd=parent)
        except OSError as error:
            self._failed(path, error)
            return
        try:
            self._enter(directory, path, depth)
        finally:
            os.close(directory)

    def _read(self, directory: int, prefix: str, name: str) -> None:
        path = prefix + name
        readers = self._wanted.readers_of(path)
        if not readers:
            return
        try:
            with open_regular(directory, name) as (descriptor, status):
                if self._overlay and _has_no_content(descriptor):
                    self._collector.cannot("overlay", "its content lies elsewhere (metacopy), which is not followed", shown(path))
                else:
                    self._collector.read(shown(path), readers, DiskFile(shown(path), descriptor, status))
        except OSError as error:
            self._failed(path, error)

    def _stand(self, directory: int, prefix: str, name: str, kind: Kind) -> None:
        path = prefix + name
        if path in self._wanted.skeleton or self._wanted.readers_of(path):
            try:
                target = shown(os.readlink(name, dir_fd=directory)) if kind is Kind.LINK else ""
            except OSError as error:
                self._failed(path, error)
            else:
                self._collector.stand(shown(path), kind, target)

    def _special(self, directory: int, prefix: str, entry: os.DirEntry[str]) -> None:
        """A link, or one of the rare kinds. Character device 0/0 is overlayfs's whiteout."""
        if entry.is_symlink():
            self._stand(directory, prefix, entry.name, Kind.LINK)
            return
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:  # gone by now, say: what else the directory holds is read all the same
            self._failed(prefix + entry.name, error)
            return
        if self._overlay and stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
            self._collector.hide(shown(prefix + entry.name))
        else:
            self._stand(directory, prefix, entry.name, Kind.OTHER)

    def _note_marks(self, directory: int, path: str) -> None:
        names = _attributes(directory)
        if not names:
            return
        if is_opaque(directory):
            self._collector.hide_content(shown(path))
        if any(name.endswith(".overlay.redirect") for name in names):
            self._collector.cannot("overlay", "the directory was moved (redirect), which is not followed", shown(path))

    def _failed(self, path: str, error: OSError) -> None:
        if error.errno in _GONE:
            return
        kind, why = (
            ("denied", "this user may not read it; run with sudo") if isinstance(error, PermissionError) else ("unreadable", _why(error))
        )
        self._collector.cannot(kind, why, shown(path))


@contextmanager
def open_regular(directory: int, name: str) -> Iterator[tuple[int, os.stat_result]]:
    """Open a regular file for reading, whatever was put in its place meanwhile. Raises OSError; ELOOP for all that is none."""
    looked_at = os.open(name, _LOOK, dir_fd=directory)
    try:
        _check_regular(os.fstat(looked_at))
        try:
            descriptor = os.open(f"/proc/self/fd/{looked_at}", _OPEN_FILE)
        except FileNotFoundError:  # no /proc here: by name then, once more without following links
            descriptor = os.open(name, _OPEN_FILE | os.O_NOFOLLOW, dir_fd=directory)
    finally:
        os.close(looked_at)
    try:
        status = os.fstat(descriptor)
        _check_regular(status)
        yield descriptor, status
    finally:
        os.close(descriptor)


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.ELOOP, "no regular file")


@contextmanager
def open_top(path: str) -> Iterator[int]:
    """Open the directory where a walk starts; links in ``path`` itself are followed. Raises NotFound, Denied, Unreachable."""
    try:
        descriptor = os.open(path, OPEN_DIRECTORY & ~os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{path}: there is no such directory", remedy="check the path") from error
    except OSError as error:
        failure = unreadable(path, error)
        raise failure from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def names_in(directory: str) -> list[str]:
    """Sorted names in a directory. Raises OSError."""
    with os.scandir(directory) as entries:
        return sorted(entry.name for entry in entries)


def is_opaque(directory: int | str) -> bool:
    """Whether a layer's directory hides what lower layers have in it (overlayfs, "whiteouts and opaque directories")."""
    names = _attributes(directory)
    return any(name in names and os.getxattr(directory, name, follow_symlinks=isinstance(directory, int)) == b"y" for name in _OPAQUE)


def _attributes(file: int | str) -> list[str]:
    try:
        return os.listxattr(file, follow_symlinks=isinstance(file, int))
    except OSError:
        return []  # a file system without them has no marks either


def _has_no_content(descriptor: int) -> bool:
    return any(name.endswith(".overlay.metacopy") for name in _attributes(descriptor))


def _why(error: OSError) -> str:
    return error.strerror or str(error)
