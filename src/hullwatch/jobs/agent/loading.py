"""Reading an agent's configuration: its file, the directory beside it, and the packs they name; and whether its queries can be run."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, structs

from ...errors import Denied, HullwatchError, NotFound, Unreachable
from ...model import Gap
from ...readers.osquery_config import SIZE_LIMIT, Pack, Part, read_pack, read_part
from ..edges import Edges
from ..query import query
from .plan import Plan, make_plan


class Loaded(Struct, frozen=True):
    """What was read."""

    parts: tuple[Part, ...]
    packs: tuple[Pack, ...]
    gaps: tuple[Gap, ...]
    """Files that could not be read."""


def load(path: Path) -> Loaded:
    """Read ``path``, then ``path.d/*.conf`` by name, then packs. Raises an error of ours when ``path`` itself cannot be read."""
    parts = [read_part(_read(path), str(path))]
    gaps: list[Gap] = []
    for further in sorted(Path(f"{path}.d").glob("*.conf")):
        try:
            parts.append(read_part(_read(further), str(further)))
        except HullwatchError as error:
            gaps.append(Gap(kind="configuration", what=str(further), why=str(error)))
    packs: list[Pack] = []
    for found in (pack for part in parts for named in part.packs for pack in _packs(named, path.parent)):
        if isinstance(found, Gap):
            gaps.append(found)
        else:
            packs.append(found)
    return Loaded(tuple(parts), tuple(packs), tuple(gaps))


def _packs(named: Pack, directory: Path) -> Iterator[Pack | Gap]:
    """A pack, read where it lies; under the name ``*`` its path is a pattern and each file a pack."""
    if named.part:
        yield named
        return
    paths: Sequence[Path] = (directory / named.path,)
    if named.name == "*":
        anchored = directory / named.path
        paths = sorted(Path(anchored.anchor).glob(str(anchored.relative_to(anchored.anchor))))
    for path in paths:
        name = path.stem if named.name == "*" else named.name
        try:
            yield read_pack(_read(path), name, str(path))
        except HullwatchError as error:
            yield Gap(kind="pack", what=f"pack {name}", why=str(error))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except FileNotFoundError as error:
        raise NotFound(f"{path} is not there") from error
    except PermissionError as error:
        raise Denied(f"{path} is closed to this user", remedy="run with sudo") from error
    except OSError as error:
        raise Unreachable(f"{path}: {error.strerror}") from error


def plan_of(loaded: Loaded, edges: Edges, hostname: str, given: Mapping[str, str]) -> Plan:
    """The plan of what was read: packs whose discovery finds nothing left out, and queries that cannot be run, each with a gap."""
    packs, gaps = _discovered(loaded.packs, edges)
    plan = make_plan(loaded.parts, packs, hostname, given)
    queries = []
    for each in plan.queries:
        try:
            query(f"explain {each.sql}", edges)
            queries.append(each)
        except HullwatchError as error:
            gaps.append(Gap(kind="query", what=f"query {each.name} is not run", why=str(error)))
    return structs.replace(plan, queries=tuple(queries), said=(*loaded.gaps, *plan.said, *gaps))


def _discovered(packs: Sequence[Pack], edges: Edges) -> tuple[list[Pack], list[Gap]]:
    """Packs of which each discovery query gives a row; one that cannot be run is a gap, and its pack does not count."""
    found: list[Pack] = []
    gaps: list[Gap] = []
    for pack in packs:
        try:
            if all(query(sql, edges, max_rows=1).rows for sql in pack.discovery):
                found.append(pack)
        except HullwatchError as error:
            gaps.append(Gap(kind="pack", what=f"pack {pack.name} does not count", why=f"its discovery cannot be run: {error}"))
    return found, gaps
