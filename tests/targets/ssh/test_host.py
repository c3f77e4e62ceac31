"""Hosts over real sshd: what is read there is what is read here, and whatever goes wrong is said."""

import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from hullwatch.config import Limits, Settings
from hullwatch.errors import Denied, HullwatchError, Unreachable, Untrusted
from hullwatch.jobs.edges import Edges
from hullwatch.jobs.query import query
from hullwatch.jobs.scan import ScanParameters, scan
from hullwatch.model import Inventory, Target, TargetKind
from hullwatch.targets.inventory import take_host_inventory
from hullwatch.targets.ssh import client as ssh_client
from hullwatch.targets.ssh.address import Access, Address
from hullwatch.targets.ssh.answer import Answer
from tests.doubles import FixedClock, MemoryCache, QuietProgress

from ..image_making import OS_RELEASE, metadata, status, take
from ..sshd import Between, Machine, configure, free_port, needs

WHY_NOT = needs()
pytestmark = [pytest.mark.sshd, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]
ODD = "srv/a 'b' \"c\" $(id) `id`\n[d]*?\\"
"""A directory whose name means something to every shell."""
CLOSED = "closed/z-1.egg-info"


def fill(machine: Machine) -> None:
    """What a host holds, and what somebody may have put there."""
    write = machine.write
    write("usr/lib/os-release", OS_RELEASE)
    (machine.root / "etc/os-release").symlink_to("../usr/lib/os-release")
    write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    write("var/lib/dpkg/status", status(("zlib1g", "1:1.2.13"), ("python3-x", "2"), ("bash", "5.2")))
    write("usr/lib/python3/dist-packages/x-2.dist-info/METADATA", metadata("x", "2"))
    write("var/lib/dpkg/info/python3-x.list", "/.\n/usr/lib/python3/dist-packages/x-2.dist-info/METADATA\n")
    write("usr/share/elsewhere/base", status(("base-files", "12")))
    (machine.root / "var/lib/dpkg/status.d").symlink_to("/usr/share/elsewhere")
    write(f"{ODD}/odd-1.egg-info", metadata("odd", "1"))
    write("opt/dir-1.egg-info/PKG-INFO", metadata("dir", "1"))
    write("opt/real.txt", metadata("behind-a-link", "1"))
    (machine.root / "opt/link-1.egg-info").symlink_to("real.txt")
    (machine.root / "opt/dangling-1.egg-info").symlink_to("/nowhere")
    (machine.root / "opt/circle").symlink_to("circle")
    (machine.root / "linked").symlink_to("opt")
    write("opt/hard-1.egg-info", metadata("hard", "1"))
    os.link(machine.root / "opt/hard-1.egg-info", machine.root / "opt/hard-2.egg-info")
    os.mkfifo(machine.root / "opt/pipe-1.egg-info")
    write("opt/empty-1.egg-info", b"")
    write("opt/damaged-1.egg-info", b"\xff\0\xff" * 1000)
    with open(os.fsencode(machine.root) + b"/opt/\xff-1.egg-info", "wb") as file:
        file.write(metadata("bytes", "1"))
    write("var/lib/docker/overlay2/x/diff/d-1.egg-info", metadata("in-a-container", "1"))
    write("home/me/.local/share/docker/d-1.egg-info", metadata("in-a-container", "1"))
    write(CLOSED, metadata("closed", "1"))
    (machine.root / "closed").chmod(0o700)


with_busybox = pytest.mark.parametrize("machine", [False, True], ids=["gnu", "busybox"], indirect=True)
"""For what hangs on the programs there: GNU's and dash, or nothing but busybox."""


