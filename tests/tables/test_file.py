"""Places of a file system. Each way to name them was compared with osquery 5.23.1 on the same tree."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hullwatch.errors import Denied, Misuse
from hullwatch.ports import Entry
from hullwatch.targets.paths import HostPaths
from tests.tables.doubles import KnownNamespaces, KnownSources, NoPaths, as_text, ask


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files at three depths, dot files, links to a file, to a directory and to nothing, a pipe."""
    for path in ("f1", ".dot", "a/f2", "a/.dot2", "a/b/f3", "a/b/c/f4", ".h/f6", ".h/x/f5"):
        (tmp_path / "t" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "t" / path).write_text(path)
    for name, target in (("la", "a/b"), ("lf", "/t/f1"), ("dang", "nowhere"), ("a/out", "/../../../etc/passwd")):
        (tmp_path / "t" / name).symlink_to(target)
    os.mkfifo(tmp_path / "t/ff")
    return tmp_path


def paths(tree: Path, condition: str) -> list[str]:
    answer = ask(f"select path from file where {condition}", KnownSources(paths=HostPaths(tree)))  # noqa: S608 - a condition of this test
    assert not answer.gaps
    return [str(row[0]) for row in answer.rows]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("path = '/t/f1'", ["/t/f1"]),
        ("path = '/t/a/'", ["/t/a/"]),
        ("path = '/t/f1/'", []),
        ("path = 't/f1'", []),
        ("path = '/t/../t/f1'", ["/t/../t/f1"]),
        ("path in ('/t/f1', '/t/none', '/t/a/f2')", ["/t/a/f2", "/t/f1"]),
        ("path = '/t/f1' or path = '/t/a/f2'", ["/t/a/f2", "/t/f1"]),
        ("directory = '/t'", ["/t/.dot", "/t/.h", "/t/a", "/t/dang", "/t/f1", "/t/ff", "/t/la", "/t/lf"]),
        ("directory = '/t/la'", ["/t/la/c", "/t/la/f3"]),
        ("directory = '/t/f1'", []),
        ("directory = '/'", ["/t"]),
        ("directory like '/t/%'", ["/t/.h/f6", "/t/.h/x", "/t/a/.dot2", "/t/a/b", "/t/a/f2", "/t/a/out", "/t/la/c", "/t/la/f3"]),
        ("path like '/t/%'", ["/t/.dot", "/t/.h/", "/t/a/", "/t/dang", "/t/f1", "/t/ff", "/t/la/", "/t/lf"]),
        ("path like '/t/%/'", ["/t/.h/", "/t/a/", "/t/la/"]),
        ("path like '/t/_1'", ["/t/f1"]),
        ("path like '/t/%/f%'", ["/t/.h/f6", "/t/a/f2", "/t/la/f3"]),
        ("path like '/t/%%/f3'", ["/t/a/b/f3"]),
        ("path like '/t/f1'", ["/t/f1"]),
        ("path like '/t/a'", []),
        ("path like '/t/l%%'", ["/t/la/", "/t/lf"]),
        ("path like '/t/.h/%%'", ["/t/.h/f6", "/t/.h/x/", "/t/.h/x/f5"]),
        ("path like '/t/%' and path not like '%d%' and path <> '/t/f1'", ["/t/.h/", "/t/a/", "/t/ff", "/t/la/", "/t/lf"]),
        ("path like '/t/%' and directory = '/t' and filename = 'f1'", ["/t/f1"]),
    ],
)
def test_places_are_named_as_in_osquery(tree: Path, condition: str, found: list[str]) -> None:
    """Save that dot files are like others, ``_`` is any character, and ``%%`` may stand in the middle."""
    assert paths(tree, condition) == found


def test_everything_below_is_found_once(tree: Path) -> None:
    """A directory before what it holds; links are found and not followed."""
    expected = {f"/{place.relative_to(tree)}" + "/" * (place.is_dir() and place.name != "out") for place in (tree / "t").rglob("*")}
    assert set(paths(tree, "path like '/t/%%'")) == expected
    assert len(paths(tree, "path like '/t/%%'")) == len(expected)


