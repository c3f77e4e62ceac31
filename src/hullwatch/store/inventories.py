"""Inventories: package versions once for all, the rest of each record beside them, and one row per state of a target."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, insert, or_, select

from ..model import Ecosystem, Inventory, Location, Package, Scheme, SourcePackage
from .judgements import AT_ONCE, insert_unless_there, portions
from .life import release_of
from .records import identity, pack, unpack
from .schema import inventories, inventory_packages, judgements, packages, targets

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class _Place(Struct, frozen=True, array_like=True):
    """What an inventory says of a package version: who brought it and where it was seen."""

    package: int
    owned_by: str = ""
    seen_at: tuple[Location, ...] = ()


class _Facts(Struct, frozen=True):
    """An inventory without its packages, and their places in order."""

    inventory: Inventory
    places: tuple[_Place, ...]


class _More(Struct, frozen=True, omit_defaults=True):
    """Rarer facts of a package version."""

    vendor: str = ""
    module: str = ""
    repository: str = ""
    licences: tuple[str, ...] = ()


def save_inventories(connection: Connection, found: Mapping[int, Inventory]) -> dict[int, int]:
    """Keep the inventory of each target, one that is there already no second time; gives the inventory's row by target."""
    states = {target: identity(replace(inventory, taken_at=_NO_TIME)) for target, inventory in found.items()}
    there = select(inventories.c.target, inventories.c.identity, inventories.c.id).where(
        inventories.c.target.in_(states), inventories.c.identity.in_(set(states.values()))
    )
    kept = {target: number for target, state, number in connection.execute(there) if states[target] == bytes(state)}
    new = {target: inventory for target, inventory in found.items() if target not in kept}
    numbers = _save_packages(connection, {_bare(package) for inventory in new.values() for package in inventory.packages})
    for target, inventory in new.items():
        kept[target] = _save_one(connection, target, states[target], inventory, numbers)
    return kept


def load_inventory(connection: Connection, reference: str) -> Inventory | None:
    """A target as it was last found; None when it never was."""
    row = connection.execute(_LATEST.where(targets.c.reference == reference)).one_or_none()
    return _whole(connection, row.facts, row.taken_at) if row else None


def load_inventories(connection: Connection) -> Iterator[Inventory]:
    """Every target as it was last found, ordered by reference; one is held at a time."""
    references = connection.scalars(select(targets.c.reference).where(targets.c.last_run.is_not(None)).order_by(targets.c.reference))
    for reference in references.all():
        if inventory := load_inventory(connection, reference):
            yield inventory


class KnownInventory(Struct, frozen=True, kw_only=True):
    """A target that was looked at, and what it was."""

    id: int
    """Of the target."""
    reference: str
    kind: str
    taken_at: datetime
    distribution: str
    """Id and release; empty where there is none."""


def list_inventories(connection: Connection, after: int, limit: int) -> list[KnownInventory]:
    """Targets that were looked at, with a number above ``after``, by number."""
    query = (
        select(targets.c.id, targets.c.reference, targets.c.kind, judgements.c.taken_at, inventories.c.distribution)
        .join(judgements, (judgements.c.target == targets.c.id) & (judgements.c.run == targets.c.last_run))
        .join(inventories, inventories.c.id == judgements.c.inventory)
        .where(targets.c.id > after)
        .order_by(targets.c.id)
        .limit(limit)
    )
    return [
        KnownInventory(id=row.id, reference=row.reference, kind=row.kind, taken_at=row.taken_at, distribution=row.distribution)
        for row in connection.execute(query)
    ]