@pytest.fixture(scope="module")
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine that listens."""
    directory = tmp_path_factory.mktemp("machine")
    made = Machine(directory / "root", directory / "keys", busybox=getattr(request, "param", False), users=("me", "noisy", "barred"))
    fill(made)
    passwd = (made.root / "etc/passwd").read_text()
    made.write(
        "bin/noisy", '#!/bin/sh\nprintf "Welcome!\\n\\0T\\0Z\\n"\nprintf "Mind the gap\\n" >&2\n/bin/sh "$@"\nprintf "Bye\\0Z"\n', 0o755
    )
    made.write("bin/barred", '#!/bin/sh\necho "This account is closed."\nexit 1\n', 0o755)
    lines = [
        line.replace(":/bin/sh", f":/bin/{line.partition(':')[0]}") if line.startswith(("noisy", "barred")) else line
        for line in passwd.splitlines()
    ]
    made.write("etc/passwd", "\n".join(lines) + "\n")
    made.write("etc/banner", "Authorized use only\n")
    with made.listening("Banner /etc/banner") as listening:
        yield listening


@pytest.fixture
def known(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The same, to a user who knows it and whom it knows."""
    configure(tmp_path, monkeypatch, known=machine.known(), key=machine.key)
    return machine


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scripts that are sent, one each round trip."""
    scripts: list[str] = []
    plain = ssh_client.Connection.ask

    def ask(
        self: ssh_client.Connection, script: str, *, as_root: bool = False, patience_s: float | None = None
    ) -> AbstractContextManager[Answer]:
        scripts.append(script)
        return plain(self, script, as_root=as_root, patience_s=patience_s)

    monkeypatch.setattr(ssh_client.Connection, "ask", ask)
    return scripts


def over_ssh(
    machine: Machine, user: str = "root", *, port: int = 0, access: Access | None = None, limits: Limits | None = None
) -> Inventory:
    """Its inventory."""
    target = Target(kind=TargetKind.HOST, reference=f"ssh://{user}@127.0.0.1:{port or machine.port}")
    return take_host_inventory(
        target, access or Access(timeout_s=10), cache=MemoryCache(), clock=FixedClock(), progress=QuietProgress(), limits=limits
    )


def facts(inventory: Inventory) -> tuple[object, ...]:
    """What readers found."""
    return (inventory.distribution, inventory.packages, inventory.gaps, inventory.file_states, inventory.readers)


@with_busybox
def test_what_is_read_there_is_what_is_read_here(known: Machine, asked: list[str]) -> None:
    """Packages, places, distribution, gaps; through links, past odd names, without container storage; in four round trips."""
    here = take("host", root=known.root)
    there = over_ssh(known)

    assert facts(there) == facts(here)
    assert len(asked) == 4
    names = {package.name for package in there.packages}
    assert {"zlib1g", "base-files", "odd", "dir", "behind-a-link", "hard", "bytes", "closed"} <= names
    assert "in-a-container" not in names
    assert there.running_kernel == os.uname().release
    assert there.target.identifiers == {"hostname": os.uname().nodename, "machine_id": "0123456789abcdef0123456789abcdef"}
    assert {note.what for note in there.notes} == {"/proc", "/var/lib/docker", "/home/me/.local/share/docker"}


@with_busybox
def test_nothing_is_written_there_and_nothing_is_left_here(known: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither files nor times of files; the socket of the connection goes with it."""
    short = Path(tempfile.mkdtemp(dir="/tmp"))  # a socket's path has room for 100 bytes
    monkeypatch.setattr(ssh_client, "_SHORT", str(short))

    def tree() -> dict[str, tuple[int, int, int]]:
        walked = (Path(top) / name for top, directories, files in os.walk(known.root) for name in (*directories, *files))
        states = {os.fsencode(path).hex(): os.lstat(path) for path in walked if not path.is_relative_to(known.root / "proc")}
        return {name: (state.st_mtime_ns, state.st_size, state.st_ino) for name, state in states.items()}

    before = tree()
    over_ssh(known)
    assert tree() == before
    short.rmdir()  # is empty


@with_busybox
def test_a_user_sees_what_a_user_may_see_and_the_rest_is_a_gap(known: Machine) -> None:
    """With the reason, in sudo's words; where sudo is not wished it is not tried."""
    inventory = over_ssh(known, "me")
    (gap,) = (gap for gap in inventory.gaps if gap.kind == "denied")
    assert "closed" in gap.what
    assert "sudo refuses (a password is required)" in gap.why
    assert "closed" not in {package.name for package in inventory.packages}
    assert "zlib1g" in {package.name for package in inventory.packages}

    inventory = over_ssh(known, "me", access=Access(sudo=False, timeout_s=10))
    assert [gap.why for gap in inventory.gaps if gap.kind == "denied"] == ["me may not read it there, and sudo is not wished"]


