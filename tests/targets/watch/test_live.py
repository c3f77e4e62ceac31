"""What would be missed: while nobody watched, when the kernel lost it, where nothing could be watched, what was mounted."""

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hullwatch.model.agent import FileEvent
from hullwatch.targets.mounts import MountPoint
from hullwatch.targets.watch import inotify as kernel
from hullwatch.targets.watch import live
from hullwatch.targets.watch.changes import MOVE_S
from hullwatch.targets.watch.inotify import Happened, Inotify
from hullwatch.targets.watch.live import RETRY_S

from .watched import Begin, Watched, patterns_of


def test_what_changed_while_nobody_watched_is_told_at_the_start(begin: Begin, root: Path) -> None:
    """New, changed, gone; once."""
    watched = begin()
    (root / "etc/gone").mkdir()
    (root / "etc/gone/f").write_text("x")
    (root / "etc/same").write_text("same")
    watched.told()
    watched.close()
    shutil.rmtree(root / "etc/gone")
    (root / "etc/hosts").write_text("other")
    (root / "etc/ssh").chmod(0o700)
    (root / "home/new").mkdir()
    (root / "home/new/f").write_text("x")
    again = watched.again()
    assert sorted((event.action.value, event.path) for event in again.first) == [
        ("ATTRIBUTES_MODIFIED", "/etc/ssh"), ("CREATED", "/home/new"), ("CREATED", "/home/new/f"), ("DELETED", "/etc/gone"),
        ("DELETED", "/etc/gone/f"), ("UPDATED", "/etc/hosts"),
    ]  # fmt: skip
    assert again.told() == []
    assert again.again().first == []


def test_a_pattern_that_is_new_is_learned_in_silence(begin: Begin, root: Path) -> None:
    """At a restart as on the way; what no pattern means any more is forgotten."""
    watched = begin(("etc", "/etc/%%"))
    watched.watch.watch(patterns_of(("etc", "/etc/%%"), ("home", "/home/%%")), read_max=1000)
    watched.watch.wait(None)
    assert watched.told() == []
    (root / "home/bob/x").write_text("x")
    assert ("CREATED", "/home/bob/x") in watched.told()
    watched.watch.watch(patterns_of(("home", "/home/%%")), read_max=1000)
    assert watched.told() == []
    (root / "etc/hosts").write_text("x")
    assert watched.told() == []
    assert not [directory for directory in watched.store.directories() if directory.startswith("etc")]
    again = watched.again(patterns_of(("home", "/home/%%"), ("etc", "/etc/%%")))
    assert again.first == []


def test_what_is_no_longer_left_out_is_no_news(begin: Begin, root: Path) -> None:
    """It was there before."""
    watched = begin(("etc", "/etc/%%"), left_out=("/etc/ssh/",))
    (root / "etc/ssh/f").write_text("x")
    assert watched.told() == []
    watched.watch.watch(patterns_of(("etc", "/etc/%%")), read_max=1000)
    assert watched.told() == []
    (root / "etc/ssh/f").write_text("y")
    assert watched.told() == [("UPDATED", "/etc/ssh/f")]


def lose(watched: Watched, change: Callable[[], None]) -> list[FileEvent]:
    """Make a change whose events the kernel throws away for lack of room."""
    tree = watched.watch._scan.tree
    nodes = list(tree._by_watch.values())
    inotify: Inotify = watched.watch._inotify
    for node in nodes:
        tree._unwatch(node)
    change()
    with inotify._changed:
        inotify._pieces.append(kernel._HEADER.pack(-1, kernel.OVERFLOW, 0, 0))
    return watched.taken()


def test_what_the_kernel_threw_away_is_found_by_reading_again(begin: Begin, root: Path) -> None:
    """And a gap says what was read, and that more may have happened."""
    watched = begin()

    def change() -> None:
        (root / "etc/hosts").unlink()
        (root / "etc/new/deep").mkdir(parents=True)
        (root / "etc/new/deep/f").write_text("x")
        (root / "home/bob/.ssh/authorized_keys").write_text("evil")

    events = lose(watched, change)
    assert sorted((event.action.value, event.path) for event in events) == [
        ("CREATED", "/etc/new"), ("CREATED", "/etc/new/deep"), ("CREATED", "/etc/new/deep/f"), ("DELETED", "/etc/hosts"),
        ("UPDATED", "/home/bob/.ssh/authorized_keys"),
    ]  # fmt: skip
    (gap,) = watched.gaps
    assert gap.kind == "events-lost"
    assert "max_queued_events" in gap.why
    assert "directories with" in gap.why
    assert "told of 5 changes" in gap.why
    (root / "etc/new/deep/f").write_text("y")
    assert watched.told() == [("UPDATED", "/etc/new/deep/f")]