def test_a_row_tells_what_stands_there(tree: Path) -> None:
    """Of a link what it leads to, and where it points."""
    (tree / "t/f1").chmod(0o4750)
    status = (tree / "t/f1").stat()
    plain, link = as_text(ask("select * from file where path in ('/t/f1', '/t/lf')", KnownSources(paths=HostPaths(tree))))
    assert plain == {
        "path": "/t/f1", "directory": "/t", "filename": "f1", "inode": str(status.st_ino), "uid": str(status.st_uid),
        "gid": str(status.st_gid), "mode": "4750", "device": "0", "size": "2", "block_size": str(status.st_blksize),
        "atime": str(int(status.st_atime)), "mtime": str(int(status.st_mtime)), "ctime": str(int(status.st_ctime)), "btime": "0",
        "hard_links": "1", "symlink": "0", "type": "regular", "symlink_target_path": "",
    }  # fmt: skip
    assert link == plain | {"path": "/t/lf", "filename": "lf", "symlink": "1", "symlink_target_path": "/t/f1"}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/t/dang", ("unknown", 1, "nowhere", "dang")),
        ("/t/a/out", ("unknown", 1, "/../../../etc/passwd", "out")),
        ("/t/ff", ("fifo", 0, "", "ff")),
        ("/t/la", ("directory", 1, "a/b", "la")),
        ("/t/a/", ("directory", 0, "", ".")),
        ("/", ("directory", 0, "", "/")),
    ],
)
def test_what_is_no_plain_file_says_so(tree: Path, path: str, told: tuple[object, ...]) -> None:
    """A link that would lead out of the root leads nowhere."""
    sql = f"select type, symlink, symlink_target_path, filename from file where path = '{path}'"  # noqa: S608 - a path of this test
    assert ask(sql, KnownSources(paths=HostPaths(tree))).rows == (told,)


def test_a_statement_has_to_say_where(tree: Path) -> None:
    """It is told what is missing; a join may say it."""
    with pytest.raises(Misuse, match="file needs path or directory"):
        ask("select * from file where filename = 'f1'", KnownSources(paths=HostPaths(tree)))
    with pytest.raises(Misuse, match="file needs path or directory"):
        ask("select * from file where path like '/t/x%' escape 'x'", KnownSources(paths=HostPaths(tree)))
    joined = "with wanted(p) as (values ('/t/f1')) select size from wanted join file on path = p"
    assert ask(joined, KnownSources(paths=HostPaths(tree))).rows == ((2,),)


def test_what_may_not_be_looked_at_is_a_gap() -> None:
    """And what stands elsewhere is told."""

    class Closed(NoPaths):
        def entries(self, directory: str) -> Iterator[Entry]:
            if directory == "t/closed":
                raise Denied("/t/closed is closed to this user")
            status = os.stat("/")
            yield from (Entry(name, status, status) for name in ("closed", "open") if directory == "t")

    answer = ask("select path from file where path like '/t/%%'", KnownSources(paths=Closed()))
    assert answer.rows == (("/t/closed/",), ("/t/open/",))
    assert [gap.what for gap in answer.gaps] == ["/t/closed"]


def test_a_tree_without_end_is_cut_and_said() -> None:
    """Depth has a limit."""

    class Endless(NoPaths):
        def entries(self, directory: str) -> Iterator[Entry]:
            yield Entry("d", os.stat("/"), os.stat("/"))

    answer = ask("select count(*) from file where path like '/%%'", KnownSources(paths=Endless()))
    assert answer.rows == ((128,),)
    assert [gap.kind for gap in answer.gaps] == ["limit"]


def test_files_as_processes_see_them(tree: Path) -> None:
    """With pid_with_namespace fixed; a process that has ended is a gap."""
    sources = KnownSources(namespaces=KnownNamespaces({}, {7: HostPaths(tree)}))
    sql = "select path, pid_with_namespace from file where path = '/t/f1' and pid_with_namespace in (7, 8)"
    answer = ask(sql, sources)
    assert answer.rows == (("/t/f1", 7),)
    assert [gap.kind for gap in answer.gaps] == ["process-files"]


def test_names_that_are_no_text_are_told(tree: Path) -> None:
    """With U+FFFD in place of their bytes."""
    (tree / "t" / os.fsdecode(b"\xff")).write_text("")
    assert "/t/\ufffd" in paths(tree, "directory = '/t'")
