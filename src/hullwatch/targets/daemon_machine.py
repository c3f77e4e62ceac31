"""What the machine itself says of its Docker daemon: its process, settings, files and the audit rules over them."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec
from msgspec.structs import replace

from ..errors import HullwatchError, Malformed
from ..model import Daemon, DaemonFile, DaemonSetting, FileKind, FileRole, Gap
from ..ports import KIBIBYTE, MEBIBYTE, Commands, Files
from ..readers import daemon_settings
from .audit import read_audit_rules
from .links import real_path
from .machine import read_host_facts

_PROGRAMS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/libexec/docker")
_FOUND_PROGRAMS = {FileRole.CONTAINERD: "containerd", FileRole.SHIM: "containerd-shim-runc-v2", FileRole.RUNC: "runc"}
_LISTENS = 0x10000
"""Flag of a socket in /proc/net/unix that accepts connections."""


def reason_for_elsewhere(daemon: Daemon, files: Files | None) -> str:
    """Why facts of this machine must not be taken for those of the daemon's; empty when it runs here."""
    if files is None:
        return "only the daemon's API was asked"
    if not daemon.endpoint.startswith("unix://"):
        return f"the daemon answers at {daemon.endpoint}, which need not be this machine"
    here = read_host_facts(files).hostname
    if here != daemon.name:
        return f"the daemon's machine is called {daemon.name}, this one {here}"
    try:
        data = files.state(daemon.root_dir.strip("/"))
        kept_id = files.open(f"{daemon.root_dir.strip('/')}/engine-id")
        engine_id = kept_id.text(KIBIBYTE).strip() if kept_id else ""
    except HullwatchError:  # closed to this user, so it says nothing
        return ""
    if data is None or (engine_id and engine_id != daemon.id):
        return f"{daemon.root_dir} is not where this daemon keeps its data: it runs in another container or machine"
    return ""


def read_machine(daemon: Daemon, files: Files, commands: Commands | None) -> tuple[Daemon, tuple[Gap, ...]]:
    """The daemon's record with what this machine knows of it, and gaps for what it does not tell."""
    gaps: list[Gap] = []
    process = find_process(files, daemon.endpoint.removeprefix("unix://"))
    settings, config = None, ""
    if process:
        settings, config = _read_settings(daemon, files, process, gaps)
    else:
        why = "no process of dockerd that holds the socket can be seen; run with sudo"
        gaps.append(Gap(kind="daemon-settings", what="dockerd's command line", why=why))
    rules, origin, more = read_audit_rules(files, commands)
    program = _program(files, process) if process else ""
    found = replace(daemon, settings=settings, program=program, audit_rules=rules, audit_origin=origin)
    return replace(found, files=_read_files(found, files, config, gaps)), (*gaps, *more)


def find_process(files: Files, socket: str) -> int:
    """The dockerd that listens on a socket, 0 when none can be seen: by its program and the sockets it holds, never by its command line."""
    wanted = real_path(files, socket)
    for name in files.names("proc"):
        if name.isdecimal() and PurePosixPath(_program(files, int(name))).name.startswith("dockerd"):
            held = _held_sockets(files, name)
            if held and held & _listening(files, name, wanted):
                return int(name)
    return 0


def _program(files: Files, process: int) -> str:
    return files.link(f"proc/{process}/exe").removesuffix(" (deleted)")


def _held_sockets(files: Files, process: str) -> set[str]:
    try:
        links = [files.link(f"proc/{process}/fd/{name}") for name in files.names(f"proc/{process}/fd")]
    except HullwatchError:
        return set()
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _listening(files: Files, process: str, wanted: str) -> set[str]:
    """Inodes of sockets that listen at a path, in the network namespace of a process."""
    try:
        table = files.open(f"proc/{process}/net/unix")
        lines = table.text(64 * MEBIBYTE).splitlines()[1:] if table else []
    except HullwatchError:
        return set()
    found = set()
    for line in lines:
        match line.split(maxsplit=7):
            case [_, _, _, flags, _, _, inode, path] if int(flags, 16) & _LISTENS and real_path(files, path) == wanted:
                found.add(inode)
    return found


