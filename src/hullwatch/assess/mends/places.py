"""Where a finding has to be mended, so that each is mended once: on the host, in an image or the base of several, by a new container."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from ...model import Digest, Gap, TargetKind, TargetReport
from ..vulnerabilities.lifecycles import END_OF_LIFE
from .items import Item

BASE_NAME = "org.opencontainers.image.base.name"
"""Label by which an image says what it was built on (https://specs.opencontainers.org/image-spec/annotations/)."""


class Act(StrEnum):
    """What is done."""

    UPGRADE = "upgrade"
    """Packages of the distribution, where they are installed."""
    RAISE = "raise"
    """Language packages, where they are asked for."""
    REFRESH = "refresh"
    """An image, or the base of several: pulled where a registry has it, else rebuilt."""
    LEAVE = "leave"
    """A release without support."""
    RECREATE = "recreate"
    """A container."""


class Place(Struct, frozen=True):
    """Items at one place have one mend."""

    act: Act
    where: str
    """Reference of the host, directory, container or image acted on; empty for a base that is named by a label alone."""
    layer: int = 0
    """Where language packages are asked for."""
    base: str = ""
    """Name of a base that only a label names."""


class Images:
    """The images of a run, and which was built on which: an image whose layers are another's first layers is its base."""

    def __init__(self, reports: Iterable[TargetReport]) -> None:
        images = [each for each in reports if each.inventory.target.kind is TargetKind.IMAGE and each.inventory.layers]
        self._by_layers: dict[tuple[Digest, ...], TargetReport] = {}
        for report in sorted(images, key=_seniority):
            self._by_layers.setdefault(_layers(report), report)
        self._labelled: dict[str, list[TargetReport]] = {}
        for report in images:
            if base := base_name(report):
                self._labelled.setdefault(base, []).append(report)

    def owner(self, report: TargetReport, layer: int) -> TargetReport:
        """The lowest image that brought a layer: the first of this image's bases that holds it, else the image itself."""
        layers = _layers(report)
        for height in range(max(layer, 1), len(layers) + 1) if layer else ():
            if found := self._by_layers.get(layers[:height]):
                return found
        return report

    def labelled_base(self, owner: TargetReport, layer: int) -> tuple[str, int]:
        """The base that an image built here names, when it may have brought this layer, and how many images name it; else "" and 0.

        How high the base reaches is not known: up to what all images that name it share.
        """
        base = base_name(owner)
        if not base or is_pulled(owner):
            return "", 0
        kin = [each for each in self._labelled.get(base, ()) if not is_pulled(each)]
        return (base, len(kin)) if layer <= shared_height(kin) else ("", 0)


def place_of(item: Item, images: Images) -> Place:
    """The place where an item is mended."""
    target = item.report.inventory.target
    match target.kind:
        case TargetKind.IMAGE:
            return _in_image(item, images)
        case TargetKind.CONTAINER:
            return Place(Act.RECREATE, target.reference)
        case _:
            return Place(Act.RAISE if item.ecosystem else Act.UPGRADE, target.reference)


def end_of_life(report: TargetReport) -> Gap | None:
    """The gap that says that a target's release has no support, when nobody waived it."""
    return next((gap for gap in report.gaps if gap.kind == END_OF_LIFE), None)


def is_pulled(report: TargetReport) -> bool:
    """Whether a registry has the image."""
    image = report.inventory.image
    return image is not None and bool(image.registry_digests)


def base_name(report: TargetReport) -> str:
    """The base that an image's label names, written as people write it; empty without one."""
    image = report.inventory.image
    name = image.labels.get(BASE_NAME, "").strip() if image else ""
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        name = name.removeprefix(prefix)
    return name


def _in_image(item: Item, images: Images) -> Place:
    owner = images.owner(item.report, item.layer)
    where = owner.inventory.target.reference
    base, kin = images.labelled_base(owner, item.layer)
    if item.ecosystem and not is_pulled(owner) and kin < 2:
        return Place(Act.RAISE, where, layer=item.layer)
    if end_of_life(owner):
        bottom = images.owner(item.report, 1)
        return Place(Act.LEAVE, bottom.inventory.target.reference if end_of_life(bottom) else where)
    return Place(Act.REFRESH, "" if base else where, base=base)


def _seniority(report: TargetReport) -> tuple[bool, str]:
    """Of images with the same layers the one that was pulled is the base of the others."""
    return (not is_pulled(report), report.inventory.target.reference)


def _layers(report: TargetReport) -> tuple[Digest, ...]:
    return tuple(layer.diff_id for layer in report.inventory.layers)


def shared_height(reports: Sequence[TargetReport]) -> int:
    """How many layers these images have in common, from the bottom."""
    stacks = [_layers(report) for report in reports]
    count = 0
    for level in zip(*stacks, strict=False):
        if len(set(level)) > 1:
            break
        count += 1
    return count
