"""A file system, place by place."""

import os
import stat
from pathlib import Path

import pytest

from hullwatch.errors import Denied, Unreachable
from hullwatch.targets.paths import HostPaths


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file, links inside and out of the root, a link that goes in a circle."""
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "root/d").mkdir(parents=True)
    (tmp_path / "root/d/f").write_text("inside")
    for name, target in (("absolute", "/d/f"), ("up", "../../outside"), ("circle", "circle"), ("directory", "d")):
        (tmp_path / "root" / name).symlink_to(target)
    return tmp_path / "root"


def test_a_place_is_told_with_what_a_link_leads_to(root: Path) -> None:
    """Absolute links mean the root; what would lead out of it, or in a circle, leads nowhere."""
    paths = HostPaths(root)
    plain = paths.entry("d/f")
    assert plain
    assert (plain.name, plain.link, plain.behind) == ("f", "", plain.itself)
    absolute = paths.entry("absolute")
    assert absolute
    assert absolute.behind
    assert (absolute.link, absolute.behind.st_ino) == ("/d/f", plain.itself.st_ino)
    for name in ("up", "circle"):
        entry = paths.entry(name)
        assert entry
        assert stat.S_ISLNK(entry.itself.st_mode)
        assert entry.behind is None


def test_a_slash_at_the_end_means_a_directory(root: Path) -> None:
    """Through a link too; a file is none."""
    paths = HostPaths(root)
    through = paths.entry("directory/")
    assert through
    assert stat.S_ISDIR(through.itself.st_mode)
    assert paths.entry("d/f/") is None


@pytest.mark.parametrize("path", ["none", "d/none", "d/f/x", "circle/x", "x" * 300])
def test_nothing_stands_there(root: Path, path: str) -> None:
    """Which is no error."""
    paths = HostPaths(root)
    assert (paths.entry(path), paths.open(path), list(paths.entries(path))) == (None, None, [])


def test_entries_come_by_name(root: Path) -> None:
    """Each as a place of its own."""
    assert [entry.name for entry in HostPaths(root).entries("")] == ["absolute", "circle", "d", "directory", "up"]
    assert [entry.name for entry in HostPaths(root).entries("directory")] == ["f"]


def test_only_regular_files_are_opened(root: Path) -> None:
    """Links followed."""
    os.mkfifo(root / "pipe")
    paths = HostPaths(root)
    file = paths.open("absolute")
    assert file
    assert file.read(100) == b"inside"
    assert (paths.open("pipe"), paths.open("d"), paths.open("up")) == (None, None, None)


def test_what_is_refused_is_an_error_of_ours(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed, or on a disk that fails."""
    paths = HostPaths(root)
    for number, error in ((13, Denied), (5, Unreachable)):

        def refuse(*_: object, number: int = number, **__: object) -> os.stat_result:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patched:
            patched.setattr(os, "stat", refuse)
            with pytest.raises(error):
                paths.entry("d")
            with pytest.raises(error):
                list(paths.entries(""))
            with pytest.raises(error):
                paths.open("d/f")
