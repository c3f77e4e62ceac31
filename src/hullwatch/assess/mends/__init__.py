"""What to do, in order: each finding that something mends belongs to exactly one mend."""

from collections.abc import Sequence
from typing import assert_never

from ...model import Mend, TargetKind, TargetReport
from . import containers, hosts, images
from .items import URGENCY, Item, items_of, upgrades_of
from .places import Act, Images, Place, place_of

__all__ = ["in_order", "plan_mends", "upgrades_of"]


def plan_mends(targets: Sequence[TargetReport]) -> tuple[Mend, ...]:
    """Plan the mends of all targets.

    Order: exploited first, then what is on the host or runs, then the worst severity (unrated between high and medium), then how many it
    mends, then name. Findings that are waived, or that nothing mends yet, have none.
    """
    known = Images(targets)
    groups: dict[Place, list[Item]] = {}
    for item in items_of(targets):
        groups.setdefault(place_of(item, known), []).append(item)
    return tuple(sorted((_mend(place, items, targets) for place, items in groups.items()), key=in_order))


def _mend(place: Place, items: Sequence[Item], reports: Sequence[TargetReport]) -> Mend:
    match place.act:
        case Act.UPGRADE:
            return hosts.upgrade_mend(items)
        case Act.RAISE if items[0].report.inventory.target.kind is TargetKind.IMAGE:
            return images.raise_mend(place, items, reports)
        case Act.RAISE:
            return hosts.raise_mend(items)
        case Act.REFRESH:
            return images.refresh_mend(place, items, reports)
        case Act.LEAVE:
            return images.leave_mend(place, items, reports)
        case Act.RECREATE:
            return containers.recreate_mend(items, reports)
        case other:
            assert_never(other)


def in_order(mend: Mend) -> tuple[bool, int, int, int, str]:
    """Sorts mends of reports that were planned apart."""
    running = (True, None, False).index(mend.running)
    return (not mend.exploited, running, URGENCY.index(mend.worst), -len(mend.findings), mend.what)