@with_busybox
def test_a_user_who_may_become_root_sees_everything(known: Machine) -> None:
    """The only thing that sudo has to allow is the shell."""
    known.write("etc/sudoers", "me ALL=(root) NOPASSWD: /bin/sh\n", 0o440)
    try:
        assert facts(over_ssh(known, "me")) == facts(take("host", root=known.root))
    finally:
        known.write("etc/sudoers", "", 0o440)


@with_busybox
def test_what_a_shell_prints_of_itself_is_no_part_of_the_answer(known: Machine) -> None:
    """Before and behind it, even when it looks like records; sshd's own banner neither."""
    noisy, quiet = over_ssh(known, "noisy"), over_ssh(known, "me")
    assert (noisy.packages, noisy.distribution, len(noisy.gaps)) == (quiet.packages, quiet.distribution, len(quiet.gaps))


def test_an_account_without_a_shell(known: Machine) -> None:
    """Says what it says."""
    with pytest.raises(Denied, match=r"there is no shell for us: This account is closed\."):
        over_ssh(known, "barred")


@with_busybox
def test_a_file_too_large_to_be_held_is_a_gap_and_is_not_sent(known: Machine) -> None:
    """By name or by pattern."""
    known.write("opt/large-1.egg-info", metadata("large", "1") + bytes(100_000))
    try:
        gaps = {gap.what: gap.why for gap in over_ssh(known, limits=Limits(file_bytes=50_000)).gaps}
    finally:
        (known.root / "opt/large-1.egg-info").unlink()
    assert gaps["opt/large-1.egg-info"].endswith("more than the 50000 that are read")


@with_busybox
def test_tables_of_files_are_asked_of_a_host_at_once(known: Machine, asked: list[str], tmp_path: Path) -> None:
    """Accounts, what the kernel says of the machine; not this machine's. Processes are not listed."""
    edges = Edges(Settings(home=tmp_path / "home"), QuietProgress())
    reference = f"ssh://me@127.0.0.1:{known.port}"
    users = query("select username, uid from users where uid >= 1000", edges, reference=reference)
    assert users.rows == (("me", 1000), ("noisy", 1001), ("barred", 1002))
    assert len(asked) == 2
    assert query("select physical_memory > 0 from system_info", edges, reference=reference).rows == ((1,),)
    assert query("select count(*) from packages where scheme = 'deb'", edges, reference=reference).rows == ((4,),)
    for table in ("processes", "file where path = '/etc/passwd'"):
        with pytest.raises(HullwatchError, match="run hullwatch there"):
            query(f"select * from {table}", edges, reference=reference)  # noqa: S608 - a name of this test


def wrong_key(machine: Machine, configured: Callable[..., None]) -> int:
    configured(known=machine.known(), key=machine.host_key)
    return machine.port


def unknown_host_key(machine: Machine, configured: Callable[..., None]) -> int:
    configured(known="", key=machine.key)
    return machine.port


def changed_host_key(machine: Machine, configured: Callable[..., None]) -> int:
    configured(known=machine.known(machine.key), key=machine.key)
    return machine.port


def careless_user(machine: Machine, configured: Callable[..., None]) -> int:
    configured(known=machine.known(machine.key), key=machine.key, more="StrictHostKeyChecking no")
    return machine.port


def host_down(machine: Machine, configured: Callable[..., None]) -> int:
    configured(known=machine.known(), key=machine.key)
    return free_port()


@pytest.mark.parametrize(
    ("trouble", "kind", "complaint"),
    [
        (wrong_key, Denied, r"Permission denied \(publickey.*the host must know a key of yours"),
        (unknown_host_key, Untrusted, r"its host key is not known here; ssh-keyscan -p \d+ 127\.0\.0\.1"),
        (changed_host_key, Untrusted, r"another than the one known; .*ssh-keygen -R '\[127\.0\.0\.1\]:\d+'"),
        (careless_user, Untrusted, "another than the one known"),
        (host_down, Unreachable, "connection refused; check that the host is up"),
    ],
)
def test_no_connection(
    machine: Machine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[Machine, Callable[..., None]], int],
    kind: type[HullwatchError],
    complaint: str,
) -> None:
    """What is wrong, and what to do; a user's ssh_config does not switch the check of host keys off."""
    port = trouble(machine, partial(configure, tmp_path, monkeypatch))
    with pytest.raises(kind, match=complaint):
        over_ssh(machine, port=port)


