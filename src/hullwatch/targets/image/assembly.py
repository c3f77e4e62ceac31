"""From the files that are seen to what an inventory holds: packages at their places, the distribution, and what could not be read."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ...model import Distribution, FileState, Gap, Location, Note, Package
from ...readers import distribution as distribution_reader
from ...readers.catalogue import Reader
from ...readers.ownership import OwnedPaths, owned
from .layers import LayerRead, Seen, identity
from .taking import Contents
from .wanted import name_of

_DISTRIBUTION = name_of(distribution_reader)


class Assembled(Struct):
    """The part of an inventory that comes from a target's files."""

    distribution: Distribution | None
    packages: tuple[Package, ...]
    file_states: tuple[FileState, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[Note, ...]


def assemble(contents: Contents, readers: Sequence[Reader]) -> Assembled:
    """Put together what readers found. Packages are ordered as ``Inventory.packages`` says, gaps by kind, what and why."""
    distribution = distribution_reader.choose({seen.path: fact for _, seen, fact in _facts(contents) if isinstance(fact, Distribution)})
    paths = [fact for _, _, fact in _facts(contents) if isinstance(fact, OwnedPaths)]
    packages = tuple(sorted(owned(_packages(contents), paths, lambda path: contents.merged.resolve(path)[0]), key=_order))
    states = sorted((fact for _, _, fact in _facts(contents) if isinstance(fact, FileState)), key=lambda state: state.path)
    gaps = {*contents.gaps, *_gaps(contents, distribution)}
    notes: list[Note] = []
    if name_of(distribution_reader) in map(name_of, readers):
        _judge_completeness(contents, distribution, packages, gaps, notes)
    in_order = sorted(gaps, key=lambda gap: (gap.kind, gap.what, gap.why, gap.seen_at.path if gap.seen_at else ""))
    return Assembled(distribution, packages, tuple(states), tuple(in_order), tuple(notes))


def _facts(contents: Contents) -> Iterator[tuple[str, Seen, object]]:
    for reader, seen in contents.seen:
        for fact in seen.facts:
            yield reader, seen, fact


def _packages(contents: Contents) -> Iterable[Package]:
    """One record for one package at all its places."""
    places: dict[Package, list[Location]] = {}
    licences: dict[Package, dict[str, None]] = {}
    for _, seen, fact in _facts(contents):
        if isinstance(fact, Package):
            bare = replace(fact, seen_at=(), licences=())
            layer = contents.layers[seen.origins.get(identity(fact), seen.layer)]
            places.setdefault(bare, []).append(_location(seen.path, layer))
            licences.setdefault(bare, {}).update(dict.fromkeys(fact.licences))
    for bare, seen_at in places.items():
        yield replace(bare, seen_at=tuple(sorted(set(seen_at), key=_place_order)), licences=tuple(licences[bare]))


def _gaps(contents: Contents, distribution: Distribution | None) -> Iterator[Gap]:
    for reader, seen, fact in _facts(contents):
        settled = reader == _DISTRIBUTION and distribution is not None  # another file said it: a worse one is no loss
        if isinstance(fact, Gap) and not settled:
            yield replace(fact, seen_at=_location(seen.path, contents.layers[seen.layer]))
    for reader, path in contents.merged.misplaced():
        if not (reader == _DISTRIBUTION and distribution is not None):
            yield Gap(kind="file", what=path, why="what stands there is no regular file", seen_at=Location(path))
    for layer in contents.layers:
        for gap in layer.facts.skeleton.gaps:
            yield replace(gap, seen_at=_location(gap.seen_at.path if gap.seen_at else "", layer))


def _judge_completeness(
    contents: Contents, distribution: Distribution | None, packages: Sequence[Package], gaps: set[Gap], notes: list[Note]
) -> None:
    """A system without its package database or with an empty one, or the other way round, is a gap; neither is an image from scratch."""
    has_packages = any(package.ecosystem is None for package in packages)
    databases = [seen for reader, seen in contents.seen if reader != _DISTRIBUTION and seen.path in contents.merged.exact_paths(reader)]
    match distribution, has_packages or bool(databases):
        case None, False:
            notes.append(Note(kind="no-system", what="operating system", why="there is neither a distribution nor a package database"))
        case Distribution() as found, False:
            name = found.name or f"{found.id} {found.release}".strip()
            gaps.add(Gap(kind="package-database", what=f"packages of {name}", why="no package database that we can read was found"))
        case Distribution() as found, True if not has_packages and not any(seen.facts for seen in databases):
            places = ", ".join(sorted(seen.path for seen in databases))
            gaps.add(Gap(kind="package-database", what=places, why=f"it names no package, though {found.id} is made of packages"))
        case None, True:
            gaps.add(
                Gap(kind="distribution", what="distribution", why="there is a package database, but no file that names the distribution")
            )


def _location(path: str, layer: LayerRead) -> Location:
    return Location(path, layer.diff_id, layer.number) if layer.diff_id else Location(path)


def _order(package: Package) -> tuple[str, ...]:
    source = package.source
    return (package.ecosystem or "", package.name, package.version, package.architecture, package.owned_by, source.name, source.version)


def _place_order(location: Location) -> tuple[str, int]:
    return (location.path, location.layer_number)
