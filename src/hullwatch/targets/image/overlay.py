"""Where the Docker Engine keeps the layers of images and containers on this machine (storage driver overlay2).

The engine names the directories; which layer is which is checked with its own layer database (``layerdb``: chain ID → directory and
diff ID), so that no other order, driver or machine is taken for this one's.
"""

import os
import re
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from ...model import Digest
from .taking import Place

_CAP_SYS_ADMIN = 21
_ALL_USERS = ["0", "0", "4294967295"]


class GraphDriver(Struct, rename="pascal"):
    """As the engine's answer about an image or container has it."""

    name: str = ""
    data: dict[str, str] | None = None


def image_places(driver: GraphDriver | None, diff_ids: Sequence[Digest], endpoint: str) -> tuple[Place, ...] | None:
    """The directories of an image's layers, the bottom first; None when they are not here, not readable or not what they should be."""
    directories = _directories(driver, endpoint)
    if directories is None or not _fit(directories, diff_ids):
        return None
    pairs = enumerate(zip(directories, diff_ids, strict=True), 1)
    return tuple(Place(directory, diff_id, number) for number, (directory, diff_id) in pairs)


def container_places(driver: GraphDriver | None, diff_ids: Sequence[Digest], endpoint: str) -> tuple[Place, ...] | None:
    """The same of a container: its image's layers, one that the engine adds (``-init``) and its own. None as above."""
    directories = _directories(driver, endpoint)
    if directories is None or len(directories) < 2:
        return None
    *lower, init, own = directories
    if not Path(init).parent.name.endswith("-init") or not _fit(lower, diff_ids):
        return None
    pairs = enumerate(zip(lower, diff_ids, strict=True), 1)
    return (*(Place(directory, diff_id, number) for number, (directory, diff_id) in pairs), Place(init), Place(own))


def read_configuration(places: Sequence[Place], image_id: Digest) -> bytes | None:
    """An image's configuration as it lies beside its layers; None when it is not there or is another one's."""
    if not places:
        return None
    root = Path(places[0].directory).parents[2]
    try:
        document = (root / "image" / "overlay2" / "imagedb" / "content" / "sha256" / image_id.removeprefix("sha256:")).read_bytes()
    except OSError:
        return None
    return document if f"sha256:{sha256(document).hexdigest()}" == image_id else None


@cache
def sees_marks() -> bool:
    """Whether this process sees overlayfs's own attributes (``trusted.*``: CAP_SYS_ADMIN, outside of user namespaces; xattr(7)).

    To others a layer looks as if it hid nothing of those below.
    """
    try:
        capabilities = re.search(r"^CapEff:\s*([0-9a-f]+)", Path("/proc/self/status").read_text(), re.MULTILINE)
        users = Path("/proc/self/uid_map").read_text().split()
    except OSError:
        return False
    return capabilities is not None and bool(int(capabilities[1], 16) >> _CAP_SYS_ADMIN & 1) and users == _ALL_USERS


def _directories(driver: GraphDriver | None, endpoint: str) -> list[str] | None:
    """All directories, the bottom first (the engine names the top first), links of ``l/`` followed; None when one cannot be read."""
    data = driver.data if driver is not None and driver.name == "overlay2" else None
    if not data or not data.get("UpperDir") or not endpoint.startswith("unix://") or not sees_marks():
        return None
    named = [data["UpperDir"], *filter(None, data.get("LowerDir", "").split(":"))]
    directories = [os.path.realpath(directory) for directory in reversed(named)]
    return directories if all(os.access(directory, os.R_OK | os.X_OK) for directory in directories) else None


def _fit(directories: Sequence[str], diff_ids: Sequence[Digest]) -> bool:
    """Whether the layer database says of each directory that it is the layer with this diff ID, on top of those below."""
    if len(directories) != len(diff_ids):
        return False
    chain = ""
    for directory, diff_id in zip(directories, diff_ids, strict=True):
        chain = f"sha256:{sha256(f'{chain} {diff_id}'.encode()).hexdigest()}" if chain else diff_id
        own = Path(directory).parent
        entry = own.parents[1] / "image" / "overlay2" / "layerdb" / "sha256" / chain.removeprefix("sha256:")
        try:
            said = (entry / "cache-id").read_text(), (entry / "diff").read_text()
        except (OSError, UnicodeDecodeError):
            return False
        if said != (own.name, diff_id):
            return False
    return True
