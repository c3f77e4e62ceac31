"""Facts of a Docker daemon, as far as a check asks for them. Secrets (environment, join tokens) are never kept."""

from msgspec import Struct, field

from .packages import Digest


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
    """True for ``dir=`` rules and watches on directories."""


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
    program: str = ""
    """Path of the daemon's program, from ``/proc/<pid>/exe``; empty when it cannot be seen."""
