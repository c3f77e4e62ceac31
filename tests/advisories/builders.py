"""Inventories and databases as tests of advisories want them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from hullwatch.advisories.database import AdvisoryDatabase
from hullwatch.advisories.fetch import Fetcher
from hullwatch.advisories.places import Place
from hullwatch.advisories.transfer import Answer
from hullwatch.advisories.update import update_with
from hullwatch.errors import Unreachable
from hullwatch.model import Distribution, Ecosystem, Gap, Inventory, Package, Scheme, SourcePackage, Target, TargetKind
from hullwatch.ports import Step

from ..doubles import NOON, FixedClock, QuietProgress

BOOKWORM = Distribution(id="debian", release="12", code_name="bookworm")
ALPINE = Distribution(id="alpine", release="3.9")


def inventory(distribution: Distribution | None, *packages: Package) -> Inventory:
    """An image with these packages."""
    target = Target(kind=TargetKind.IMAGE, reference="docker:test:1")
    return Inventory(target=target, taken_at=NOON, distribution=distribution, packages=packages)


def deb(name: str, version: str, *, source: str = "", source_version: str = "", architecture: str = "amd64") -> Package:
    """A Debian package; its source has its own name and version unless told otherwise."""
    built_from = SourcePackage(source or name, source_version or version)
    return Package(name=name, version=version, scheme=Scheme.DEB, source=built_from, architecture=architecture)


def apk(name: str, version: str, *, source: str = "") -> Package:
    """An Alpine package."""
    return Package(name=name, version=version, scheme=Scheme.APK, source=SourcePackage(source or name, version))


def wheel(name: str, version: str) -> Package:
    """A Python package."""
    return Package(name=name, version=version, scheme=Scheme.PEP440, ecosystem=Ecosystem.PYPI, source=SourcePackage(name, version))


def update(
    database: AdvisoryDatabase,
    inventories: Iterable[Inventory],
    mirror: Path | str,
    *,
    clock: FixedClock | None = None,
    force: bool = False,
) -> tuple[Gap, ...]:
    """Update from a mirror; publishers are never asked."""
    progress = QuietProgress()
    with LonelyFetcher(mirror=str(mirror), timeout_s=5, progress=progress, sleep=lambda _: None) as fetcher:
        return update_with(fetcher, database, tuple(inventories), max_age_h=24, clock=clock or FixedClock(), progress=progress, force=force)


class LonelyFetcher(Fetcher):
    """A fetcher that reaches loopback and files alone, as on a machine without a network."""

    def _asked(self, place: Place, headers: Mapping[str, str], limit: int, step: Step | None) -> Answer:
        if urlsplit(place.address).hostname != "127.0.0.1":
            raise Unreachable(f"{place.address}: no network")
        return super()._asked(place, headers, limit, step)
