"""What this machine says of its daemon, and of no other's."""

import json

import pytest

from hullwatch.model import Daemon, FileRole
from hullwatch.targets.daemon_machine import find_process, read_machine, reason_for_elsewhere
from tests.doubles import MemoryFiles

from .commands_double import MemoryCommands

DAEMON = Daemon(id="ID:1", name="web-1", endpoint="unix:///var/run/docker.sock", root_dir="/var/lib/docker")
UNIX = b"""Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 4711 /var/run/docker.sock
0000000000000000: 00000003 00000000 00000000 0001 03 4712 /var/run/docker.sock
0000000000000000: 00000002 00000000 00010000 0001 01 4713 /run/other docker.sock
0000000000000000: 00000003 00000000 00000000 0001 03 4714
"""
NOTHING_INSTALLED = MemoryCommands({})


def machine(
    *,
    content: dict[str, bytes] | None = None,
    links: dict[str, str] | None = None,
    command_line: bytes = b"dockerd\0",
    hostname: bytes = b"web-1\n",
) -> MemoryFiles:
    """A machine with a dockerd (pid 812), a shell that mentions dockerd, and a second dockerd on another socket."""
    files = {
        "proc/sys/kernel/hostname": hostname,
        "proc/900/cmdline": b"vim\0dockerd\0--icc=true\0", "proc/812/cmdline": command_line, "proc/811/cmdline": b"dockerd\0-D\0",
        "proc/811/net/unix": UNIX, "proc/812/net/unix": UNIX, "proc/900/net/unix": UNIX,
        "usr/sbin/dockerd": b"", "usr/bin/containerd": b"", "usr/sbin/runc": b"", "var/lib/docker/engine-id": b"ID:1\n",
        "run/docker.sock": b"",
        "etc/passwd": b"root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n", "etc/group": b"root:x:0:\n",
        "etc/docker/key.json": b"",
    }  # fmt: skip
    all_links = {
        "proc/900/exe": "/usr/bin/vim", "proc/812/exe": "/usr/sbin/dockerd (deleted)", "proc/811/exe": "/usr/sbin/dockerd",
        "proc/811/fd/3": "socket:[4713]", "proc/812/fd/3": "socket:[4711]", "proc/812/fd/4": "/dev/null", "proc/900/fd/9": "socket:[4711]",
        "var/run": "/run", "proc/812/cwd": "/srv",
    }  # fmt: skip
    return MemoryFiles(files | (content or {}), links=all_links | (links or {}))


def settings_of(files: MemoryFiles, daemon: Daemon = DAEMON) -> dict[str, tuple[object, str]]:
    found, gaps = read_machine(daemon, files, NOTHING_INSTALLED)
    assert found.settings is not None, gaps
    return {setting.name: (json.loads(setting.value), setting.origin) for setting in found.settings}


def test_process_is_found_by_its_program_and_its_socket() -> None:
    """Neither a process that mentions dockerd nor a second dockerd is taken for it."""
    assert find_process(machine(), "/var/run/docker.sock") == 812
    assert find_process(machine(), "/run/other docker.sock") == 811
    assert find_process(machine(), "/run/nothing.sock") == 0
    assert find_process(MemoryFiles({}), "/run/docker.sock") == 0


def test_program() -> None:
    """Its real path, also when a newer one has taken its place."""
    assert read_machine(DAEMON, machine(), NOTHING_INSTALLED)[0].program == "/usr/sbin/dockerd"


def test_settings() -> None:
    """Flags of that process and its configuration file, together."""
    files = machine(command_line=b"dockerd\0--icc=false\0-H\0fd://\0", content={"etc/docker/daemon.json": b'{"live-restore": true}'})
    assert settings_of(files) == {
        "icc": (False, "dockerd --icc (pid 812)"), "hosts": (["fd://"], "dockerd -H (pid 812)"),
        "live-restore": (True, "/etc/docker/daemon.json"),
    }  # fmt: skip
    assert settings_of(machine()) == {}


@pytest.mark.parametrize(("word", "path"), [(b"/opt/d.json", "opt/d.json"), (b"d.json", "srv/d.json")])
def test_configuration_file_elsewhere(word: bytes, path: str) -> None:
    """--config-file is honoured, relative to where the process stands; the usual file is then none of it."""
    content = {path: b'{"icc": false}', "etc/docker/daemon.json": b'{"icc": true}'}
    files = machine(command_line=b"dockerd\0--config-file\0" + word + b"\0", content=content)
    assert settings_of(files)["icc"] == (False, f"/{path}")
    found, _ = read_machine(DAEMON, files, NOTHING_INSTALLED)
    assert [file.path for file in found.files or () if file.role is FileRole.SETTINGS] == [f"/{path}"]


