import hashlib
import io
import os
import socket
from pathlib import Path

import pytest

from hullwatch.errors import Denied, LimitExceeded
from hullwatch.model import FileKind, FileState, Gap
from hullwatch.readers import file_states
from hullwatch.readers.file_states import digest, read_states, read_tree, state_of

from ..doubles import MemoryFiles


class Guarded(MemoryFiles):
    """A file system in which ``secret`` may not be looked at and ``closed`` not be listed."""

    def state(self, path: str, *, digest: bool = False) -> FileState | None:
        if path == "secret":
            raise Denied("secret: permission denied")
        if path == "closed":
            return FileState(path=path, kind=FileKind.DIRECTORY, mode=0o700, uid=0, gid=0)
        return super().state(path, digest=digest)

    def names(self, directory: str) -> tuple[str, ...]:
        if directory == "closed":
            raise Denied("closed: permission denied")
        return super().names(directory)


FILES = {"etc/a": b"a", "etc/b/c": b"c", "secret": b"s", "closed/x": b"x", "usr/bin/d": b""}


def told(facts: list[FileState | Gap]) -> list[str]:
    return [fact.what if isinstance(fact, Gap) else fact.path for fact in facts]


def test_a_state_is_what_lstat_says(tmp_path: Path) -> None:
    """Kind, bits, owner, times and inode of a file, a link, a directory, a pipe and a socket."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "file").chmod(0o4755)
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        states = {path.name: state_of(path.name, path.lstat()) for path in tmp_path.iterdir() if not path.name.startswith("hullwatch")}
    assert {name: str(state.kind) for name, state in states.items()} == {name: name for name in states}
    status = (tmp_path / "file").lstat()
    assert (states["file"].mode, states["file"].size_bytes, states["file"].inode) == (0o4755, 1, status.st_ino)
    assert (states["file"].modified_at_ns, states["file"].changed_at_ns) == (status.st_mtime_ns, status.st_ctime_ns)
    assert state_of("dev/null", Path("/dev/null").lstat()).kind is FileKind.CHARACTER_DEVICE


def test_the_digest_is_that_of_the_content() -> None:
    """SHA-256, read in pieces."""
    content = b"0123456789abcdef" * 200_000
    assert digest(io.BytesIO(content)) == hashlib.sha256(content).hexdigest()
    assert digest(io.BytesIO(b"")) == hashlib.sha256(b"").hexdigest()


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    """One that grows while it is read, or never ended, meets the limit."""
    with Path("/dev/zero").open("rb", buffering=0) as endless, pytest.raises(LimitExceeded, match="3000000 bytes"):
        digest(endless, 3_000_000)


def test_states_of_paths_come_in_the_order_asked_for() -> None:
    """A path that is not there is not told, one that may not be looked at is a gap."""
    found = list(read_states(Guarded(FILES), ["usr/bin/d", "nowhere", "secret", "etc/a"]))
    assert told(found) == ["usr/bin/d", "state of secret", "etc/a"]
    assert isinstance(found[1], Gap)
    assert found[1].kind == "file-state"
    assert isinstance(found[2], FileState)
    assert found[2].sha256 == hashlib.sha256(b"a").hexdigest()


def test_a_tree_is_told_from_the_top() -> None:
    """A directory comes before what it holds, names in order; one that may not be listed is told and is a gap."""
    found = list(read_tree(Guarded(FILES), ""))
    assert told(found) == [
        "", "closed", "state of closed", "etc", "etc/a", "etc/b", "etc/b/c", "state of secret", "usr", "usr/bin", "usr/bin/d",
    ]  # fmt: skip


def test_links_are_told_and_not_followed() -> None:
    """Else a link to above itself would never end."""
    files = MemoryFiles({"a/b": b""}, links={"a/up": ".."})
    assert [(fact.path, fact.link_target) for fact in read_tree(files, "a") if isinstance(fact, FileState)] == [
        ("a", ""),
        ("a/b", ""),
        ("a/up", ".."),
    ]


def test_content_is_left_unread_on_request() -> None:
    """A quick look compares times and sizes only."""
    assert all(isinstance(fact, FileState) and not fact.sha256 for fact in read_tree(MemoryFiles(FILES), "etc", content=False))


def test_too_deep_a_tree_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beyond is said not to have been looked at."""
    monkeypatch.setattr(file_states, "DEPTH_LIMIT", 2)
    assert told(list(read_tree(MemoryFiles({"a/b/c/d": b""}), "a"))) == ["a", "a/b", "a/b/c", "state of a/b/c"]
