"""Section 3: who owns the daemon's files, and who else may read or write them."""

from msgspec import json

from ...model import Daemon, DaemonFile, FileKind, FileRole, Severity
from .check import Answer, Check, check, fails, not_applicable, passes, undetermined


def _mode(slug: str, number: str, *, limit: int, what: str, role: FileRole, level: int = 1, severity: Severity = Severity.MEDIUM) -> Check:
    def judge(file: DaemonFile) -> Answer:
        return _has_no_more_than(file, limit)

    title = f"Permissions of {what} are {limit:o} or stricter"
    return check(slug, cis={"1.6": number}, level=level, severity=severity, title=title, remedy=f"chmod {limit:o} PATH", role=role)(judge)


def _has_no_more_than(file: DaemonFile, limit: int) -> Answer:
    """Judged bit by bit: 0622 is not stricter than 0644, though it is a smaller number."""
    if file.state is None:
        return not_applicable(f"nothing stands at {file.path}")
    if file.role is FileRole.SOCKET and file.state.kind is not FileKind.SOCKET:
        return undetermined(f"a {file.state.kind} stands at {file.path}, no socket")
    found, expected = f"{file.state.mode:04o} {file.owner}", f"{limit:04o} or stricter"
    excess = file.state.mode & 0o777 & ~limit
    if not excess:
        return passes(_where(file), found, expected)
    remedy = f"chmod {file.state.mode & 0o777 & limit:04o} {file.real_path}"
    return fails(_where(file), found, expected, remedy=remedy, notes=(f"too much: {excess:04o}",))


def _owner(slug: str, number: str, *, what: str, role: FileRole, level: int = 1, severity: Severity = Severity.MEDIUM) -> Check:
    title = f"Root owns {what}"
    return check(slug, cis={"1.6": number}, level=level, severity=severity, title=title, remedy="chown root:root PATH", role=role)(
        _is_roots
    )


def _is_roots(file: DaemonFile, daemon: Daemon) -> Answer:
    """User and group 0; a rootless daemon's files belong to its user."""
    if "name=rootless" in daemon.security_options:
        return not_applicable("the daemon runs rootless: its files belong to its user")
    if file.state is None:
        return not_applicable(f"nothing stands at {file.path}")
    right = file.state.uid == file.state.gid == 0
    return passes(_where(file), file.owner, "root:root") if right else _wrong_owner(file, "root:root")


def _wrong_owner(file: DaemonFile, expected: str) -> Answer:
    return fails(_where(file), file.owner, expected, remedy=f"chown {expected} {file.real_path}")


def _where(file: DaemonFile) -> str:
    return file.path if file.real_path == file.path else f"{file.path} (that is {file.real_path})"


@check(
    "docker-socket-owner", cis={"1.6": "3.15"}, level=1, severity=Severity.HIGH, role=FileRole.SOCKET,
    title="The daemon's socket belongs to root and the docker group",
    remedy="chown root:docker PATH, or restart docker.socket",
)  # fmt: skip
def socket_owner(file: DaemonFile, daemon: Daemon) -> Answer:
    """The group may be named in the settings; root's own is stricter still."""
    if "name=rootless" in daemon.security_options:
        return not_applicable("the daemon runs rootless: its socket belongs to its user")
    if file.state is None or file.state.kind is not FileKind.SOCKET:
        return undetermined(f"no socket stands at {file.path}")
    set_group = next((json.decode(setting.value) for setting in daemon.settings or () if setting.name == "group"), "docker")
    groups = {"root", str(set_group)}
    right = file.state.uid == 0 and file.owner.partition(":")[2] in groups
    return passes(_where(file), file.owner, f"root:{set_group}") if right else _wrong_owner(file, f"root:{set_group}")


socket_mode = _mode("docker-socket-mode", "3.16", limit=0o660, what="the daemon's socket", role=FileRole.SOCKET, severity=Severity.HIGH)
settings_directory_owner = _owner("settings-directory-owner", "3.5", what="/etc/docker", role=FileRole.SETTINGS_DIRECTORY)
settings_directory_mode = _mode("settings-directory-mode", "3.6", limit=0o755, what="/etc/docker", role=FileRole.SETTINGS_DIRECTORY)
settings_owner = _owner("settings-owner", "3.17", what="the daemon's configuration file", role=FileRole.SETTINGS)
settings_mode = _mode("settings-mode", "3.18", limit=0o644, what="the daemon's configuration file", role=FileRole.SETTINGS)
defaults_owner = _owner("defaults-owner", "3.19", what="/etc/default/docker", role=FileRole.DEFAULTS)
defaults_mode = _mode("defaults-mode", "3.20", limit=0o644, what="/etc/default/docker", role=FileRole.DEFAULTS)
sysconfig_mode = _mode("sysconfig-mode", "3.21", limit=0o644, what="/etc/sysconfig/docker", role=FileRole.SYSCONFIG)
sysconfig_owner = _owner("sysconfig-owner", "3.22", what="/etc/sysconfig/docker", role=FileRole.SYSCONFIG)
containerd_socket_owner = _owner("containerd-socket-owner", "3.23", what="containerd's socket", role=FileRole.CONTAINERD_SOCKET, level=0)
containerd_socket_mode = _mode(
    "containerd-socket-mode", "3.24", limit=0o660, what="containerd's socket", role=FileRole.CONTAINERD_SOCKET, level=0
)
