"""What is installed: packages, what they were built from, and where they were seen."""

from enum import StrEnum
from typing import NewType

from msgspec import Struct

Digest = NewType("Digest", str)
"""``sha256:`` and 64 hexadecimal digits."""


class Scheme(StrEnum):
    """How versions are ordered."""

    DEB = "deb"
    APK = "apk"
    PEP440 = "pep440"


class Ecosystem(StrEnum):
    """Where a language package comes from, in OSV's words."""

    PYPI = "PyPI"


class Location(Struct, frozen=True, omit_defaults=True):
    """A path inside the target (relative to its root, no leading slash) and, in an image, the layer that put it there."""

    path: str
    layer: Digest | None = None
    """The layer's diff ID."""
    layer_number: int = 0
    """Its place in the image, from 1; 0 outside images and before layers are merged. ``Inventory.layers`` holds its instruction."""


class SourcePackage(Struct, frozen=True):
    """What a package was built from; its version may differ from that of the package."""

    name: str
    version: str


class Package(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="package"):
    """One installed package, at all the places where it was seen."""

    name: str
    version: str
    scheme: Scheme
    source: SourcePackage
    ecosystem: Ecosystem | None = None
    """Set for language packages only; None means that the distribution's package manager installed it."""
    architecture: str = ""
    vendor: str = ""
    module: str = ""
    repository: str = ""
    licences: tuple[str, ...] = ()
    """As declared."""
    owned_by: str = ""
    """The distribution package that installed this language package; empty when none did."""
    seen_at: tuple[Location, ...] = ()
