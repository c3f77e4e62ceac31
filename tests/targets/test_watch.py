"""Changes of files, live. After a change a file is made where another pattern waits for it: what was told before it is all there is."""

import errno
import hashlib
import os
import random
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from hullwatch.model import Gap, Note
from hullwatch.model.agent import FileEvent
from hullwatch.store.agent.events import EventStore
from hullwatch.targets import inotify as kernel
from hullwatch.targets import watch as watch_module
from hullwatch.targets.inotify import Happened, Inotify
from hullwatch.targets.mounts import MountPoint
from hullwatch.targets.watch import MOVE_S, RETRY_S, SETTLED_S, FileWatch
from hullwatch.targets.watch_patterns import Pattern, parse_left_out, parse_watched

PATTERNS = (("homes", "/home/%/.ssh/%%"), ("etc", "/etc/%%"), ("home", "/home/%%"), ("tmp", "/tmp/%%"), ("one", "/srv/app.conf"))


def patterns_of(*texts: tuple[str, str]) -> list[Pattern]:
    return [parse_watched(category, text) for category, text in (*texts, ("end", "/end/%"))]


class Watched:
    """A root that is watched; the time is handed in."""

    def __init__(self, root: Path, patterns: Sequence[Pattern]) -> None:
        self.root = root
        self.store = EventStore(root.parent)
        self.passed = 0.0
        self.watch = FileWatch(root, patterns, self.store, read_max=1000, passed=lambda: self.passed)
        self._ends = len(list((root / "end").iterdir()))
        self.gaps: list[Gap] = []
        self.notes: list[Note] = []
        self.first = self.taken()

    def taken(self) -> list[FileEvent]:
        """What is there to take."""
        events = []
        with self.store.writing():
            for each in self.watch.take():
                if isinstance(each, FileEvent):
                    events.append(each)
                elif isinstance(each, Gap):
                    self.gaps.append(each)
                else:
                    self.notes.append(each)
        return events

    def events(self, later_s: float = 0) -> list[FileEvent]:
        """All that happened until now; with ``later_s`` also what waited for its time."""
        self._ends += 1
        end = f"/end/{self._ends}"
        (self.root / end[1:]).touch()
        events: list[FileEvent] = []
        while not any(event.path == end for event in events):
            self.watch.wait(10)
            events += self.taken()
        self.passed += later_s
        events += self.taken() if later_s else []
        return [event for event in events if event.path != end]

    def told(self, later_s: float = 0) -> list[tuple[str, str]]:
        """The same as action and path."""
        return [(event.action.value, event.path) for event in self.events(later_s)]

    def again(self, patterns: Sequence[Pattern] | None = None) -> "Watched":
        """What a restart makes of it."""
        self.close()
        return Watched(self.root, patterns or patterns_of(*PATTERNS))

    def close(self) -> None:
        with suppress(OSError):
            self.watch.close()
        self.store.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small machine."""
    for path in ("etc/ssh", "home/bob/.ssh", "tmp", "srv", "end", "elsewhere"):
        (tmp_path / "root" / path).mkdir(parents=True)
    (tmp_path / "root/etc/hosts").write_text("hosts")
    (tmp_path / "root/home/bob/.ssh/authorized_keys").write_text("key")
    (tmp_path / "root/srv/app.conf").write_text("a = 1")
    (tmp_path / "root/srv/other.conf").write_text("b = 1")
    return tmp_path / "root"


Begin = Callable[..., Watched]


@pytest.fixture
def begin(root: Path) -> Iterator[Begin]:
    """Watch, what the test says or all of ``PATTERNS``."""
    begun: list[Watched] = []

    def watch(*texts: tuple[str, str], left_out: Sequence[str] = ()) -> Watched:
        begun.append(Watched(root, [*patterns_of(*(texts or PATTERNS)), *map(parse_left_out, left_out)]))
        return begun[-1]

    yield watch
    for watched in begun:
        watched.close()


def test_what_is_there_at_first_is_no_news(begin: Begin, root: Path) -> None:
    """It is learned; later changes are told."""
    watched = begin()
    assert watched.first == []
    assert watched.told() == []
    with (root / "etc/hosts").open("a") as file:
        file.write("more")
    assert watched.told() == [("UPDATED", "/etc/hosts")]


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


def test_a_home_directory_that_nobody_tells_of_is_only_passed_through(begin: Begin, root: Path) -> None:
    """Its keys are told, itself is not."""
    watched = begin(("homes", "/home/%/.ssh/%%"))
    (root / "home/eve/.ssh").mkdir(parents=True)
    (root / "home/eve/.ssh/k").write_text("k")
    (root / "home/eve/x").write_text("x")
    assert {path for _, path in watched.told()} == {"/home/eve/.ssh/k"}
    shutil.rmtree(root / "home/eve")
    assert watched.told() == [("DELETED", "/home/eve/.ssh/k")]


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


def test_a_directory_that_patterns_begin_at_may_come_later(begin: Begin, root: Path) -> None:
    """And come again."""
    watched = begin(("opt", "/opt/app/conf/%%"))
    for _ in range(2):
        (root / "opt/app/conf").mkdir(parents=True)
        (root / "opt/app/conf/f").write_text("f")
        assert ("CREATED", "/opt/app/conf/f") in watched.told()
        shutil.rmtree(root / "opt")
        assert watched.told() == [("DELETED", "/opt/app/conf/f")]


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


def test_links_below_are_counted_and_not_gone_through(begin: Begin, root: Path) -> None:
    """What they lead to is watched where it lies, if it is."""
    (root / "etc/link").symlink_to("/elsewhere")
    watched = begin()
    (root / "elsewhere/f").write_text("x")
    assert watched.told() == []
    assert [note.what for note in watched.notes] == ["1 links to directories, below %%, are not gone through"]


def test_links_on_the_way_are_gone_through(begin: Begin, root: Path) -> None:
    """Also one that comes later, or leads elsewhere; told under the name without links."""
    (root / "elsewhere/a").mkdir()
    (root / "elsewhere/b").mkdir()
    (root / "elsewhere/b/old").write_text("x")
    (root / "way").symlink_to("/elsewhere/a")
    watched = begin(("way", "/way/%%"))
    (root / "elsewhere/a/f").write_text("x")
    assert watched.told()[0] == ("CREATED", "/elsewhere/a/f")
    (root / "way2").symlink_to("elsewhere/b")
    (root / "way2").rename(root / "way")
    assert ("CREATED", "/elsewhere/b/old") in watched.told()
    (root / "elsewhere/a/f").write_text("y")
    (root / "elsewhere/b/g").write_text("y")
    assert {path for _, path in watched.told()} == {"/elsewhere/b/g"}
    (root / "way").unlink()
    watched.told()
    (root / "elsewhere/b/g").write_text("z")
    assert watched.told() == []


def test_links_of_others_on_the_way_are_a_gap(begin: Begin, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a user could have us watch everything."""
    if os.getuid() != 0:
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
    else:
        (root / "home/bob/link").symlink_to("/elsewhere")
        os.lchown(root / "home/bob/link", 1000, 1000)
    (root / "home/bob/link2").symlink_to("/elsewhere")
    watched = begin(("x", "/home/%/link/%%"))
    if os.getuid() == 0:
        (gap,) = watched.gaps
        assert (gap.kind, gap.what) == ("link", "the link /home/bob/link is not gone through")
    (root / "elsewhere/f").write_text("x")
    assert watched.told() == []


