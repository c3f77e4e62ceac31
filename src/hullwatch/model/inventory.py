"""All facts of one target at one time."""

from datetime import datetime

from msgspec import Struct, field

from .daemon import Daemon
from .findings import Gap, Note
from .packages import Package
from .targets import ContainerFacts, Distribution, FileState, ImageFacts, Layer, Target


class Inventory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was read of one target. One record stands for one package at all its places."""

    target: Target
    taken_at: datetime
    distribution: Distribution | None = None
    packages: tuple[Package, ...] = ()
    """Ordered by ecosystem, name, version, architecture."""
    gaps: tuple[Gap, ...] = ()
    notes: tuple[Note, ...] = ()
    readers: dict[str, int] = field(default_factory=dict)
    """Revision of each reader that took part."""
    layers: tuple[Layer, ...] = ()
    image: ImageFacts | None = None
    container: ContainerFacts | None = None
    daemon: Daemon | None = None
    file_states: tuple[FileState, ...] = ()
    running_kernel: str = ""
    """Of a host: ``uname -r``."""
