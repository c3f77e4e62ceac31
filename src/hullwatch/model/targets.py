"""What we look at: targets, images' layers, distributions and files."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct, field

from .packages import Digest

RUNNING_STATES = frozenset({"running", "paused", "restarting"})
"""States in which the engine calls a container running."""


class TargetKind(StrEnum):
    """What kind of thing a target is."""

    HOST = "host"
    DAEMON = "daemon"
    IMAGE = "image"
    CONTAINER = "container"
    DIRECTORY = "directory"


class Target(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the user named (``reference``: the identity) and the identifiers found behind it (evidence, not identity)."""

    kind: TargetKind
    reference: str
    """In full: ``host``, ``daemon``, ``docker:alpine:3.19``, ``archive:/tmp/a.tar``, ``dir:/srv/root``, ``container:web``, ``ssh://me@web-1``."""
    identifiers: dict[str, str] = field(default_factory=dict)
    """For example ``image_id``, ``container_id``, ``hostname``, ``machine_id``, ``engine_version``;
    ``inventory_name`` is what an Ansible inventory calls a host."""

    @property
    def name(self) -> str:
        """How a table shows it: the host's name, or the reference without its kind."""
        match self.kind:
            case TargetKind.HOST:
                return self.identifiers.get("inventory_name") or self.identifiers.get("hostname", self.reference)
            case TargetKind.DAEMON:
                return self.reference
            case _:
                return self.reference.partition(":")[2] if self.reference.startswith(("docker:", "container:")) else self.reference


class Distribution(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="distribution"):
    """An operating system's distribution and release, from os-release(5)."""

    id: str
    release: str = ""
    """VERSION_ID, for Alpine without the patch level (``3.9``); empty where the release is rolling or not named."""
    code_name: str = ""
    name: str = ""
    """PRETTY_NAME."""
    like: tuple[str, ...] = ()
    variant: str = ""
    support_tiers: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    end_of_life: date | None = None


class Layer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One layer of an image."""

    number: int
    """From 1, the bottom."""
    diff_id: Digest
    instruction: str = ""
    size_bytes: int = 0


class FileKind(StrEnum):
    """What stands at a path."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    SOCKET = "socket"
    PIPE = "pipe"
    CHARACTER_DEVICE = "character device"
    BLOCK_DEVICE = "block device"


class FileState(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="file-state"):
    """The state of one path at one time."""

    path: str
    """Relative to the target's root, no leading slash."""
    kind: FileKind
    mode: int
    """Permission bits with setuid, setgid and sticky (``stat.S_IMODE``)."""
    uid: int
    gid: int
    size_bytes: int = 0
    modified_at_ns: int = 0
    changed_at_ns: int = 0
    inode: int = 0
    link_target: str = ""
    sha256: str = ""
    """Empty when the content was not read."""


class ImageFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an image says of itself. Nothing here comes from the content of layers."""

    image_id: Digest
    """Digest of its configuration."""
    names: tuple[str, ...] = ()
    """Its tags now, for example ``shop/api:2.4``."""
    registry_digests: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    architecture: str = ""
    created_at: datetime | None = None
    tag_moved_at: datetime | None = None
    user: str = ""
    has_health_check: bool = False


class ContainerFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the engine says of a container."""

    container_id: str
    name: str
    image_id: Digest
    image_name: str
    """As named when the container was created; it may point to another image by now."""
    state: str = ""
    """``running``, ``exited``, …"""
    ports: tuple[str, ...] = ()
    """Published ports, for example ``0.0.0.0:443->8443/tcp``."""
    tag_image_id: Digest | None = None
    """The image that ``image_name`` points to now; None when there is none."""
