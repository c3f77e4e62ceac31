"""Facts of a Docker daemon, as far as a check asks for them. Secrets (environment, join tokens) are never kept."""

from enum import StrEnum

from msgspec import Struct, field

from .packages import Digest
from .targets import FileState


class DaemonSetting(Struct, frozen=True, kw_only=True):
    """One setting in force after a start: its value as JSON text and where it was set."""

    name: str
    """As in daemon.json, for example ``icc``."""
    value: str
    origin: str
    """For example ``/etc/docker/daemon.json`` or ``dockerd --icc (pid 812)``."""


class Network(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A network of the engine."""

    id: str
    name: str
    driver: str = ""
    options: dict[str, str] = field(default_factory=dict)


class Mount(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mount of a container."""

    kind: str
    """``bind``, ``volume``, ``tmpfs``, …"""
    source: str = ""
    destination: str = ""
    writable: bool = False
    propagation: str = ""


class Container(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A container as the engine inspects it."""

    id: str
    name: str
    image_id: Digest
    image_name: str = ""
    state: str = ""
    user: str = ""
    privileged: bool = False
    network_mode: str = ""
    pid_mode: str = ""
    ipc_mode: str = ""
    userns_mode: str = ""
    readonly_root: bool = False
    capabilities_added: tuple[str, ...] = ()
    capabilities_dropped: tuple[str, ...] = ()
    security_options: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    published: tuple[str, ...] = ()
    """Published ports, for example ``0.0.0.0:443->8443/tcp``."""
    process_id: int = 0
    """Of its first process, on the engine's machine; 0 when none runs."""
    process_uid: int | None = None
    """User id of that process as the engine's machine sees it; None when it was not looked at."""


class LocalImage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An image as the engine inspects it."""

    id: Digest
    names: tuple[str, ...] = ()
    user: str = ""
    has_health_check: bool = False


class AuditRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file rule of the audit system: the watched path, its permissions (of ``rwxa``) and where it was read."""

    path: str
    permissions: str
    origin: str
    recursive: bool = False
    """True for ``dir=`` rules and watches, which cover all below a directory."""
    conditions: tuple[str, ...] = ()
    """Further fields that narrow it, for example ``auid>=1000``."""
    suppresses: bool = False
    """True for a rule that keeps silent what later rules would record."""


class FileRole(StrEnum):
    """What a file of the machine is to its Docker daemon."""

    SOCKET = "socket"
    PROGRAM = "program"
    SETTINGS = "settings"
    SETTINGS_DIRECTORY = "settings directory"
    DEFAULTS = "defaults"
    """``/etc/default/docker`` (Debian family)."""
    SYSCONFIG = "sysconfig"
    """``/etc/sysconfig/docker`` (Red Hat family)."""
    DATA = "data"
    CONTAINERD = "containerd"
    CONTAINERD_SOCKET = "containerd socket"
    SHIM = "shim"
    RUNC = "runc"


class DaemonFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of the daemon's machine, as far as a check asks for it."""

    role: FileRole
    path: str
    """Absolute, as it is named."""
    real_path: str = ""
    """Absolute, all links resolved; that of ``state``."""
    state: FileState | None = None
    """Of what stands at ``real_path``; None when nothing does."""
    owner: str = ""
    """``root:docker``, by the machine's own accounts; numbers where it has no name."""


class Daemon(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A Docker daemon: what it is, how it is set, what it runs. None means: could not be read, and a gap says why."""

    id: str = ""
    name: str = ""
    version: str = ""
    api_version: str = ""
    endpoint: str = ""
    """Where it was asked, for example ``unix:///var/run/docker.sock``."""
    root_dir: str = ""
    storage_driver: str = ""
    logging_driver: str = ""
    security_options: tuple[str, ...] = ()
    live_restore: bool = False
    swarm_state: str = ""
    settings: tuple[DaemonSetting, ...] | None = None
    networks: tuple[Network, ...] | None = None
    containers: tuple[Container, ...] | None = None
    images: tuple[LocalImage, ...] | None = None
    audit_rules: tuple[AuditRule, ...] | None = None
    audit_origin: str = ""
    """Where the rules were read, or why there are none: ``auditctl -l``, ``auditd is not installed``."""
    files: tuple[DaemonFile, ...] | None = None
    """None when the daemon is not this machine's; a role that is missing could not be read."""
    program: str = ""
    """Path of the daemon's program, from ``/proc/<pid>/exe``; empty when it cannot be seen."""
