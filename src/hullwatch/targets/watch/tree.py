"""The directories that are watched, as a tree: a directory that is renamed takes all below it along."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..rooted import Root
from .files import open_directory
from .inotify import Inotify
from .patterns import NOWHERE, Places


class Directory:
    """A directory that is watched, or ought to be."""

    __slots__ = ("identity", "inside", "name", "parent", "places", "watch")

    def __init__(self, name: str, parent: "Directory | None", places: Places) -> None:
        self.name = name
        self.parent = parent
        self.places = places
        self.watch: int | None = None
        self.identity: tuple[int, int] | None = None
        """Device and inode of the directory that was last met there."""
        self.inside: dict[str, Directory] = {}

    @property
    def path(self) -> str:
        """Relative to the root; empty for the root itself."""
        names = []
        node: Directory | None = self
        while node is not None and node.parent is not None:
            names.append(node.name)
            node = node.parent
        return "/".join(reversed(names))

    @property
    def is_lost(self) -> bool:
        """Whether it is no longer part of the tree."""
        node = self
        while node.parent is not None:
            if node.parent.inside.get(node.name) is not node:
                return True
            node = node.parent
        return bool(node.name)

    def path_of(self, name: str) -> str:
        """The path of a name in it."""
        path = self.path
        return f"{path}/{name}" if path else name


@contextmanager
def open_met(root: Root, node: Directory) -> Iterator[int]:
    """A directory, open, if it is still the one that was met there. Raises OSError.

    Where another one stands in its place by now, what we are told of it is late: where it went we will meet it again.
    """
    with open_directory(root, node.path) as directory:
        if identity_of(os.fstat(directory)) != node.identity:
            raise FileNotFoundError
        yield directory


class Tree:
    """All of them; knows each by the number of its watch."""

    def __init__(self, inotify: Inotify, places: Places) -> None:
        self.root = Directory("", None, places)
        self._inotify = inotify
        self._by_watch: dict[int, Directory] = {}

    def __len__(self) -> int:
        return len(self._by_watch)

    def of_watch(self, watch: int) -> Directory | None:
        """The directory of a watch; None when it is watched no more."""
        return self._by_watch.get(watch)

    def child(self, parent: Directory, name: str, places: Places) -> Directory:
        """The directory of a name, made when it is new."""
        node = parent.inside.get(name)
        if node is None:
            node = parent.inside[name] = Directory(name, parent, places)
        node.places = places
        return node

    def watch(self, node: Directory, directory: int, mask: int) -> None:
        """Watch an open directory as this one. Raises OSError."""
        node.identity = identity_of(os.fstat(directory))
        watch = self._inotify.add(directory, mask)
        if node.watch is not None and node.watch != watch:
            self._unwatch(node)
        before = self._by_watch.get(watch)
        if before is not None and before is not node:
            before.watch = None  # the same directory under another name: mounted twice, or moved while we looked
        self._by_watch[watch] = node
        node.watch = watch

    def dropped(self, watch: int) -> None:
        """The kernel has dropped a watch."""
        node = self._by_watch.pop(watch, None)
        if node is not None and node.watch == watch:
            node.watch = None

    def take_out(self, parent: Directory, name: str) -> Directory | None:
        """Take a directory out of the tree, still watched."""
        return parent.inside.pop(name, None)

    def put_in(self, node: Directory, parent: Directory, name: str, places: Places) -> None:
        """Put one that was taken out elsewhere."""
        if name in parent.inside:
            self.forget(parent, name)
        node.name, node.parent, node.places = name, parent, places
        parent.inside[name] = node

    def forget(self, parent: Directory, name: str) -> None:
        """A directory is gone or of no interest: it and all below are watched no longer."""
        node = parent.inside.pop(name, None)
        if node is not None:
            self.drop(node)

    def drop(self, node: Directory) -> None:
        """The same for one that was taken out."""
        for each in list(_all(node)):
            self._unwatch(each)
            each.places = NOWHERE

    def _unwatch(self, node: Directory) -> None:
        if node.watch is not None:
            if self._by_watch.get(node.watch) is node:
                del self._by_watch[node.watch]
                self._inotify.remove(node.watch)
            node.watch = None


def identity_of(status: os.stat_result) -> tuple[int, int]:
    """What tells a directory from another that stands in its place."""
    return status.st_dev, status.st_ino


def _all(node: Directory) -> Iterator[Directory]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(each.inside.values())