def _read_settings(daemon: Daemon, files: Files, process: int, gaps: list[Gap]) -> tuple[tuple[DaemonSetting, ...] | None, str]:
    """Settings (None when one source cannot be read) and where the configuration file is, or would be."""
    config = ""
    try:
        words = files.open(f"proc/{process}/cmdline")
        flags, odd = daemon_settings.read_flags(words.read(MEBIBYTE) if words else b"", origin=f"pid {process}")
        config = _config_path(daemon, files, process, flags)
        file = files.open(config.lstrip("/"))
        written = daemon_settings.read_config(file.read(MEBIBYTE), path=config) if file else ()
    except HullwatchError as error:
        gaps.append(Gap(kind="daemon-settings", what=config or "dockerd's command line", why=str(error)))
        return None, config
    settings, clashes = daemon_settings.merge(flags, written)
    gaps.extend((*odd, *clashes))
    return settings, config


def _config_path(daemon: Daemon, files: Files, process: int, flags: tuple[DaemonSetting, ...]) -> str:
    named = next((setting.value.strip('"') for setting in flags if setting.name == "config-file"), "")
    if named:
        return str(PurePosixPath(files.link(f"proc/{process}/cwd") or "/") / named)
    if not _is_rootless(daemon):
        return "/etc/docker/daemon.json"
    owner = files.state(f"proc/{process}")
    home = next((fields[5] for fields in _accounts(files, "etc/passwd") if owner and fields[2] == str(owner.uid) and len(fields) > 5), "")
    if not home:
        raise Malformed("the home of the daemon's user is not in /etc/passwd, and there a rootless daemon's settings are")
    return f"{home}/.config/docker/daemon.json"


def _is_rootless(daemon: Daemon) -> bool:
    return "name=rootless" in daemon.security_options


def _read_files(daemon: Daemon, files: Files, config: str, gaps: list[Gap]) -> tuple[DaemonFile, ...]:
    """One record per role; of sockets one for each that the daemon listens on."""
    users = {fields[2]: fields[0] for fields in _accounts(files, "etc/passwd")}
    groups = {fields[2]: fields[0] for fields in _accounts(files, "etc/group")}
    found = []
    for role, paths in _candidates(daemon, config):
        try:
            file = _first(files, role, paths)
        except HullwatchError as error:
            gaps.append(Gap(kind="file-unreadable", what=f"{role} at {paths[0]}", why=str(error)))
            continue
        if file.state is not None:
            uid, gid = str(file.state.uid), str(file.state.gid)
            file = replace(file, owner=f"{users.get(uid, uid)}:{groups.get(gid, gid)}")
        found.append(file)
    return tuple(found)


def _candidates(daemon: Daemon, config: str) -> Iterator[tuple[FileRole, tuple[str, ...]]]:
    """Where the file of each role may be; the first that is there is it."""
    settings = {setting.name: msgspec.json.decode(setting.value) for setting in daemon.settings or ()}
    for address in dict.fromkeys((daemon.endpoint, *_strings(settings.get("hosts")))):
        if address.startswith("unix://"):
            yield FileRole.SOCKET, (address.removeprefix("unix://"),)
    if daemon.program:
        yield FileRole.PROGRAM, (daemon.program,)
    if config:
        yield FileRole.SETTINGS, (config,)
    if config or not _is_rootless(daemon):
        yield FileRole.SETTINGS_DIRECTORY, (str(PurePosixPath(config).parent) if _is_rootless(daemon) else "/etc/docker",)
    yield FileRole.DEFAULTS, ("/etc/default/docker",)
    yield FileRole.SYSCONFIG, ("/etc/sysconfig/docker",)
    yield FileRole.DATA, (daemon.root_dir,)
    named = _strings([settings.get("containerd")])
    yield FileRole.CONTAINERD_SOCKET, (*named, "/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock")
    directories = tuple(dict.fromkeys((*([str(PurePosixPath(daemon.program).parent)] if daemon.program else ()), *_PROGRAMS)))
    for role, name in _FOUND_PROGRAMS.items():
        yield role, tuple(f"{directory}/{name}" for directory in directories)


def _strings(values: object) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _first(files: Files, role: FileRole, paths: tuple[str, ...]) -> DaemonFile:
    for path in paths:
        real = real_path(files, path)
        state = files.state(real)
        if state is not None and state.kind is not FileKind.LINK:
            named = f"/{real}" if role in _FOUND_PROGRAMS else path  # whichever directory was looked in first
            return DaemonFile(role=role, path=named, real_path=f"/{real}", state=state)
    return DaemonFile(role=role, path=paths[0])


def _accounts(files: Files, path: str) -> list[list[str]]:
    """Lines of passwd(5) or group(5) with a number in the third field."""
    try:
        file = files.open(path)
        lines = file.text(16 * MEBIBYTE).splitlines() if file else []
    except HullwatchError:
        return []
    rows = [line.split(":") for line in lines]
    return [row for row in rows if len(row) > 2 and row[2].isdecimal()]