def test_rootless() -> None:
    """A rootless daemon has its file in its user's home."""
    rootless = Daemon(id="ID:1", name="web-1", endpoint=DAEMON.endpoint, root_dir="/var/lib/docker", security_options=("name=rootless",))
    files = machine(content={"root/.config/docker/daemon.json": b'{"icc": false}', "etc/docker/daemon.json": b'{"icc": true}'})
    assert settings_of(files, rootless)["icc"] == (False, "/root/.config/docker/daemon.json")


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"icc": false,}', b"\xff"])
def test_damaged_configuration(damage: bytes) -> None:
    """Then nothing is known of any setting: a gap, and no default is assumed."""
    found, gaps = read_machine(DAEMON, machine(content={"etc/docker/daemon.json": damage}), NOTHING_INSTALLED)
    assert found.settings is None
    assert [(gap.kind, gap.what) for gap in gaps] == [("daemon-settings", "/etc/docker/daemon.json")]


def test_process_that_cannot_be_seen() -> None:
    """Who may not look at the process knows neither its program nor its settings."""
    found, gaps = read_machine(DAEMON, machine(links={"proc/812/exe": "", "proc/811/exe": ""}), NOTHING_INSTALLED)
    assert (found.settings, found.program) == (None, "")
    assert [gap.kind for gap in gaps] == ["daemon-settings"]
    assert FileRole.PROGRAM not in {file.role for file in found.files or ()}


def test_files() -> None:
    """Where each file really is, what stands there and whose it is; what is not there is known to be absent."""
    found, _ = read_machine(DAEMON, machine(), NOTHING_INSTALLED)
    files = {file.role: file for file in found.files or ()}
    assert set(files) == set(FileRole)
    assert (files[FileRole.SOCKET].path, files[FileRole.SOCKET].real_path) == ("/var/run/docker.sock", "/run/docker.sock")
    assert files[FileRole.RUNC].path == "/usr/sbin/runc"
    linked, _ = read_machine(DAEMON, machine(links={"usr/local/bin/runc": "/usr/sbin/runc", "proc/812/exe": ""}), NOTHING_INSTALLED)
    assert "/usr/sbin/runc" in {file.path for file in linked.files or ()}, "named the same, whoever looks"
    assert files[FileRole.DATA].owner == "root:root"
    assert (files[FileRole.SETTINGS].path, files[FileRole.SETTINGS].state) == ("/etc/docker/daemon.json", None)
    assert files[FileRole.SYSCONFIG].state is None


def test_more_sockets() -> None:
    """Every socket that the daemon listens on is looked at."""
    files = machine(command_line=b"dockerd\0-H\0unix:///run/more.sock\0-H\0tcp://0.0.0.0:2375\0-H\0unix:///var/run/docker.sock\0")
    found, _ = read_machine(DAEMON, files, NOTHING_INSTALLED)
    assert [file.path for file in found.files or () if file.role is FileRole.SOCKET] == ["/var/run/docker.sock", "/run/more.sock"]


def test_daemon_of_this_machine() -> None:
    """A local socket, the same host name, its data here and, where that can be read, the same id."""
    assert reason_for_elsewhere(DAEMON, machine()) == ""


@pytest.mark.parametrize(
    ("daemon", "files", "why"),
    [
        (DAEMON, None, "only the daemon's API"),
        (Daemon(name="web-1", endpoint="tcp://127.0.0.1:2375", root_dir="/var/lib/docker"), machine(), "need not be this machine"),
        (DAEMON, machine(hostname=b"laptop\n"), "is called web-1, this one laptop"),
        (Daemon(name="web-1", endpoint="unix:///x", root_dir="/srv/docker"), machine(), "another container or machine"),
        (DAEMON, machine(content={"var/lib/docker/engine-id": b"ID:2"}), "another container or machine"),
    ],
)
def test_daemon_of_another_machine(daemon: Daemon, files: MemoryFiles | None, why: str) -> None:
    """Facts of one machine are never taken for those of another."""
    assert why in reason_for_elsewhere(daemon, files)
