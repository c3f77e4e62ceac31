"""Ways that patterns go: directories that come later, links, what is left out."""

import os
import shutil
from pathlib import Path

import pytest

from .watched import Begin


def test_a_home_directory_that_nobody_tells_of_is_only_passed_through(begin: Begin, root: Path) -> None:
    """Its keys are told, itself is not."""
    watched = begin(("homes", "/home/%/.ssh/%%"))
    (root / "home/eve/.ssh").mkdir(parents=True)
    (root / "home/eve/.ssh/k").write_text("k")
    (root / "home/eve/x").write_text("x")
    assert {path for _, path in watched.told()} == {"/home/eve/.ssh/k"}
    shutil.rmtree(root / "home/eve")
    assert watched.told() == [("DELETED", "/home/eve/.ssh/k")]


def test_a_directory_that_patterns_begin_at_may_come_later(begin: Begin, root: Path) -> None:
    """And come again."""
    watched = begin(("opt", "/opt/app/conf/%%"))
    for _ in range(2):
        (root / "opt/app/conf").mkdir(parents=True)
        (root / "opt/app/conf/f").write_text("f")
        assert ("CREATED", "/opt/app/conf/f") in watched.told()
        shutil.rmtree(root / "opt")
        assert watched.told() == [("DELETED", "/opt/app/conf/f")]


def test_links_below_are_counted_and_not_gone_through(begin: Begin, root: Path) -> None:
    """What they lead to is watched where it lies, if it is."""
    (root / "etc/link").symlink_to("/elsewhere")
    watched = begin()
    (root / "elsewhere/f").write_text("x")
    assert watched.told() == []
    assert [note.what for note in watched.notes if note.kind != "watching"] == ["1 links to directories, below %%, are not gone through"]


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
