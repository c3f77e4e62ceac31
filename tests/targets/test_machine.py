"""Files of this machine, inside a root that nothing leads out of."""

import os
import socket
from pathlib import Path

import pytest

from hullwatch.errors import Denied, LimitExceeded, Unreachable
from hullwatch.model import FileKind, Gap
from hullwatch.model.reads import paths, patterns
from hullwatch.targets.machine import HostFiles, read_host_facts

SECRET = "secret of the machine"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root file system, and beside it what must never be seen."""
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text(SECRET)
    root = tmp_path / "root"
    (root / "usr/lib").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "usr/lib/os-release").write_text("ID=debian\n")
    (root / "etc/os-release").symlink_to("../usr/lib/os-release")
    (root / "lib").symlink_to("usr/lib")
    return root


def read(root: Path, path: str) -> bytes | None:
    file = HostFiles(root).open(path)
    return file.read(1000) if file else None


def test_links_inside_the_root(root: Path) -> None:
    """Relative and absolute links are followed, the latter from the root."""
    (root / "absolute").symlink_to("/usr/lib/os-release")
    (root / "up").symlink_to("../../../../usr/lib")
    (root / "usr/back").symlink_to("lib/../../etc")
    for path in ("usr/lib/os-release", "etc/os-release", "lib/os-release", "absolute", "up/os-release", "usr/back/os-release"):
        assert read(root, path) == b"ID=debian\n", path


def test_links_that_lead_out(root: Path, tmp_path: Path) -> None:
    """No spelling of a link reaches a file outside the root."""
    (root / "relative").symlink_to("../secret")
    (root / "absolute").symlink_to(tmp_path / "secret")
    (root / "directory").symlink_to(tmp_path / "outside")
    (root / "chain").symlink_to("directory")
    (root / "etc/far").symlink_to("../" * 50 + str(tmp_path / "secret"))
    for path in (
        "relative",
        "absolute",
        "directory/secret",
        "chain/secret",
        "etc/far",
        "../secret",
        "etc/../../secret",
        "../../../etc/passwd",
    ):
        assert read(root, path) is None, path


def test_root_contains_itself(tmp_path: Path) -> None:
    """An absolute link means the root and not the machine, even where both have the path."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/hostname").write_text("inside\n")
    (tmp_path / "name").symlink_to("/etc/hostname")
    assert read(tmp_path, "name") == b"inside\n"


def test_cycles_of_links(root: Path) -> None:
    """A link that leads nowhere, and one that leads to itself, are absent files."""
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    (root / "gone").symlink_to("nothing/there")
    assert [read(root, path) for path in ("a", "gone", "a/b", "etc/os-release/x", "nothing", "", "x" * 300, "nul\0")] == [None] * 8


def test_only_regular_files(root: Path) -> None:
    """Pipes, sockets, devices and directories are never opened, let alone waited for."""
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket"))
    assert [read(root, path) for path in ("pipe", "socket", "etc")] == [None] * 3
    assert HostFiles(Path("/")).open("dev/null") is None


def test_limit(root: Path) -> None:
    """A file is read whole or not at all."""
    (root / "large").write_bytes(b"x" * 101)
    files = HostFiles(root)
    file = files.open("large")
    assert file is not None
    assert file.read(101) == b"x" * 101
    with pytest.raises(LimitExceeded):
        file.read(100)


def test_files_of_proc_say_they_are_empty() -> None:
    """Their size is 0 and they are read all the same, to the limit."""
    file = HostFiles(Path("/")).open("proc/self/status")
    assert file is not None
    assert file.size_bytes == 0
    assert file.read(100_000).startswith(b"Name:")
    assert file.text(100_000).startswith("Name:")


def test_stream(root: Path) -> None:
    """A stream seeks, has a place of its own, and outlives the file it came from."""
    file = HostFiles(root).open("usr/lib/os-release")
    assert file is not None
    with file.open() as one, file.open() as two:
        del file
        assert one.read(3) == b"ID="
        assert two.read() == b"ID=debian\n"
        assert one.seek(-3, os.SEEK_END) == 7
        assert one.read() == b"an\n"
        assert one.tell() == 10


