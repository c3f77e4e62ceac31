"""A file system of this machine, asked place by place inside a root: what the tables ``file`` and ``hash`` are made from."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..ports import Entry
from .rooted import Root, RootedFile, failure, is_absence


class HostPaths:
    """Port ``Paths`` over a directory of this machine. Absolute links mean the root; none leads out of it."""

    def __init__(self, root: Path) -> None:
        """Raises Denied, Unreachable."""
        self._root = Root(root)

    def entry(self, path: str) -> Entry | None:
        """What stands at a path; None when nothing does. Raises Denied, Unreachable."""
        try:
            with self._root.parent(path, follow=path.endswith("/")) as (directory, name):
                entry = self._entry(directory, name, path)
        except OSError as error:
            if is_absence(error):
                return None
            raise failure(path, error) from error
        return None if path.endswith("/") and not stat.S_ISDIR(entry.itself.st_mode) else entry

    def entries(self, directory: str) -> Iterator[Entry]:
        """What stands in a directory, by name; what vanishes meanwhile is left out. Raises Denied, Unreachable."""
        try:
            with self._root.directory(directory) as opened, os.scandir(opened) as found:
                for name in sorted(each.name for each in found):
                    if entry := self._there(opened, name, f"{directory}/{name}"):
                        yield entry
        except OSError as error:
            if not is_absence(error):
                raise failure(directory, error) from error

    def open(self, path: str) -> RootedFile | None:
        """One regular file, links followed; None when there is none. Raises Denied, Unreachable."""
        try:
            return self._root.open(path)
        except OSError as error:
            if is_absence(error):
                return None
            raise failure(path, error) from error

    def _there(self, directory: int, name: str, path: str) -> Entry | None:
        try:
            return self._entry(directory, name, path)
        except FileNotFoundError:
            return None

    def _entry(self, directory: int, name: str, path: str) -> Entry:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if not stat.S_ISLNK(status.st_mode):
            return Entry(name, status, status)
        return Entry(name, status, self._behind(path), os.readlink(name, dir_fd=directory))

    def _behind(self, path: str) -> os.stat_result | None:
        """What a link leads to, inside the root."""
        try:
            with self._root.parent(path, follow=True) as (directory, name):
                return os.stat(name, dir_fd=directory, follow_symlinks=False)
        except OSError:
            return None