def test_links_in_a_circle_end(begin: Begin, root: Path) -> None:
    """And out of the root lead nowhere."""
    (root / "a").mkdir()
    (root / "a/b").symlink_to("/a")
    (root / "out").symlink_to("/../../..")
    (root / "self").symlink_to("self")
    watched = begin(("x", "/a/b/b/b/%"), ("y", "/out/%%"), ("z", "/self/%"))
    (root / "a/f").write_text("x")
    assert ("CREATED", "/a/f") in watched.told()


def test_what_is_left_out_is_not_watched(begin: Begin, root: Path) -> None:
    """Nor told, also where it comes later."""
    (root / "etc/cache").mkdir()
    watched = begin(left_out=("/etc/cache/", "/tmp/%.swp"))
    (root / "etc/cache/f").write_text("x")
    (root / "etc/cache/d").mkdir()
    (root / "tmp/x.swp").mkdir()
    (root / "tmp/x.swp/f").write_text("x")
    (root / "tmp/seen").mkdir()
    assert watched.told() == [("CREATED", "/tmp/seen")]
    paths = {node.path for node in watched.watch._scan.tree._by_watch.values()}
    assert not {"etc/cache", "tmp/x.swp"} & paths


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
    monkeypatch.setattr(watch_module, "mounts", lambda _: mounted)
    (root / "home").rename(root / "elsewhere/under")
    watched.told(later_s=MOVE_S)
    (root / "elsewhere/under").rename(root / "home")
    watched.told()
    watched.watch._inotify.mounted = True
    watched.passed += watch_module.MOUNTS_S
    assert watched.taken() == []
    assert [note.what for note in watched.notes] == ["/home"]
    monkeypatch.setattr(watch_module, "mounts", lambda _: frozenset({MountPoint("home", "nfs4", "0:1", "/")}))
    again = watched.again(patterns_of(("home", "/home/%%"), ("new", "/new/%%")))
    assert [gap.what for gap in again.gaps] == ["/home"]
    again.close()


def test_what_is_the_kernels_is_not_gone_into(begin: Begin, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below %%; where a pattern says its name, it is meant."""
    (root / "tmp/proc/1").mkdir(parents=True)
    monkeypatch.setattr(watch_module, "mounts", lambda _: frozenset({MountPoint("tmp/proc", "proc", "0:1", "/")}))
    watched = begin()
    (root / "tmp/proc/1/f").write_text("x")
    assert watched.told() == []
    (root / "tmp/proc/f").write_text("x")
    again = watched.again(patterns_of(("proc", "/tmp/proc/%")))
    (root / "tmp/proc/g").write_text("x")
    assert ("CREATED", "/tmp/proc/g") in again.told()
    again.close()


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


class Replay:
    """What somebody believes to be there who hears only what was told."""

    def __init__(self) -> None:
        self.there: dict[str, str] = {}
        self._leaving: dict[int, tuple[str, dict[str, str]]] = {}

    def take(self, event: FileEvent) -> None:
        """One more."""
        below = {path: digest for path, digest in self.there.items() if path.startswith(f"{event.path}/")}
        match event.action.value:
            case "DELETED" | "MOVED_FROM":
                for path in (event.path, *below):
                    self.there.pop(path, None)
                if event.transaction:
                    self._leaving[event.transaction] = event.path, below
            case "MOVED_TO":
                for path in below:
                    del self.there[path]
                self.there[event.path] = event.sha256 or "directory"
                left, moved = self._leaving.pop(event.transaction, ("", {}))
                self.there.update({event.path + path.removeprefix(left): digest for path, digest in moved.items()})
            case _:
                self.there[event.path] = event.sha256 or "directory"


def _digest(path: Path) -> str:
    return "directory" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
