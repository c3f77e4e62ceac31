"""Which distribution package installed a file, as far as language packages want to know (reference/clair.md section 5.2)."""

from msgspec import Struct


class OwnedPaths(Struct, frozen=True, kw_only=True, tag="owned-paths"):
    """Paths (no leading slash) that one distribution package brought; only those that a reader of language packages would read."""

    package: str
    paths: tuple[str, ...]
