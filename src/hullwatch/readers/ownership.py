"""Which distribution package installed a language package's files (reference/clair.md section 5.2), decided on the merged file system."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec import Struct

from ..model import Location, Package
from . import python_packages

_NEEDLES = (b".dist-info/METADATA", b".egg-info", b"EGG-INFO/PKG-INFO")
"""One of these is in every path that a reader of language packages wants; most file lists hold none, and are done with at once."""
_ENDING = re.compile(rb"(?:\.dist-info/METADATA|\.egg-info(?:/PKG-INFO)?|EGG-INFO/PKG-INFO)(?=\n|\Z)")


class OwnedPaths(Struct, frozen=True, kw_only=True, tag="owned-paths"):
    """Paths (no leading slash) that one distribution package brought; only those that a reader of language packages would read."""

    package: str
    paths: tuple[str, ...]


def language_package_paths(listed: bytes) -> tuple[str, ...]:
    """Of a list of paths, one a line, those that a reader of language packages would read; in order, without a leading slash."""
    if not any(needle in listed for needle in _NEEDLES):
        return ()
    starts_and_ends = ((listed.rfind(b"\n", 0, hit.start()) + 1, hit.end()) for hit in _ENDING.finditer(listed))
    lines = (listed[start:end].decode("utf-8", "backslashreplace").removeprefix("/") for start, end in starts_and_ends)
    return tuple(path for path in lines if python_packages.reads.matches(path))


def owned(packages: Iterable[Package], owned_paths: Iterable[OwnedPaths], resolve: Callable[[str], str] = str) -> Iterator[Package]:
    """Yield all ``packages``, language packages with ``owned_by`` set where a distribution package brought them.

    ``resolve`` gives the real path of a path inside the target (``lib/x`` → ``usr/lib/x`` on a merged /usr). A package that lies at
    several places of different owners is split. Packages of the distribution itself pass as they are; order is kept.
    """
    owners = {path: owner.package for owner in owned_paths for path in owner.paths}
    for path, owner in tuple(owners.items()):
        owners.setdefault(resolve(path), owner)
    for package in packages:
        if package.ecosystem is None or not package.seen_at:
            yield package
        else:
            yield from _split_by_owner(package, owners, resolve)


def _split_by_owner(package: Package, owners: dict[str, str], resolve: Callable[[str], str]) -> Iterator[Package]:
    places: dict[str, list[Location]] = defaultdict(list)
    for place in package.seen_at:
        owner = owners.get(place.path) or owners.get(resolve(place.path), "")
        places[owner].append(place)
    for owner, seen_at in places.items():
        yield msgspec.structs.replace(package, owned_by=owner, seen_at=tuple(seen_at))
