"""The places of a file system that a statement names by ``path`` or ``directory``, as ``file`` and ``hash`` are asked for them."""

import stat
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from ..errors import HullwatchError
from ..model import Gap, Location
from ..ports import Entry, Files, Paths
from ..readers.path_patterns import DEEP, wildcard
from .sources import Asked, Namespaces

DEPTH_LIMIT = 128
"""Directories within each other that ``%%`` goes into."""


class Place(msgspec.Struct, frozen=True):
    """One place, with the names that the statement knows it by."""

    path: str
    """As osquery writes it: where a pattern found a directory, it ends in a slash."""
    directory: str
    filename: str
    entry: Entry
    paths: Paths
    pid: int = 0
    mount_namespace: str = ""


Found = Iterator[tuple[str, str, Entry] | Gap]
"""A path, the directory as the statement named it (else empty), and what stands there."""


def places(paths: Paths, namespaces: Namespaces, files: Files, asked: Asked) -> Iterator[Place | Gap]:
    """Yield each place that the statement names; a gap for what cannot be looked at. ``path`` counts before ``directory``."""
    for pid in asked.numbers("pid_with_namespace", (0,)):
        try:
            below = namespaces.paths_of_process(pid) if pid else paths
            mount_namespace = files.link(f"proc/{pid}/ns/mnt").removeprefix("mnt:[").removesuffix("]") if pid else ""
        except HullwatchError as error:
            yield Gap(kind="process-files", what=f"files as process {pid} sees them", why=str(error))
            continue
        for found in _named(below, asked):
            yield found if isinstance(found, Gap) else Place(found[0], *_split(*found[:2]), found[2], below, pid, mount_namespace)


def _split(path: str, directory: str) -> tuple[str, str]:
    """Directory and name of a path; ``directory`` where the statement named one."""
    above, _, name = path.rpartition("/")
    if path == "/":
        return directory, "/"
    return directory or above or "/", name or "."


def _named(paths: Paths, asked: Asked) -> Found:
    if "path" in asked.fixed:
        for path in asked.texts("path"):
            yield from _guard(path, partial(_at, paths, path))
    elif "path" in asked.like:
        yield from _search(paths, asked.like["path"][0])
    elif "directory" in asked.fixed:
        for directory in asked.texts("directory"):
            yield from _inside(paths, directory)
    elif "directory" in asked.like:
        for found in _search(paths, asked.like["directory"][0]):
            if isinstance(found, Gap):
                yield found
            elif found[0].endswith("/"):
                yield from _inside(paths, found[0])


def _guard(path: str, look: Callable[[], Found]) -> Found:
    """What ``look`` finds; nothing for a path that is not absolute, a gap for one that may not be looked at."""
    try:
        yield from look() if path.startswith("/") else ()
    except HullwatchError as error:
        yield Gap(kind="file-unreadable", what=path, why=str(error), seen_at=Location(path[1:]))


def _at(paths: Paths, path: str) -> Found:
    if entry := paths.entry(path[1:]):
        yield path, "", entry


def _inside(paths: Paths, directory: str) -> Found:
    """What stands in one directory, one level."""
    prefix = directory.rstrip("/")
    return _guard(directory, lambda: ((f"{prefix}/{entry.name}", directory, entry) for entry in paths.entries(prefix[1:])))


def _search(paths: Paths, pattern: str) -> Found:
    """What a pattern means, by name: ``%`` and ``_`` inside a component, ``%%`` at any depth; dot files are like others."""
    return _descend(paths, "", pattern[1:].split("/")) if pattern.startswith("/") else iter(())


def _descend(paths: Paths, directory: str, components: list[str]) -> Found:
    """Go down one component; a link to a directory is followed."""
    first, *rest = components
    matching = wildcard(first, like=True)
    if DEEP in first:
        yield from _below(paths, directory, first.partition(DEEP)[0] + "%")
    elif matching is not None:
        for found in _inside(paths, directory or "/"):
            if isinstance(found, Gap):
                yield found
            elif matching.fullmatch(found[2].name):
                yield from _further(paths, found[0], found[2], rest)
    elif rest:
        yield from _descend(paths, f"{directory}/{first}", rest)
    else:
        path = f"{directory}/{first}" if first else directory
        for found in _guard(path or "/", partial(_at, paths, path or "/")):
            yield found if isinstance(found, Gap) else _as_found(path, found[2])


def _further(paths: Paths, path: str, entry: Entry, components: list[str]) -> Found:
    if not components:
        yield _as_found(path, entry)
    elif _is_directory(entry):
        yield from _descend(paths, path, components)


def _below(paths: Paths, directory: str, first: str) -> Found:
    """All below a directory, beginning with the names that ``first`` matches; a directory before what it holds, links not followed."""
    matching = wildcard(first, like=True)
    open_directories = [_inside(paths, directory or "/")]
    while open_directories:
        found = next(open_directories[-1], None)
        if found is None:
            open_directories.pop()
        elif isinstance(found, Gap):
            yield found
        elif len(open_directories) > 1 or not matching or matching.fullmatch(found[2].name):
            yield _as_found(found[0], found[2])
            if stat.S_ISDIR(found[2].itself.st_mode):
                if len(open_directories) < DEPTH_LIMIT:
                    open_directories.append(_inside(paths, found[0]))
                else:
                    yield Gap(kind="limit", what=found[0], why=f"lies more than {DEPTH_LIMIT} directories deep")


def _is_directory(entry: Entry) -> bool:
    return entry.behind is not None and stat.S_ISDIR(entry.behind.st_mode)


def _as_found(path: str, entry: Entry) -> tuple[str, str, Entry]:
    """As a pattern finds it: a directory, or a link to one, ends in a slash and is then no link."""
    if entry.behind is None or not _is_directory(entry):
        return path, "", entry
    return f"{path}/", "", Entry(entry.name, entry.behind, entry.behind)
