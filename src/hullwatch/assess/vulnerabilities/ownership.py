"""Which packages a feed judges. The distribution's word outranks everybody else's, also for language packages that it installed."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from ...model import About, Ecosystem, Feed, Gap, Inventory, Note, Package, Scheme, packages_of_feed
from .installed import Installed, by_folded_name, by_name, by_source


class Judged(Struct, frozen=True):
    """What one feed judges of an inventory, under the names that it uses."""

    sources: dict[str, list[Installed]]
    packages: dict[str, list[Installed]]

    def named(self, about: About, name: str) -> Sequence[Installed]:
        """The installed versions that an advisory speaks of."""
        return (self.sources if about is About.SOURCE else self.packages).get(name, ())


_NOTHING = Judged({}, {})


class Division:
    """The packages of one inventory, divided among those who may judge them. Each is judged by one publisher."""

    def __init__(self, inventory: Inventory) -> None:
        self._packages: dict[Scheme | Ecosystem, list[Package]] = {}
        self._source_of = {package.name: package.source.name for package in inventory.packages if package.ecosystem is None}
        self.owned: list[Package] = []
        for package in inventory.packages:
            if package.ecosystem is not None and package.owned_by:
                self.owned.append(package)
            else:
                self._packages.setdefault(package.ecosystem or package.scheme, []).append(package)
        self._parts = {part: _judged(part, members) for part, members in self._packages.items()}

    def disown(self, known: Collection[str]) -> None:
        """Hand language packages to their ecosystem when their owner's source is none of ``known``: its publisher never speaks of it."""
        strangers = [package for package in self.owned if self._source_of.get(package.owned_by, package.owned_by) not in known]
        for package in strangers:
            self._packages.setdefault(package.ecosystem or package.scheme, []).append(package)
        self.owned = [package for package in self.owned if package not in strangers]
        for part in {package.ecosystem for package in strangers if package.ecosystem}:
            self._parts[part] = _judged(part, self._packages[part])

    @property
    def parts(self) -> dict[Scheme | Ecosystem, Judged]:
        """Every part that somebody has to judge."""
        return self._parts

    def judged_by(self, feed: Feed) -> Judged:
        """What ``feed`` judges; nothing when it speaks of no packages."""
        part = part_of(feed)
        return self._parts.get(part, _NOTHING) if part is not None else _NOTHING


def part_of(feed: Feed) -> Scheme | Ecosystem | None:
    """The packages that a feed speaks of; None for a feed of scores or lifecycles, and for one of a publisher that we do not know."""
    return packages_of_feed(feed.id)


def unjudged(division: Division, inventory: Inventory, covering: Sequence[Feed | Gap]) -> list[Gap]:
    """One gap for each part of the packages that no feed speaks of, save where the database has said so itself."""
    gaps = []
    for part, judged in division.parts.items():
        if any(part_of(each) is part if isinstance(each, Feed) else _misses(each, part) for each in covering):
            continue
        count = len({installed.name for group in judged.sources.values() for installed in group})
        whose = f"{part} packages" if isinstance(part, Ecosystem) else f"{part} source packages of {_release(inventory)}"
        gaps.append(Gap(kind="feed-missing", what=f"{count} {whose}", why="there is no feed that speaks of them"))
    return gaps


def _misses(gap: Gap, part: Scheme | Ecosystem) -> bool:
    """Whether a gap of the database says that this part's feed is not there, or that there is none anywhere."""
    if gap.kind == "no-advisories":
        return f" {part} packages" in gap.what if isinstance(part, Ecosystem) else " packages of " in gap.what
    return packages_of_feed(gap.what) is part


def owned_note(owned: Sequence[Package]) -> list[Note]:
    """Say once how many language packages are not judged by their ecosystem."""
    if not owned:
        return []
    names = sorted({package.owned_by for package in owned})
    why = f"installed by distribution packages, whose publisher's word counts: {', '.join(names)}"
    return [Note(kind="owned-packages", what=f"{len(owned)} language package{'s' if len(owned) > 1 else ''}", why=why)]


def _judged(part: Scheme | Ecosystem, packages: list[Package]) -> Judged:
    if isinstance(part, Ecosystem):
        named = by_folded_name(packages, part)
        return Judged(named, named)
    return Judged(by_source(packages), by_name(packages))


def _release(inventory: Inventory) -> str:
    distribution = inventory.distribution
    return f"{distribution.id} {distribution.release or distribution.code_name}".strip() if distribution else "an unknown distribution"
