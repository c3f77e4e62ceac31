"""What happens to files, and what is told of it."""

import hashlib
import os
import random
import shutil
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from hullwatch.targets.watch.changes import MOVE_S, SETTLED_S
from hullwatch.targets.watch.patterns import parse_watched

from .watched import Begin, Replay, Watched, patterns_of


def test_what_is_there_at_first_is_no_news(begin: Begin, root: Path) -> None:
    """It is learned; later changes are told."""
    watched = begin()
    assert watched.first == []
    assert watched.told() == []
    with (root / "etc/hosts").open("a") as file:
        file.write("more")
    assert watched.told() == [("UPDATED", "/etc/hosts")]
    assert [note.why for note in watched.notes] == ["9 directories are watched, with 6 files"]


def test_a_key_is_added(begin: Begin, root: Path) -> None:
    """With its category, state and digests: the pattern that says more counts."""
    watched = begin()
    (root / "home/bob/.ssh/authorized_keys").write_text("key\nanother")
    (event,) = watched.events()
    status = (root / "home/bob/.ssh/authorized_keys").stat()
    assert (event.action, event.path, event.category, event.hashed) == ("UPDATED", "/home/bob/.ssh/authorized_keys", "homes", 1)
    digests = [hashlib.new(name, b"key\nanother").hexdigest() for name in ("md5", "sha1", "sha256")]
    assert [event.md5, event.sha1, event.sha256] == digests
    assert (event.inode, event.uid, event.gid, event.mode, event.size_bytes) == (
        status.st_ino, status.st_uid, status.st_gid, status.st_mode & 0o7777, 11,
    )  # fmt: skip
    assert (event.modified_at, event.changed_at, event.transaction) == (int(status.st_mtime), int(status.st_ctime), 0)


def test_a_new_home_with_a_new_tree_is_seen_whole(begin: Begin, root: Path) -> None:
    """Made at once, hidden directories among it; and what is written there later."""
    watched = begin()
    (root / "home/eve/.ssh/deep/er").mkdir(parents=True)
    (root / "home/eve/.ssh/authorized_keys").write_text("key")
    (root / "home/eve/.ssh/deep/er/k").write_text("k")
    told = watched.told()
    assert sorted({path for action, path in told if action == "CREATED"}) == [
        "/home/eve", "/home/eve/.ssh", "/home/eve/.ssh/authorized_keys", "/home/eve/.ssh/deep", "/home/eve/.ssh/deep/er",
        "/home/eve/.ssh/deep/er/k",
    ]  # fmt: skip
    assert len([each for each in told if each[0] == "CREATED"]) == 6
    (root / "home/eve/.ssh/deep/er/k").write_text("changed")
    assert watched.told() == [("UPDATED", "/home/eve/.ssh/deep/er/k")]


def test_an_editor_replaces_a_file(begin: Begin, root: Path) -> None:
    """Both names are told, the new content with its digests."""
    watched = begin()
    (root / "etc/.hosts.swp").write_text("new")
    (root / "etc/.hosts.swp").rename(root / "etc/hosts")
    *_, left, arrived = watched.events()
    assert (left.action, left.path, arrived.action, arrived.path) == ("MOVED_FROM", "/etc/.hosts.swp", "MOVED_TO", "/etc/hosts")
    assert left.transaction == arrived.transaction != 0
    assert (arrived.hashed, arrived.sha256) == (1, hashlib.sha256(b"new").hexdigest())
    assert (left.inode, left.hashed) == (None, 0)


def test_a_file_named_alone_is_seen_also_when_it_is_replaced(begin: Begin, root: Path) -> None:
    """And its neighbours are not."""
    watched = begin()
    (root / "srv/new").write_text("a = 2")
    (root / "srv/new").rename(root / "srv/app.conf")
    (root / "srv/other.conf").write_text("b = 2")
    assert watched.told() == [("MOVED_TO", "/srv/app.conf")]
    (root / "srv/app.conf").write_text("a = 3")
    (root / "srv/app.conf").unlink()
    assert [action for action, _ in watched.told()][-1] == "DELETED"


