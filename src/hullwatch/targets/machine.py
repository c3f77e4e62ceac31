"""The machine we stand on, or a root file system in a directory of it: its files, and what it is called."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from ..errors import Denied, HullwatchError, Unreachable
from ..model import FileKind, FileState, Gap, Location
from ..model.reads import Reads, compiled
from ..ports import KIBIBYTE, File, Files
from .commands import HostCommands
from .rooted import Root, RootedFile, failure, is_absence, shown

DEPTH_LIMIT = 200
"""Directories below one another that are walked for patterns that mean any depth."""
KINDS = {
    stat.S_IFREG: FileKind.FILE,
    stat.S_IFDIR: FileKind.DIRECTORY,
    stat.S_IFLNK: FileKind.LINK,
    stat.S_IFSOCK: FileKind.SOCKET,
    stat.S_IFIFO: FileKind.PIPE,
    stat.S_IFCHR: FileKind.CHARACTER_DEVICE,
    stat.S_IFBLK: FileKind.BLOCK_DEVICE,
}


class HostFiles:
    """Port ``Files`` over a directory of this machine. Absolute links mean the root; none leads out of it."""

    def __init__(self, root: Path, *, leave_out: frozenset[str] = frozenset()) -> None:
        """``leave_out``: directories (no leading slash) that patterns with ``**`` do not walk. Raises Denied, Unreachable."""
        self._root = Root(root)
        self._leave_out = leave_out

    def open_each(self, reads: Reads) -> Iterator[File | Gap]:
        """Each regular file that is declared and there, in path order; a gap for one that is there and cannot be read."""
        deep = tuple(pattern for pattern in reads.patterns if pattern.startswith("**/"))
        found = dict.fromkeys(reads.exact, "")
        for pattern in reads.patterns:
            if pattern not in deep:
                found.update(self._expand("", pattern.split("/")))
        if deep:
            found.update(self._search(deep))
        for path, trouble in sorted(found.items()):
            file = self._file_or_gap(path, trouble)
            if file is not None:
                yield file

    def open(self, path: str) -> RootedFile | None:
        """One regular file, links followed; None when there is none. Raises Denied, Unreachable (its disk fails)."""
        try:
            return self._root.open(path)
        except OSError as error:
            if is_absence(error):
                return None
            raise failure(path, error) from error

    def names(self, directory: str) -> tuple[str, ...]:
        """Sorted names in a directory; empty when there is none. Raises Denied, Unreachable."""
        try:
            with self._root.directory(directory) as opened, os.scandir(opened) as entries:
                return tuple(sorted(entry.name for entry in entries))
        except OSError as error:
            if is_absence(error):
                return ()
            raise failure(directory, error) from error

    def state(self, path: str, *, digest: bool = False) -> FileState | None:
        """The state of a path itself (a last link is not followed); None when nothing stands there. Raises Denied, Unreachable."""
        try:
            with self._root.parent(path, follow=False) as (directory, name):
                status = os.stat(name, dir_fd=directory, follow_symlinks=False)
                link = os.readlink(name, dir_fd=directory) if stat.S_ISLNK(status.st_mode) else ""
        except OSError as error:
            if is_absence(error):
                return None
            raise failure(path, error) from error
        file = self.open(path) if digest and stat.S_ISREG(status.st_mode) else None
        return FileState(
            path=shown(path), kind=KINDS[stat.S_IFMT(status.st_mode)], mode=stat.S_IMODE(status.st_mode), uid=status.st_uid,
            gid=status.st_gid, size_bytes=status.st_size, modified_at_ns=status.st_mtime_ns, changed_at_ns=status.st_ctime_ns,
            inode=status.st_ino, link_target=shown(link), sha256=file.sha256() if file else "",
        )  # fmt: skip

    def link(self, path: str) -> str:
        """Target of a symbolic link as written; empty when it is none or cannot be read."""
        try:
            with self._root.parent(path, follow=False) as (directory, name):
                return os.readlink(name, dir_fd=directory)
        except OSError:
            return ""

    def _file_or_gap(self, path: str, trouble: str) -> File | Gap | None:
        try:
            if not trouble:
                return self.open(path)
        except (Denied, Unreachable) as error:
            trouble = str(error)
        return Gap(kind="file-unreadable", what=shown(path) or "/", why=trouble, seen_at=Location(shown(path)))

    def _expand(self, directory: str, components: list[str]) -> Iterator[tuple[str, str]]:
        """Paths that a pattern may mean, each with the trouble there was; lists only directories where a wildcard stands."""
        first, *rest = components
        names: Iterable[str] = (first,)
        if "*" in first or "?" in first:
            try:
                names = [name for name in self.names(directory) if compiled(first).fullmatch(name)]
            except (Denied, Unreachable) as error:
                yield directory, str(error)
                return
        for name in names:
            path = f"{directory}/{name}" if directory else name
            if rest:
                yield from self._expand(path, rest)
            else:
                yield path, ""

    def _search(self, patterns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """One walk for all patterns that mean any depth. Links are not followed: what they lead to is walked where it lies."""
        expressions = [compiled(pattern) for pattern in patterns]
        last = re.compile("|".join(compiled(pattern.rpartition("/")[2]).pattern for pattern in patterns), re.DOTALL)
        for path, trouble in self._walk("", 0):
            if trouble:
                yield path, trouble
            elif last.fullmatch(path.rpartition("/")[2]) and any(expression.fullmatch(path) for expression in expressions):
                yield path, ""

    def _walk(self, directory: str, depth: int) -> Iterator[tuple[str, str]]:
        try:
            with self._root.directory(directory) as opened, os.scandir(opened) as entries:
                inside = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries if not entry.is_symlink()]
        except OSError as error:
            if not is_absence(error):
                yield directory, str(failure(directory, error))
            return
        for name, is_directory in inside:
            path = f"{directory}/{name}" if directory else name
            if not is_directory:
                yield path, ""
            elif depth >= DEPTH_LIMIT:
                yield path, f"lies more than {DEPTH_LIMIT} directories deep"
            elif path not in self._leave_out:
                yield from self._walk(path, depth + 1)


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine is called and what it runs; empty where it does not say."""

    hostname: str = ""
    machine_id: str = ""
    """See machine-id(5)."""
    running_kernel: str = ""
    """``uname -r``."""


def read_host_facts(files: Files) -> HostFacts:
    """Read from /proc and /etc, so that it is the machine the files are of."""
    hostname = _line(files, "proc/sys/kernel/hostname") or _line(files, "etc/hostname")
    return HostFacts(hostname=hostname, machine_id=_line(files, "etc/machine-id"), running_kernel=_line(files, "proc/sys/kernel/osrelease"))


def _line(files: Files, path: str) -> str:
    """The first line of a short file; empty where there is none, or none that can be read: nothing hangs on it."""
    try:
        file = files.open(path)
        return file.text(4 * KIBIBYTE).partition("\n")[0].strip() if file else ""
    except HullwatchError:
        return ""


__all__ = ["HostCommands", "HostFacts", "HostFiles", "read_host_facts"]
