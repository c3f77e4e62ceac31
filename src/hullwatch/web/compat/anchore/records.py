"""Watched images in the engine's words: tags, digests, states."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from ....errors import HullwatchError, NotFound
from ....jobs.images import identify_image, reference_of
from ....jobs.server import Server
from ....model import ImageFacts, Inventory, TargetKind
from ....store.runs import RunStatus
from ....store.targets import WatchedTarget

_PAGE = 200
_STATES = {RunStatus.QUEUED: "not_analyzed", RunStatus.RUNNING: "analyzing"}


class KnownImage(Struct, frozen=True, kw_only=True):
    """A watched image."""

    watched: WatchedTarget
    facts: ImageFacts | None
    """None: the engine does not know it and it was never looked at."""
    inventory: Inventory | None
    """Of its last analysis."""
    state: str
    """``analysis_status``."""

    @property
    def digest(self) -> str:
        """What the engine's clients call it by: its registry's digest where it has one, else its id."""
        if self.facts is None:
            return f"sha256:{'0' * 64}"
        return next((each.rpartition("@")[2] for each in self.facts.registry_digests if "@sha256:" in each), self.facts.image_id)

    @property
    def image_id(self) -> str:
        """64 hexadecimal digits."""
        return self.facts.image_id.removeprefix("sha256:") if self.facts else "0" * 64


def stamp(time: datetime) -> str:
    """A time as the engine writes it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def full_tag(reference: str) -> tuple[str, str, str]:
    """Registry, repository and tag of ``docker:…``, as the engine has them."""
    name = reference.removeprefix("docker:")
    head, slash, rest = name.partition("/")
    registry, path = (head, rest) if slash and ("." in head or ":" in head or head == "localhost") else ("docker.io", name)
    repository, _, tag = path.partition("@")[0].rpartition(":") if ":" in path.partition("@")[0] else (path.partition("@")[0], "", "latest")
    return registry, repository if "/" in repository or registry != "docker.io" else f"library/{repository}", tag


def known_images(here: Server) -> Iterator[KnownImage]:
    """Every watched image."""
    after = 0
    while page := here.memory.targets.page(after=after, limit=_PAGE):
        after = page[-1].id
        yield from (_known(here, each) for each in page if each.kind is TargetKind.IMAGE and each.reference.startswith("docker:"))


def by_tag(here: Server, tag: str) -> KnownImage:
    """The watched image that a tag, ``repository@digest`` or id means. Raises NotFound, Misuse."""
    if len(tag) == 64 and all(each in "0123456789abcdef" for each in tag):
        return by_digest(here, f"sha256:{tag}")
    if "@" in tag:
        return by_digest(here, tag.rpartition("@")[2])
    reference = reference_of(tag)
    found = here.memory.targets.page(limit=1, reference=reference)
    if not found:
        raise NotFound(f"image not found: {tag}", remedy="add it first")
    return _known(here, found[0])


def by_digest(here: Server, digest: str) -> KnownImage:
    """The watched image with this digest or id. Raises NotFound."""
    wanted = digest if digest.startswith("sha256:") else f"sha256:{digest}"
    for image in known_images(here):
        if image.facts is not None and wanted in (image.digest, image.facts.image_id):
            return image
    raise NotFound(f"image not found: {digest}", remedy="add it first")


def analyzed(image: KnownImage) -> Inventory:
    """Its inventory. Raises NotFound, in words that clients read, while there is none."""
    if image.state != "analyzed" or image.inventory is None:
        raise NotFound(f"image is not analyzed - analysis_status: {image.state}")
    return image.inventory


def _known(here: Server, watched: WatchedTarget) -> KnownImage:
    runs = here.memory.runs.page(limit=1, reference=watched.reference)
    inventory = here.memory.history.inventory(watched.reference)
    state = _STATES.get(runs[0].status) if runs else None
    if state is None:
        state = "analyzed" if inventory is not None else "analysis_failed" if runs else "not_analyzed"
    facts = inventory.image if inventory is not None else None
    if facts is None:
        try:
            facts = identify_image(watched.reference, here.settings)
        except HullwatchError:
            facts = None
    return KnownImage(watched=watched, facts=facts, inventory=inventory, state=state)


def image_record(image: KnownImage) -> dict[str, Any]:
    """What the engine says of an image."""
    registry, repository, tag = full_tag(image.watched.reference)
    added = stamp(image.watched.watched_at)
    changed = stamp(image.watched.last_judged_at) if image.watched.last_judged_at else added
    full = f"{registry}/{repository}:{tag}"
    return {
        "imageDigest": image.digest,
        "parentDigest": image.digest,
        "userId": image.watched.watched_by,
        "image_type": "docker",
        "annotations": {},
        "analysis_status": image.state,
        "analyzed_at": changed if image.state == "analyzed" else None,
        "image_status": "active",
        "created_at": added,
        "last_updated": changed,
        "image_content": {"metadata": _metadata(image)},
        "image_detail": [
            {
                "imageDigest": image.digest,
                "digest": image.digest,
                "imageId": image.image_id,
                "registry": registry,
                "repo": repository,
                "tag": tag,
                "fulltag": full,
                "fulldigest": f"{registry}/{repository}@{image.digest}",
                "created_at": added,
                "last_updated": changed,
                "tag_detected_at": added,
                "userId": image.watched.watched_by,
            }
        ],
    }


def _metadata(image: KnownImage) -> dict[str, Any]:
    """Complete, or empty: clients read all of it."""
    inventory = image.inventory
    if inventory is None or image.state != "analyzed":
        return {}
    distribution = inventory.distribution
    return {
        "arch": image.facts.architecture if image.facts else "",
        "distro": distribution.id if distribution else "unknown",
        "distro_version": (distribution.release or distribution.code_name) if distribution else "unknown",
        "dockerfile_mode": "Guessed",
        "image_size": sum(layer.size_bytes for layer in inventory.layers),
        "layer_count": len(inventory.layers),
    }
