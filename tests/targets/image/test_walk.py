"""Walking directories: what is opened, what is not, and what of overlayfs's marks is understood."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from hullwatch.config import Limits
from hullwatch.errors import LimitExceeded, NotFound
from hullwatch.model import Gap
from hullwatch.model.reads import paths, patterns
from hullwatch.targets.image.layer_facts import Budget, Collector, Kind, LayerFacts, Stands, paths_in
from hullwatch.targets.image.walk import Walk, open_regular, open_top
from hullwatch.targets.image.wanted import Wanted

from ..image_making import Toy, in_place, take

TOY = Toy(paths("etc/name", "usr/lib/name") | patterns("**/*.toy", "etc/toys/*"))


def walked(root: Path, *, overlay: bool = False, skip: frozenset[str] = frozenset(), limits: Limits | None = None) -> LayerFacts:
    """What a walk collects for the toy reader."""
    wanted = Wanted([TOY])
    collector = Collector((TOY,), Budget(limits or Limits()))
    with open_top(str(root)) as top:
        Walk(wanted, collector, overlay=overlay, skip=skip).run(top)
    return collector.finish()


def write(path: Path, text: str = "") -> None:
    """A file and the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_only_what_a_reader_wants_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact paths, names anywhere and everything in a directory; nothing of the same name elsewhere."""
    for name in ("etc/name", "other/name", "a/b/c.toy", "etc/toys/anything", "etc/toys/deeper/none", "usr/lib/name.d", "x.toys"):
        write(tmp_path / name, name)
    opened: list[str] = []

    def watched(parent: int, name: str) -> AbstractContextManager[tuple[int, os.stat_result]]:
        opened.append(name)
        return open_regular(parent, name)

    monkeypatch.setattr("hullwatch.targets.image.walk.open_regular", watched)

    facts = walked(tmp_path)

    assert sorted(facts.facts["toy"]) == ["a/b/c.toy", "etc/name", "etc/toys/anything"]
    assert sorted(opened) == ["anything", "c.toy", "name"]
    assert facts.facts["toy"]["etc/name"] == (Gap(kind="toy", what="etc/name", why="8"),)
    assert set(facts.skeleton.stands) == {"etc", "etc/toys", "etc/toys/deeper", "usr", "usr/lib"}


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever; what stands there is remembered, for it hides what lies below."""
    (tmp_path / "etc").mkdir()
    os.mkfifo(tmp_path / "etc/name")
    (tmp_path / "usr").symlink_to("/opt")
    (tmp_path / "d.toy").mkdir()
    (tmp_path / "l.toy").symlink_to("../x")

    skeleton = walked(tmp_path).skeleton

    assert skeleton.stands == {
        "etc": Stands(Kind.DIRECTORY),
        "etc/name": Stands(Kind.OTHER),
        "usr": Stands(Kind.LINK, "/opt"),
        "d.toy": Stands(Kind.DIRECTORY),
        "l.toy": Stands(Kind.LINK, "../x"),
    }