def test_a_tree_that_is_moved_in_is_read(begin: Begin, root: Path) -> None:
    """Its content is new here; what is written there later is seen."""
    watched = begin()
    (root / "elsewhere/t/s").mkdir(parents=True)
    (root / "elsewhere/t/s/f").write_text("f")
    (root / "elsewhere/t").rename(root / "tmp/t")
    assert watched.told() == [("MOVED_TO", "/tmp/t"), ("CREATED", "/tmp/t/s"), ("CREATED", "/tmp/t/s/f")]
    (root / "tmp/t/s/f").write_text("g")
    assert watched.told() == [("UPDATED", "/tmp/t/s/f")]


def test_a_directory_that_is_renamed_keeps_its_content_under_its_new_name(begin: Begin, root: Path) -> None:
    """Nothing of it is told again."""
    watched = begin()
    (root / "etc/ssh/d").mkdir()
    (root / "etc/ssh/d/f").write_text("f")
    watched.told()
    (root / "etc/ssh").rename(root / "tmp/ssh2")
    assert watched.told() == [("MOVED_FROM", "/etc/ssh"), ("MOVED_TO", "/tmp/ssh2")]
    (root / "tmp/ssh2/d/f").write_text("g")
    (event,) = watched.events()
    assert (event.action, event.path, event.category) == ("UPDATED", "/tmp/ssh2/d/f", "tmp")
    shutil.rmtree(root / "tmp/ssh2")
    assert watched.told() == [("DELETED", "/tmp/ssh2/d/f"), ("DELETED", "/tmp/ssh2/d"), ("DELETED", "/tmp/ssh2")]


def test_what_is_moved_away_is_told_once_and_watched_no_longer(begin: Begin, root: Path) -> None:
    """When its other half does not come."""
    watched = begin()
    (root / "etc/ssh/f").write_text("f")
    watched.told()
    count = len(watched.watch._scan.tree)
    (root / "etc/ssh").rename(root / "elsewhere/ssh")
    assert watched.told(later_s=MOVE_S) == [("MOVED_FROM", "/etc/ssh")]
    assert len(watched.watch._scan.tree) == count - 1
    (root / "elsewhere/ssh/f").write_text("g")
    assert watched.told() == []
    (root / "elsewhere/ssh").rename(root / "etc/ssh")
    assert watched.told() == [("MOVED_TO", "/etc/ssh"), ("CREATED", "/etc/ssh/f")]


def test_what_is_deleted_is_told_with_all_below(begin: Begin, root: Path) -> None:
    """Deepest first, and what is made anew is news."""
    watched = begin()
    (root / "etc/ssh/f").write_text("f")
    watched.told()
    shutil.rmtree(root / "etc/ssh")
    assert watched.told() == [("DELETED", "/etc/ssh/f"), ("DELETED", "/etc/ssh")]
    (root / "etc/ssh").mkdir()
    (root / "etc/ssh/f").write_text("f")
    assert [each for each in watched.told() if each[0] == "CREATED"] == [("CREATED", "/etc/ssh"), ("CREATED", "/etc/ssh/f")]


def test_attributes(begin: Begin, root: Path) -> None:
    """Of a file, of a directory below, and of the directory that a pattern begins at, as osquery writes it; no digests."""
    watched = begin()
    (root / "etc/hosts").chmod(0o600)
    (root / "etc/ssh").chmod(0o700)
    (root / "etc").chmod(0o711)
    events = watched.events()
    assert [(event.action.value, event.path, event.hashed, event.mode) for event in events] == [
        ("ATTRIBUTES_MODIFIED", "/etc/hosts", 0, 0o600),
        ("ATTRIBUTES_MODIFIED", "/etc/ssh", 0, 0o700),
        ("ATTRIBUTES_MODIFIED", "/etc/", 0, 0o711),
    ]
    assert {event.category for event in events} == {"etc"}
    os.utime(root / "etc/hosts", (1, 1))
    assert watched.told() == [("ATTRIBUTES_MODIFIED", "/etc/hosts")]


