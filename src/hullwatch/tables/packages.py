"""Installed packages of the host, of images and of containers, one row per package: what an inventory holds."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from ..errors import HullwatchError
from ..model import Gap, Location, Package
from .columns import CHOOSES, SMALL
from .sources import Asked, Inventories

examples = (
    "select name, version from packages where source = 'openssl'",
    "select name, version, path, layer_number from packages where target = 'docker:nginx:1.25' and ecosystem = 'PyPI'",
    "select i.name, h.version from packages i join packages h using (name) where i.target = 'docker:web:2' and h.target = 'host'",
)

_NOWHERE = Location("")


class Row(msgspec.Struct, frozen=True):
    """The columns."""

    target: Annotated[str, "reference of a target, such as host or docker:nginx:1.25; where none is fixed, that of the query", CHOOSES]
    name: Annotated[str, "name"]
    version: Annotated[str, "version as the package manager writes it"]
    source: Annotated[str, "source package it was built from"]
    source_version: Annotated[str, "version of the source package"]
    scheme: Annotated[str, "how its versions are ordered: deb, apk, pep440"]
    ecosystem: Annotated[str, "where a language package comes from, such as PyPI; empty for packages of the distribution"]
    architecture: Annotated[str, "architecture; empty where it has none"]
    owned_by: Annotated[str, "distribution package that installed this language package; empty when none did"]
    path: Annotated[str, "file that says so, relative to the target's root; the first when there are several"]
    layer: Annotated[str, "diff ID of the image's layer that put it there; empty outside images"]
    layer_number: Annotated[int, "that layer's place from 1, the bottom; 0 outside images", SMALL]
    places: Annotated[int, "number of places it was seen at", SMALL]


def rows(inventories: Inventories, asked: Asked) -> Iterator[Row | Gap]:
    """Yield one row per package of each target, in the inventory's order; then the inventory's gaps.

    A target that is fixed and cannot be looked at is a gap. Raises what the query's own target raises.
    """
    if "target" not in asked.fixed:
        yield from _of(inventories.current, inventories)
        return
    for target in asked.texts("target"):
        try:
            yield from _of(target, inventories)
        except HullwatchError as error:
            yield Gap(kind="target", what=target, why=str(error))


def _of(target: str, inventories: Inventories) -> Iterator[Row | Gap]:
    inventory = inventories.of(target)
    for package in inventory.packages:
        yield _row(target, package)
    yield from inventory.gaps


def _row(target: str, package: Package) -> Row:
    place = package.seen_at[0] if package.seen_at else _NOWHERE
    return Row(
        target, package.name, package.version, package.source.name, package.source.version, package.scheme.value,
        package.ecosystem.value if package.ecosystem else "", package.architecture, package.owned_by,
        place.path, place.layer or "", place.layer_number, len(package.seen_at),
    )  # fmt: skip
