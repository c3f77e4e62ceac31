"""The jobs of ``hullwatch db``: keep the advisory database current, and say what is in it."""

from collections.abc import Sequence

from ..errors import HullwatchError, Misuse
from ..model import Feed, Gap, Inventory, Unfinished
from ..targets.references import parse_reference
from .edges import Edges, gap_of
from .inventory import inventory_of, targets_of
from .scan import refresh


def update(references: Sequence[str], edges: Edges, *, force: bool = False) -> tuple[Gap, ...]:
    """Fetch the feeds that ``references`` need (none: every target that history knows, and this machine).

    A gap for each target that could not be looked at and each feed that could not be had. Raises Misuse, and the first target's error when
    none could be looked at.
    """
    if not references:
        return refresh(_known(edges), edges, force=force)
    inventories, gaps = _named(references, edges)
    return (*gaps, *refresh(inventories, edges, force=force))


def status(edges: Edges) -> tuple[Feed, ...]:
    """The feeds that are there, ordered by id."""
    return tuple(edges.database.status())


def _named(references: Sequence[str], edges: Edges) -> tuple[list[Inventory], list[Gap]]:
    inventories: list[Inventory] = []
    gaps: list[Gap] = []
    first: HullwatchError | None = None
    for text in references:
        try:
            for target in targets_of(text, edges):
                if isinstance(target, Unfinished):
                    gaps.append(target.gap)
                else:
                    inventories.append(inventory_of(target, edges))
        except Misuse:
            raise
        except HullwatchError as error:
            first = first or error
            gaps.append(gap_of(error, text))
    if first is not None and not inventories:
        raise first
    return inventories, gaps


def _known(edges: Edges) -> list[Inventory]:
    known = list(edges.history.inventories()) if edges.history is not None else []
    if any(each.target.reference == "host" for each in known):
        return known
    try:
        return [*known, inventory_of(parse_reference("host"), edges)]
    except HullwatchError as error:
        edges.progress.warn(f"this machine: {error}")
        return known