def test_what_changes_nothing_is_not_told(begin: Begin, root: Path) -> None:
    """Opening for writing, and reading."""
    watched = begin()
    with (root / "etc/hosts").open("a"):
        pass
    (root / "etc/hosts").read_text()
    assert watched.told() == []


def test_a_file_that_stays_open_is_told_now_and_then(begin: Begin, root: Path) -> None:
    """Also when it is never closed, and not once for each write."""
    watched = begin()
    with (root / "etc/hosts").open("a") as file:
        for _ in range(100):
            file.write("x")
            file.flush()
        assert watched.told(later_s=SETTLED_S) == [("UPDATED", "/etc/hosts")]
        file.write("y")
        file.flush()
        assert watched.told(later_s=SETTLED_S) == [("UPDATED", "/etc/hosts")]
    assert watched.told() == []


def test_what_came_and_went_is_told(begin: Begin, root: Path) -> None:
    """Though nobody saw what it was."""
    watched = begin()
    (root / "etc/brief").write_text("x")
    (root / "etc/brief").unlink()
    (root / "etc/first").write_text("x")
    (root / "etc/first").rename(root / "etc/second")
    (root / "etc/second").unlink()
    events = watched.events()
    assert [(event.action.value, event.path) for event in events] == [
        ("CREATED", "/etc/brief"), ("DELETED", "/etc/brief"), ("CREATED", "/etc/first"), ("MOVED_FROM", "/etc/first"),
        ("MOVED_TO", "/etc/second"), ("DELETED", "/etc/second"),
    ]  # fmt: skip
    assert [event.hashed for event in events] == [-1, 0, -1, 0, -1, 0]
    assert all(event.inode is None for event in events)


