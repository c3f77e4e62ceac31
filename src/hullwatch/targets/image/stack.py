"""Directories on disk that lie on each other: one root file system, or the layers of an image or container as overlayfs sees them."""

import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..files import DiskFile
from .layers import LINKS_FOLLOWED
from .walk import OPEN_DIRECTORY, is_opaque, names_in, open_regular


class Stack:
    """Directories from the bottom to the top. Links are followed inside them only, as chroot(2) would have it."""

    def __init__(self, directories: Sequence[str]) -> None:
        self._directories = tuple(directories)
        self._all = tuple(reversed(range(len(directories))))

    def covers(self, index: int) -> Callable[[Collection[str]], list[str]]:
        """For one layer: which of the paths given (a directory before what is in it) are there and no directories."""

        def covering(paths: Collection[str]) -> list[str]:
            covered, directories = [], {""}
            for path in paths:
                if path.rpartition("/")[0] in directories and (status := self._look(index, path)) is not None:
                    if stat.S_ISDIR(status.st_mode):
                        directories.add(path)
                    else:
                        covered.append(path)
            return covered

        return covering

    @contextmanager
    def lend(self, path: str, place: str) -> Iterator[tuple[int, DiskFile] | None]:
        """The regular file at ``place``, lent as ``path``, and the index of its layer; None when there is none. Raises OSError."""
        real, indexes = self._follow(place)
        if len(indexes) != 1 or not self._is(stat.S_ISREG, indexes[0], real):
            yield None
            return
        with ExitStack() as opened:
            *directories, name = real.split("/")
            at = os.open(self._directories[indexes[0]], OPEN_DIRECTORY & ~os.O_NOFOLLOW)
            opened.callback(os.close, at)
            for directory in directories:
                at = os.open(directory, OPEN_DIRECTORY, dir_fd=at)
                opened.callback(os.close, at)
            yield indexes[0], DiskFile(path, *opened.enter_context(open_regular(at, name)))

    def names(self, place: str) -> tuple[str, ...]:
        """Sorted names in a directory; some may be hidden by now: ask for each. Raises OSError."""
        real, indexes = self._follow(place)
        there = [index for index in indexes if self._is(stat.S_ISDIR, index, real)]
        return tuple(sorted({name for index in there for name in names_in(self._real(index, real))}))

    def _follow(self, path: str) -> tuple[str, tuple[int, ...]]:
        """Where links lead, and the layers that have part in it, the top first: one, or several for a directory, or none."""
        left, hops = path.split("/"), 0
        trail: list[tuple[str, tuple[int, ...]]] = [("", self._all)]
        while left:
            name = left.pop(0)
            if name in ("", "."):
                continue
            if name == "..":
                trail = trail[:-1] or trail
                continue
            at, indexes = trail[-1]
            here = f"{at}/{name}" if at else name
            found = self._layers_with(here, indexes)
            if found and self._is(stat.S_ISLNK, found[0], here):
                hops += 1
                if hops > LINKS_FOLLOWED:
                    return here, ()
                target = str(Path(self._real(found[0], here)).readlink())
                left = target.split("/") + left
                trail = trail[:1] if target.startswith("/") else trail
            elif not found:
                return here, ()
            else:
                trail.append((here, found))
        return trail[-1]

    def _layers_with(self, path: str, indexes: tuple[int, ...]) -> tuple[int, ...]:
        """Of the layers that have part in its directory, those that have part in ``path``: the topmost file, or directories."""
        found: list[int] = []
        for index in indexes:
            status = self._look(index, path)
            if status is None:
                continue
            if not stat.S_ISDIR(status.st_mode):
                return tuple(found) if found or _is_whiteout(status) else (index,)
            found.append(index)
            if is_opaque(self._real(index, path)):
                break
        return tuple(found)

    def _look(self, index: int, path: str) -> os.stat_result | None:
        try:
            return os.lstat(self._real(index, path))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None

    def _is(self, test: Callable[[int], bool], index: int, path: str) -> bool:
        status = self._look(index, path)
        return status is not None and test(status.st_mode)

    def _real(self, index: int, path: str) -> str:
        return f"{self._directories[index]}/{path}"


def _is_whiteout(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0