def holders(connection: Connection, names: Collection[tuple[Ecosystem | None, str]]) -> tuple[str, ...]:
    """References of targets whose last inventory holds a package, or one built from a source package, of these names; sorted."""
    found: set[str] = set()
    for ecosystem in {each for each, _ in names}:
        for some in portions(sorted(name for each, name in names if each is ecosystem), AT_ONCE // 2):
            query = (
                select(targets.c.reference)
                .distinct()
                .join(judgements, (judgements.c.target == targets.c.id) & (judgements.c.run == targets.c.last_run))
                .join(inventory_packages, inventory_packages.c.inventory == judgements.c.inventory)
                .join(packages, packages.c.id == inventory_packages.c.package)
                .where(packages.c.ecosystem == (ecosystem or ""), or_(packages.c.name.in_(some), packages.c.source.in_(some)))
            )
            found.update(connection.scalars(query))
    return tuple(sorted(found))


_LATEST = (
    select(inventories.c.facts, judgements.c.taken_at)
    .join(judgements, judgements.c.inventory == inventories.c.id)
    .join(targets, (targets.c.id == judgements.c.target) & (targets.c.last_run == judgements.c.run))
)


def _bare(package: Package) -> Package:
    return replace(package, owned_by="", seen_at=())


def _save_packages(connection: Connection, wanted: Iterable[Package]) -> dict[Package, int]:
    """The row of each package version. New ones are written in one order by all, so that two writers never wait for each other."""
    keys = {identity(package): package for package in wanted}
    numbers = _numbers(connection, keys)
    missing = sorted(keys.keys() - numbers.keys())
    if missing:
        connection.execute(insert_unless_there(connection, packages), [_row(key, keys[key]) for key in missing])
        numbers |= _numbers(connection, missing)
    return {package: numbers[key] for key, package in keys.items()}


def _numbers(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    numbers: dict[bytes, int] = {}
    for some in portions(list(keys), AT_ONCE):
        found = connection.execute(select(packages.c.identity, packages.c.id).where(packages.c.identity.in_(some)))
        numbers.update((bytes(key), number) for key, number in found)
    return numbers


def _row(key: bytes, package: Package) -> dict[str, object]:
    more = _More(package.vendor, package.module, package.repository, package.licences)
    return {
        "identity": key,
        "scheme": package.scheme.value,
        "ecosystem": package.ecosystem.value if package.ecosystem else "",
        "name": package.name,
        "version": package.version,
        "source": package.source.name,
        "source_version": package.source.version,
        "architecture": package.architecture,
        "more": None if more == _More() else pack(more),
    }


def _save_one(connection: Connection, target: int, state: bytes, inventory: Inventory, numbers: Mapping[Package, int]) -> int:
    places = tuple(_Place(numbers[_bare(package)], package.owned_by, package.seen_at) for package in inventory.packages)
    facts = pack(_Facts(replace(inventory, packages=()), places))
    row = {"target": target, "identity": state, "distribution": release_of(inventory), "facts": facts}
    number = int(connection.execute(insert(inventories).returning(inventories.c.id), row).scalar_one())
    if places:
        held = sorted({place.package for place in places})
        connection.execute(insert(inventory_packages), [{"package": package, "inventory": number} for package in held])
    return number


def _whole(connection: Connection, packed: bytes, taken_at: datetime) -> Inventory:
    facts = unpack(packed, _Facts)
    known: dict[int, Package] = {}
    for some in portions([place.package for place in facts.places], AT_ONCE):
        for found in connection.execute(select(packages).where(packages.c.id.in_(some))):
            more = unpack(found.more, _More) if found.more else _More()
            known[found.id] = Package(
                name=found.name,
                version=found.version,
                scheme=Scheme(found.scheme),
                source=SourcePackage(found.source, found.source_version),
                ecosystem=Ecosystem(found.ecosystem) if found.ecosystem else None,
                architecture=found.architecture,
                vendor=more.vendor,
                module=more.module,
                repository=more.repository,
                licences=more.licences,
            )
    placed = tuple(replace(known[place.package], owned_by=place.owned_by, seen_at=place.seen_at) for place in facts.places)
    return replace(facts.inventory, taken_at=taken_at, packages=placed)