def test_links_are_not_followed_whoever_puts_them_there_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory and a file that become links between the look and the opening are as if they were not there."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    write(outside / "secret.toy", "secret")
    write(root / "dir/a.toy")
    write(root / "b.toy")
    real_open = os.open

    def race(path: str, *more: int, dir_fd: int | None = None) -> int:
        if path == "dir" and dir_fd is not None:
            (root / "dir").rename(tmp_path / "gone")
            (root / "dir").symlink_to(outside)
        if path == "b.toy":
            (root / "b.toy").unlink()
            (root / "b.toy").symlink_to(outside / "secret.toy")
        return real_open(path, *more, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", race)
    facts = walked(root)

    assert facts.facts["toy"] == {}
    assert facts.skeleton.gaps == ()


@in_place
def test_marks_of_overlayfs_are_understood_in_layers_and_nowhere_else(tmp_path: Path) -> None:
    """Whiteouts, opaque directories; other devices and attributes are nothing special."""
    for directory in ("a", "b", "c"):
        (tmp_path / directory).mkdir()
    os.mknod(tmp_path / "a/gone", stat.S_IFCHR, 0)
    os.mknod(tmp_path / "a/null", stat.S_IFCHR, os.makedev(1, 3))
    os.setxattr(tmp_path / "b", "trusted.overlay.opaque", b"y")
    os.setxattr(tmp_path / "c", "trusted.overlay.opaque", b"x")
    os.setxattr(tmp_path / "c", "trusted.overlay.redirect", b"/d")

    layer, plain = walked(tmp_path, overlay=True).skeleton, walked(tmp_path).skeleton

    assert (list(paths_in(layer.hidden)), list(paths_in(layer.opaque))) == (["a/gone"], ["b"])
    assert [(gap.kind, gap.what) for gap in layer.gaps] == [("overlay", "c")]
    assert (plain.hidden, plain.opaque, plain.gaps) == (b"", b"", ())


@in_place
def test_a_file_whose_content_lies_in_another_layer_is_a_gap(tmp_path: Path) -> None:
    """It would read as zeros."""
    write(tmp_path / "a.toy", "\0\0")
    os.setxattr(tmp_path / "a.toy", "trusted.overlay.metacopy", b"")

    facts = walked(tmp_path, overlay=True)

    assert facts.facts["toy"] == {}
    assert [(gap.kind, gap.what) for gap in facts.skeleton.gaps] == [("overlay", "a.toy")]


def test_a_socket_that_goes_away_meanwhile_hides_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its directory holds beside it is read all the same, and what lies below that."""
    write(tmp_path / "deeper" / "a.toy")
    write(tmp_path / "b.toy")
    os.mkfifo(tmp_path / "a-pipe")
    scan = os.scandir

    @contextmanager
    def listed(directory: int) -> Iterator[Iterator[os.DirEntry[str]]]:
        with scan(directory) as entries:
            in_order = sorted(entries, key=lambda entry: entry.name)
        (tmp_path / "a-pipe").unlink(missing_ok=True)
        yield iter(in_order)

    monkeypatch.setattr("hullwatch.targets.image.walk.os.scandir", listed)

    assert sorted(walked(tmp_path).facts["toy"]) == ["b.toy", "deeper/a.toy"]


def test_skipped_directories_are_not_entered(tmp_path: Path) -> None:
    """Nor what lies below."""
    write(tmp_path / "var/lib/docker/a.toy")
    write(tmp_path / "var/lib/b.toy")

    assert list(walked(tmp_path, skip=frozenset({"var/lib/docker"})).facts["toy"]) == ["var/lib/b.toy"]


def test_what_cannot_be_read_is_one_gap_of_its_kind_and_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a few examples; other runs may see more, so nothing of it is kept."""
    for name in "abcde":
        write(tmp_path / f"{name}/x.toy")
    real_open = os.open

    def closed(path: str, *more: int, dir_fd: int | None = None) -> int:
        if dir_fd is not None:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_open(path, *more, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", closed)
    facts = walked(tmp_path)

    (gap,) = facts.skeleton.gaps
    assert gap.kind == "denied"
    assert gap.what.endswith(" and 2 more")
    assert facts.unsettled == {"toy", ""}


def test_directories_too_deep_are_a_gap(tmp_path: Path) -> None:
    """What lies above is read."""
    write(tmp_path / "1/2/3/4/x.toy")
    write(tmp_path / "1/2/y.toy")

    facts = walked(tmp_path, limits=Limits(depth=3))

    assert list(facts.facts["toy"]) == ["1/2/y.toy"]
    assert [(gap.kind, gap.what) for gap in facts.skeleton.gaps] == [("limit", "1/2/3/4")]


def test_a_file_that_a_reader_cannot_take_is_a_gap_beside_its_other_facts(tmp_path: Path) -> None:
    """Larger than the reader reads."""
    write(tmp_path / "big.toy", "x" * 2000)
    write(tmp_path / "small.toy", "y")

    facts = walked(tmp_path)

    assert [gap.kind for gap in facts.facts["toy"]["big.toy"] if isinstance(gap, Gap)] == ["file"]
    assert [gap.kind for gap in facts.facts["toy"]["small.toy"] if isinstance(gap, Gap)] == ["toy"]
    assert facts.unsettled == {"toy"}


def test_more_files_than_the_limit_are_an_error(tmp_path: Path) -> None:
    """It names the setting."""
    for number in range(9):
        write(tmp_path / str(number))
    with pytest.raises(LimitExceeded, match="entries"):
        walked(tmp_path, limits=Limits(entries=5))


def test_a_directory_that_is_not_there_is_an_error() -> None:
    """So is a file in its place."""
    for path in ("/nonexistent", "/etc/hostname"):
        with pytest.raises(NotFound):
            take(f"dir:{path}")


def test_files_are_read_where_there_is_no_proc_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence would be taken for an empty directory."""
    write(tmp_path / "a.toy", "here")
    real_open = os.open

    def without_proc(path: str, *more: int, dir_fd: int | None = None) -> int:
        if path.startswith("/proc"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        return real_open(path, *more, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", without_proc)
    assert list(walked(tmp_path).facts["toy"]) == ["a.toy"]