def test_what_is_replaced_and_moves_on_at_once_is_told(begin: Begin, root: Path) -> None:
    """Both of its moves, and where it is."""
    watched = begin()
    (root / "tmp/new").write_text("new")
    watched.told()
    (root / "tmp/new").rename(root / "etc/hosts")
    (root / "etc/hosts").rename(root / "tmp/on")
    assert watched.told() == [
        ("MOVED_FROM", "/tmp/new"), ("MOVED_TO", "/etc/hosts"), ("MOVED_FROM", "/etc/hosts"), ("MOVED_TO", "/tmp/on"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["pipe", "socket", "directory", "large", "link to nowhere"])
def test_what_has_no_content_to_digest_says_so(begin: Begin, root: Path, kind: str) -> None:
    """Nothing is opened that could make us wait; the rest is told."""
    watched = begin()
    path = root / "tmp/x"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(os.path.relpath(path))
        case "directory":
            path.mkdir()
        case "large":
            path.write_bytes(b"x" * 1001)
        case _:
            path.symlink_to("nowhere")
    event = watched.events()[0]
    assert (event.action, event.path, event.hashed, event.sha256) == ("CREATED", "/tmp/x", -1, "")
    assert event.inode == path.lstat().st_ino


def test_a_link_is_told_by_what_it_leads_to(begin: Begin, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless somebody else put it there: then by itself."""
    watched = begin()
    (root / "elsewhere/f").write_text("content")
    (root / "tmp/ours").symlink_to("/elsewhere/f")
    (event,) = watched.events()
    assert (event.inode, event.hashed) == ((root / "elsewhere/f").stat().st_ino, 1)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    os.chown(root / "elsewhere/f", 1, 1) if os.getuid() == 0 else None
    (root / "tmp/theirs").symlink_to("/elsewhere/f")
    if os.getuid() == 0:
        os.lchown(root / "tmp/theirs", 2, 2)
        watched.events()
        (root / "tmp/theirs").rename(root / "tmp/moved")
        assert [(event.inode, event.hashed) for event in watched.events()] == [(None, 0), ((root / "tmp/moved").lstat().st_ino, -1)]


def test_a_hard_link_is_told_under_its_name(begin: Begin, root: Path) -> None:
    """With the inode that it shares."""
    watched = begin()
    os.link(root / "etc/hosts", root / "tmp/hosts")
    created = watched.events()[-1]
    assert (created.action, created.path, created.inode) == ("CREATED", "/tmp/hosts", (root / "etc/hosts").stat().st_ino)


def test_names_that_are_no_text_are_told(begin: Begin, root: Path) -> None:
    """With U+FFFD in place of their bytes; and are known again."""
    watched = begin()
    name = os.fsdecode(b"\xffx")
    (root / "etc" / name).mkdir()
    (root / "etc" / name / name).write_text("x")
    assert {path for _, path in watched.told()} == {"/etc/\ufffdx", "/etc/\ufffdx/\ufffdx"}
    assert watched.again().first == []


def test_opening_and_reading_are_told_where_they_count(root: Path) -> None:
    """Others' alone: not our own, for digests."""
    patterns = [parse_watched("etc", "/etc/%%", accesses=True), *patterns_of(("home", "/home/%%"))]
    watched = Watched(root, patterns)
    (root / "home/bob/.ssh/authorized_keys").read_text()
    (root / "etc/hosts").read_text()
    assert watched.told() == [("OPENED", "/etc/hosts"), ("ACCESSED", "/etc/hosts")]
    watched.close()


def test_thousands_of_files_at_once_are_all_told(begin: Begin, root: Path) -> None:
    """Each once, with its digests, in directories that were made with them."""
    watched = begin()
    for number in range(2000):
        directory = root / f"tmp/d{number % 20}"
        directory.mkdir(exist_ok=True)
        (directory / f"f{number}").write_text(str(number))
    events = watched.events()
    created = [event for event in events if event.action == "CREATED"]
    assert len(created) == len({event.path for event in created}) == 2020
    last = {event.path: event for event in events if event.hashed == 1}
    assert all(last[f"/tmp/d{n % 20}/f{n}"].sha256 == hashlib.sha256(str(n).encode()).hexdigest() for n in range(2000))
    assert watched.gaps == []


def test_whatever_happens_what_was_told_leads_to_what_is_there(begin: Begin, root: Path) -> None:
    """Many changes of all kinds, replayed from what was told, give the files that are there, with their content."""
    chance = random.Random(4)  # noqa: S311 - the same each time
    watched = begin()
    replay = Replay()
    for _ in range(20):
        for _ in range(chance.choice((1, 5, 80))):
            _change(root / "tmp", chance)
        for event in watched.events(later_s=MOVE_S):
            replay.take(event)
        there = {f"/{path.relative_to(root)}": _digest(path) for path in (root / "tmp").rglob("*")}
        assert replay.there == there
        known = [f"/{each}/{name}" for each in watched.store.directories() if each.startswith("tmp") for name in watched.store.inside(each)]
        assert sorted(known) == sorted(there)


def _change(top: Path, chance: random.Random) -> None:
    """Something of what people do to files."""
    every = [top, *(path for path in top.rglob("*") if path.is_dir())]
    files = [path for path in top.rglob("*") if path.is_file()]
    new = chance.choice(every) / f"n{chance.randrange(30)}"
    with suppress(OSError):
        match chance.randrange(7):
            case 0:
                new.mkdir()
            case 1 | 2:
                new.write_text(str(chance.random()))
            case 3:
                chance.choice(files or [new]).unlink()
            case 4:
                chance.choice(files or [new]).rename(new)
            case 5:
                chance.choice(every[1:] or [new]).rename(new)
            case _:
                if chance.random() < 0.2:
                    shutil.rmtree(chance.choice(every[1:] or [new]))


def _digest(path: Path) -> str:
    return "directory" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