@pytest.mark.parametrize("after_bytes", [2_000, 60_000])
def test_a_connection_that_is_cut(known: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_bytes: int) -> None:
    """While it is made, or in the middle of a file: half an answer is none."""
    known.write("opt/noise-1.egg-info", metadata("noise", "1") + os.urandom(500_000))
    try:
        with Between(known.port, after_bytes=after_bytes, cut=True) as wire:
            configure(tmp_path, monkeypatch, known=known.known().replace(str(known.port), str(wire.port)), key=known.key)
            with pytest.raises(Unreachable, match=r"[Cc]onnection|reset|Broken pipe"):
                over_ssh(known, port=wire.port)
    finally:
        (known.root / "opt/noise-1.egg-info").unlink()


def test_a_host_that_falls_silent(known: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not waited for without end."""
    with Between(known.port, after_bytes=1_000, cut=False) as wire:
        configure(tmp_path, monkeypatch, known=known.known().replace(str(known.port), str(wire.port)), key=known.key)
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"timed out|no answer|not responding"):
            over_ssh(known, port=wire.port, access=Access(timeout_s=0.5))
        assert time.monotonic() - began < 10


def test_one_host_that_fails_does_not_keep_the_others(known: Machine, tmp_path: Path) -> None:
    """A group of an Ansible inventory: what could be looked at is reported, the rest are gaps, each by the name it has there."""
    inventory = tmp_path / "fleet"
    inventory.write_text(
        f"[web]\nweb-[1:2] ansible_host=127.0.0.1 ansible_port={known.port}\nweb-2 ansible_user=me\n"
        f"down ansible_host=127.0.0.1 ansible_port={free_port()}\nwindows ansible_connection=winrm\n"
        f"[web:vars]\nansible_user=root\nansible_ssh_private_key_file={known.key}\n"
    )
    edges = Edges(Settings(home=tmp_path / "home", inventory=inventory, offline=True, timeout_s=10), QuietProgress())

    report = scan(ScanParameters(references=("@web",)), edges)

    assert [target.inventory.target.name for target in report.targets] == ["web-1", "web-2"]
    assert [target.inventory.target.reference for target in report.targets] == [
        f"ssh://{user}@127.0.0.1:{known.port}" for user in ("root", "me")
    ]
    assert sorted((each.gap.kind, each.gap.what) for each in report.unfinished) == [
        ("connection", "host windows"),
        ("unreachable", "host down"),
    ]
    assert report.exit_status == 3


def test_ssh_config_is_heeded(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Aliases, users, ports; what would open doors or run commands here is set aside."""
    more = (
        f"Host box\n  HostName 127.0.0.1\n  Port {machine.port}\n  User me\n  RemoteCommand exit 7\n  RequestTTY force\n"
        f"  PermitLocalCommand yes\n  LocalCommand touch {tmp_path}/ran\n  LocalForward {free_port()} 127.0.0.1:1\n"
    )
    configure(tmp_path, monkeypatch, known=machine.known(), key=machine.key, more=more)
    target = Target(kind=TargetKind.HOST, reference="ssh://box")
    taken = take_host_inventory(target, Access(timeout_s=10), cache=MemoryCache(), clock=FixedClock(), progress=QuietProgress())
    assert taken.packages
    assert not (tmp_path / "ran").exists()


def test_the_socket_of_a_connection_is_closed_to_others(known: Machine) -> None:
    """While it lasts."""
    connection = ssh_client.Connection(Address("127.0.0.1", "root", known.port))
    with connection, connection.ask("printf 'A\\0'") as answer:
        assert list(answer.kinds()) == ["A"]
        directory = Path(next(word for word in connection.words if word.startswith("ControlPath=")).partition("=")[2]).parent
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert (directory / "master").is_socket()
    assert not directory.exists()