def test_open_each(root: Path) -> None:
    """Declared files come in path order; wildcards stay inside a component unless they mean any depth."""
    for path in ("usr/lib/python3/a.dist-info/METADATA", "usr/lib/python3/b.dist-info/METADATA", "opt/x/y/z/c.dist-info/METADATA"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    wanted = paths("etc/os-release", "absent") | patterns("usr/lib/python?/a*/METADATA", "**/*.dist-info/METADATA")
    assert [file.location.path for file in HostFiles(root).open_each(wanted) if not isinstance(file, Gap)] == [
        "etc/os-release", "opt/x/y/z/c.dist-info/METADATA", "usr/lib/python3/a.dist-info/METADATA", "usr/lib/python3/b.dist-info/METADATA",
    ]  # fmt: skip


def test_walks_leave_out(root: Path, tmp_path: Path) -> None:
    """A walk follows no link and enters nothing that it shall leave out."""
    (root / "var/lib/docker").mkdir(parents=True)
    (root / "var/lib/docker/found").touch()
    (root / "var/found").touch()
    (root / "outside").symlink_to(tmp_path)
    (tmp_path / "found").touch()
    files = HostFiles(root, leave_out=frozenset({"var/lib/docker"}))
    assert [file.location.path for file in files.open_each(patterns("**/found")) if not isinstance(file, Gap)] == ["var/found"]


def test_patterns_list_only_what_they_need(root: Path) -> None:
    """Directories before the first wildcard are not listed, those beside it not entered."""
    listed: list[str] = []

    class Watched(HostFiles):
        def names(self, directory: str) -> tuple[str, ...]:
            listed.append(directory)
            return super().names(directory)

    (root / "etc/audit/rules.d").mkdir(parents=True)
    (root / "etc/audit/rules.d/a.rules").touch()
    assert len(list(Watched(root).open_each(patterns("etc/audit/rules.d/*.rules")))) == 1
    assert listed == ["etc/audit/rules.d"]


def test_names_and_states(root: Path) -> None:
    """Names are sorted; a state is that of the path itself, also of a link, with its digest on demand."""
    files = HostFiles(root)
    assert files.names("") == ("etc", "lib", "usr")
    assert files.names("lib") == ("os-release",)
    assert files.names("nothing") == files.names("etc/os-release") == ()
    link = files.state("lib")
    assert link is not None
    assert (link.kind, link.link_target, files.link("lib"), files.link("etc")) == (FileKind.LINK, "usr/lib", "usr/lib", "")
    (root / "usr/lib/os-release").chmod(0o4751)
    state = files.state("lib/os-release", digest=True)
    assert state is not None
    assert (state.kind, state.mode, state.size_bytes) == (FileKind.FILE, 0o4751, 10)
    assert state.sha256 == "374b6b0ce4fc9819fd0d5616c7d371cc2d45a5a9b759af0e84315bf26a12c4f5"
    assert files.state("nothing") is None


def test_names_that_are_not_text(root: Path) -> None:
    """A name that is no UTF-8 is opened by its bytes and shown with U+FFFD."""
    (root / os.fsdecode(b"caf\xe9.rules")).write_text("x")
    (file,) = HostFiles(root).open_each(patterns("*.rules"))
    assert not isinstance(file, Gap)
    assert file.location.path == "caf\N{REPLACEMENT CHARACTER}.rules"
    assert file.read(10) == b"x"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_closed_to_this_user(root: Path) -> None:
    """What is there and cannot be read is a gap when many are asked for, and an error for one."""
    (root / "etc/shadow").write_text("x")
    (root / "etc/shadow").chmod(0)
    (root / "closed").mkdir(mode=0o700)
    files = HostFiles(root)
    os.seteuid(65534)
    try:
        gaps = list(files.open_each(paths("etc/shadow") | patterns("closed/*", "**/shadow")))
        with pytest.raises(Denied):
            files.open("etc/shadow")
        with pytest.raises(Denied):
            files.names("closed")
        with pytest.raises(Denied):
            files.state("closed/x")
    finally:
        os.seteuid(0)
    assert [(gap.kind, gap.what) for gap in gaps if isinstance(gap, Gap)] == [
        ("file-unreadable", "closed"),
        ("file-unreadable", "etc/shadow"),
    ]


def test_root_that_is_not_there(tmp_path: Path) -> None:
    """Without its root nothing can be read."""
    with pytest.raises(Unreachable):
        HostFiles(tmp_path / "nothing")


def test_host_facts(root: Path) -> None:
    """They are those of the root; what it does not say is empty."""
    (root / "etc/machine-id").write_text("3d1219c7c4c5404aaa1f6d2a48adfda4\n")
    facts = read_host_facts(HostFiles(root))
    assert (facts.machine_id, facts.hostname, facts.running_kernel) == ("3d1219c7c4c5404aaa1f6d2a48adfda4", "", "")
    (root / "etc/hostname").write_text("web-1\n# set by hand\n")
    (root / "etc/machine-id").write_text("x" * 5000)
    odd = read_host_facts(HostFiles(root))
    assert (odd.machine_id, odd.hostname) == ("", "web-1")
    here = read_host_facts(HostFiles(Path("/")))
    assert (here.hostname, here.running_kernel) == (os.uname().nodename, os.uname().release)
