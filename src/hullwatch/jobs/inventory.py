"""The job of ``hullwatch inventory``: what is in one target. Opens no history."""

from ..model import Inventory, Target, TargetKind, Unfinished
from ..targets.inventory import take_host_inventory, take_inventory
from ..targets.references import is_group, parse_reference
from ..targets.ssh.address import SCHEME
from .edges import Edges


def inventory(reference: str, edges: Edges) -> Inventory:
    """Take the inventory of what ``reference`` names. Raises Misuse, NotFound, Denied, Unreachable, Untrusted, Malformed, LimitExceeded."""
    return inventory_of(parse_reference(reference), edges)


def targets_of(text: str, edges: Edges) -> tuple[Target | Unfinished, ...]:
    """What ``text`` names: one target, or the hosts of a group (``@web``). Raises what ``parse_reference`` and the inventory raise."""
    return edges.fleet.members(text[1:]) if is_group(text) else (parse_reference(text),)


def inventory_of(target: Target, edges: Edges) -> Inventory:
    """Take the inventory of one target; the engine is asked only where the target needs it."""
    cache, clock, progress, limits = edges.cache, edges.clock, edges.progress, edges.settings.limits
    if target.reference.startswith(SCHEME):
        access = edges.access(target.reference)
        return take_host_inventory(target, access, cache=cache, clock=clock, progress=progress, limits=limits)
    needs_engine = target.kind in (TargetKind.CONTAINER, TargetKind.DAEMON) or target.reference.startswith("docker:")
    docker = edges.require_docker() if needs_engine else edges.docker if target.kind is TargetKind.HOST else None
    return take_inventory(target, docker=docker, cache=cache, clock=clock, progress=progress, root=edges.root, limits=limits)
