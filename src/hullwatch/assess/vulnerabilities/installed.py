"""What is installed, in the words of advisories: one record for each version of a source package or language package."""

import re
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from ...model import Ecosystem, Location, Package, Scheme

SEEN_AT_LIMIT = 20
"""Places that evidence lists at most: enough to walk a finding back, however often a package lies in a target."""


class Installed(Struct, frozen=True):
    """One version of what an advisory can name, and the packages that carry it."""

    subject: str
    """Of its findings: the source package, or ``ecosystem:name``."""
    name: str
    """What advisories call it."""
    version: str
    scheme: Scheme
    packages: tuple[Package, ...]


@lru_cache(maxsize=65536)
def folded(name: str) -> str:
    """A Python package's name in its normal form (https://peps.python.org/pep-0503/)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def by_source(packages: Iterable[Package]) -> dict[str, list[Installed]]:
    """Source packages under their names, each version once. For packages of a distribution."""
    return _grouped((package.source.name, package.source.name, package.source.version, package) for package in packages)


def by_name(packages: Iterable[Package]) -> dict[str, list[Installed]]:
    """Packages of a distribution under their own names; their findings are about their sources all the same."""
    return _grouped((package.source.name, package.name, package.version, package) for package in packages)


def by_folded_name(packages: Iterable[Package], ecosystem: Ecosystem) -> dict[str, list[Installed]]:
    """Language packages under their folded names, each version once however many environments hold it."""
    prefix = f"{ecosystem.value.lower()}:"
    return _grouped((prefix + name, name, package.version, package) for package in packages for name in (folded(package.name),))


def places(packages: Iterable[Package]) -> tuple[Location, ...]:
    """Where packages were seen, each place once, ``SEEN_AT_LIMIT`` at most."""
    seen = dict.fromkeys(location for package in packages for location in package.seen_at)
    return tuple(seen)[:SEEN_AT_LIMIT]


def _grouped(rows: Iterable[tuple[str, str, str, Package]]) -> dict[str, list[Installed]]:
    groups: dict[tuple[str, str, str], list[Package]] = {}
    for subject, name, version, package in rows:
        groups.setdefault((subject, name, version), []).append(package)
    found: dict[str, list[Installed]] = {}
    for (subject, name, version), packages in groups.items():
        found.setdefault(name, []).append(Installed(subject, name, version, packages[0].scheme, tuple(packages)))
    return found
