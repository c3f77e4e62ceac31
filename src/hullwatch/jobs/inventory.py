"""The job of ``hullwatch inventory``: what is in one target. Opens no history."""

from ..model import Inventory, Target, TargetKind
from ..targets.inventory import take_inventory
from ..targets.references import parse_reference
from .edges import Edges


def inventory(reference: str, edges: Edges) -> Inventory:
    """Take the inventory of what ``reference`` names. Raises Misuse, NotFound, Denied, Unreachable, Untrusted, Malformed, LimitExceeded."""
    return inventory_of(parse_reference(reference), edges)


def inventory_of(target: Target, edges: Edges) -> Inventory:
    """Take the inventory of one target; the engine is asked only where the target needs it."""
    needs_engine = target.kind in (TargetKind.CONTAINER, TargetKind.DAEMON) or target.reference.startswith("docker:")
    docker = edges.require_docker() if needs_engine else edges.docker if target.kind is TargetKind.HOST else None
    return take_inventory(
        target,
        docker=docker,
        cache=edges.cache,
        clock=edges.clock,
        progress=edges.progress,
        root=edges.root,
        limits=edges.settings.limits,
    )