def test_a_move_whose_other_half_was_thrown_away(begin: Begin, root: Path) -> None:
    """Its content is found where it is now."""
    watched = begin()
    (root / "etc/ssh/f").write_text("x")
    watched.told()
    (root / "etc/ssh").rename(root / "tmp/ssh")
    inotify: Inotify = watched.watch._inotify
    read: list[Happened] = []
    while not any(each.mask & kernel.MOVED_TO for each in read):
        inotify.wait(10)
        read += inotify.take()
    inotify._pieces.extend(_packed([each for each in read if not each.mask & kernel.MOVED_TO]))
    inotify._pieces.append(kernel._HEADER.pack(-1, kernel.OVERFLOW, 0, 0))
    told = [(event.action.value, event.path) for event in watched.taken()]
    assert told == [("MOVED_FROM", "/etc/ssh"), ("CREATED", "/tmp/ssh"), ("CREATED", "/tmp/ssh/f")]


def _packed(each: Sequence[Happened]) -> list[bytes]:
    names = [os.fsencode(happened.name).ljust(16, b"\0") for happened in each]
    return [
        kernel._HEADER.pack(happened.watch, happened.mask, happened.cookie, len(name)) + name
        for happened, name in zip(each, names, strict=True)
    ]


def test_when_no_more_can_be_watched_it_is_a_gap_and_read_again_in_time(begin: Begin, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens there is told late; when there is room, it is watched."""
    add = Inotify.add
    full = True

    def refuse(inotify: Inotify, directory: int, mask: int) -> int:
        if full and "etc" in os.readlink(f"/proc/self/fd/{directory}"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return add(inotify, directory, mask)

    monkeypatch.setattr(Inotify, "add", refuse)
    watched = begin()
    (gap,) = watched.gaps
    assert (gap.kind, gap.what) == ("not-watched", "2 directories, /etc the first of them")
    assert "max_user_watches" in gap.why
    (root / "etc/ssh/f").write_text("x")
    assert watched.told() == []
    assert watched.told(later_s=RETRY_S) == [("CREATED", "/etc/ssh/f")]
    assert len(watched.gaps) == 1
    full = False
    watched.told(later_s=RETRY_S)
    (root / "etc/ssh/f").unlink()
    assert watched.told() == [("DELETED", "/etc/ssh/f")]
    assert watched.watch._scan.unwatched == {}


def test_a_directory_that_may_not_be_read_is_a_gap(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once."""
    scandir = os.scandir

    def refuse(directory: int) -> "os._ScandirIterator[str]":
        if os.readlink(f"/proc/self/fd/{directory}").endswith("etc/ssh"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(directory)

    monkeypatch.setattr(os, "scandir", refuse)
    watched = begin()
    watched.told(later_s=RETRY_S)
    assert [(gap.what, gap.why.partition(":")[0]) for gap in watched.gaps] == [("/etc/ssh", "Permission denied")]


def test_what_is_mounted_is_read_again(begin: Begin, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another directory stands there now; of a network file system it is said what is not seen."""
    watched = begin()
    mounted = frozenset({MountPoint("home", "ext4", "8:1", "/"), MountPoint("elsewhere/x", "ext4", "8:2", "/")})
    monkeypatch.setattr(live, "mounts", lambda _: mounted)
    (root / "home").rename(root / "elsewhere/under")
    watched.told(later_s=MOVE_S)
    (root / "elsewhere/under").rename(root / "home")
    watched.told()
    watched.watch._inotify.mounted = True
    watched.passed += live.MOUNTS_S
    assert watched.taken() == []
    assert [note.what for note in watched.notes if note.kind != "watching"] == ["/home"]
    monkeypatch.setattr(live, "mounts", lambda _: frozenset({MountPoint("home", "nfs4", "0:1", "/")}))
    again = watched.again(patterns_of(("home", "/home/%%"), ("new", "/new/%%")))
    assert [gap.what for gap in again.gaps] == ["/home"]
    again.close()


def test_what_is_the_kernels_is_not_gone_into(begin: Begin, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below %%; where a pattern says its name, it is meant."""
    (root / "tmp/proc/1").mkdir(parents=True)
    monkeypatch.setattr(live, "mounts", lambda _: frozenset({MountPoint("tmp/proc", "proc", "0:1", "/")}))
    watched = begin()
    (root / "tmp/proc/1/f").write_text("x")
    assert watched.told() == []
    (root / "tmp/proc/f").write_text("x")
    again = watched.again(patterns_of(("proc", "/tmp/proc/%")))
    (root / "tmp/proc/g").write_text("x")
    assert ("CREATED", "/tmp/proc/g") in again.told()
    again.close()
