"""The state of files: what stat(2) says of them and, where asked, the SHA-256 of their content."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ..errors import Denied, LimitExceeded, Unreachable
from ..model import FileKind, FileState, Gap, Location
from ..ports import MEBIBYTE, Files

revision = 1
CONTENT_LIMIT = 64 * 1024 * MEBIBYTE
DEPTH_LIMIT = 256
"""Directories within directories that a walk goes into."""

_CHUNK = 1 * MEBIBYTE
_KINDS = {
    stat.S_IFREG: FileKind.FILE,
    stat.S_IFDIR: FileKind.DIRECTORY,
    stat.S_IFLNK: FileKind.LINK,
    stat.S_IFSOCK: FileKind.SOCKET,
    stat.S_IFIFO: FileKind.PIPE,
    stat.S_IFCHR: FileKind.CHARACTER_DEVICE,
    stat.S_IFBLK: FileKind.BLOCK_DEVICE,
}


def state_of(path: str, status: os.stat_result, *, link_target: str = "", sha256: str = "") -> FileState:
    """The state of what stands at ``path``, from its lstat(2)."""
    return FileState(
        path=path,
        kind=_KINDS[stat.S_IFMT(status.st_mode)],
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        size_bytes=status.st_size,
        modified_at_ns=status.st_mtime_ns,
        changed_at_ns=status.st_ctime_ns,
        inode=status.st_ino,
        link_target=link_target,
        sha256=sha256,
    )


def digest(stream: BinaryIO, limit: int = CONTENT_LIMIT) -> str:
    """SHA-256 of the rest of a stream, 64 hexadecimal digits. Raises LimitExceeded when there are more than ``limit`` bytes."""
    running, left = hashlib.sha256(), limit
    while chunk := stream.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise LimitExceeded(f"a file is larger than {limit} bytes", remedy="leave it out of the baseline")
        running.update(chunk)
    return running.hexdigest()


def read_state(files: Files, path: str, *, content: bool = True) -> FileState | Gap | None:
    """The state of one path, a last link not followed; None when nothing is there, a gap when it cannot be read."""
    try:
        return files.state(path, digest=content)
    except (Denied, Unreachable, LimitExceeded) as error:
        return _gap(path, error)


def read_states(files: Files, paths: Iterable[str], *, content: bool = True) -> Iterator[FileState | Gap]:
    """The state of each path that is there, in the order given."""
    for path in paths:
        if (state := read_state(files, path, content=content)) is not None:
            yield state


def read_tree(files: Files, root: str, *, content: bool = True) -> Iterator[FileState | Gap]:
    """The state of ``root`` and of all below it, a directory before what it holds, names in order; links are not followed."""
    waiting = [(root, 0)]
    while waiting:
        path, depth = waiting.pop()
        if (state := read_state(files, path, content=content)) is None:
            continue
        yield state
        if isinstance(state, Gap) or state.kind is not FileKind.DIRECTORY:
            continue
        try:
            waiting.extend((below, depth + 1) for below in reversed(_below(files, path, depth)))
        except (Denied, Unreachable, LimitExceeded) as error:
            yield _gap(path, error)


def _below(files: Files, directory: str, depth: int) -> tuple[str, ...]:
    if depth >= DEPTH_LIMIT:
        raise LimitExceeded(f"more than {DEPTH_LIMIT} directories within each other")
    prefix = f"{directory}/" if directory else ""
    return tuple(f"{prefix}{name}" for name in files.names(directory))


def _gap(path: str, error: Denied | Unreachable | LimitExceeded) -> Gap:
    return Gap(kind="file-state", what=f"state of {path or '/'}", why=error.what, seen_at=Location(path))
