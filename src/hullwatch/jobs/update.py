"""The jobs of ``hullwatch db``: keep the advisory database current, and say what is in it."""

from collections.abc import Sequence

from ..errors import HullwatchError
from ..model import Feed, Gap, Inventory, Target
from ..targets.references import parse_reference
from .edges import Edges
from .inventory import inventory_of, targets_of
from .scan import refresh


def update(references: Sequence[str], edges: Edges, *, force: bool = False) -> tuple[Gap, ...]:
    """Fetch the feeds that ``references`` need (none: every target that history knows, and this machine); a gap for each that failed."""
    return refresh(_inventories(references, edges), edges, force=force)


def status(edges: Edges) -> tuple[Feed, ...]:
    """The feeds that are there, ordered by id."""
    return tuple(edges.database.status())


def _inventories(references: Sequence[str], edges: Edges) -> list[Inventory]:
    if references:
        targets = [target for text in references for target in targets_of(text, edges)]
        return [inventory_of(target, edges) for target in targets if isinstance(target, Target)]
    known = list(edges.history.inventories()) if edges.history is not None else []
    if any(each.target.reference == "host" for each in known):
        return known
    try:
        return [*known, inventory_of(parse_reference("host"), edges)]
    except HullwatchError as error:
        edges.progress.warn(f"this machine: {error}")
        return known
