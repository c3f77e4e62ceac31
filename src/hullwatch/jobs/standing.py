"""Reports of what is known now: watched targets as they were last judged, with the waivers as they stand today."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from .. import __version__
from ..assess.mends import upgrades_of
from ..assess.waivers import ending, unused, waive
from ..errors import Misuse, NotFound
from ..model import Gap, Inventory, Note, Report, Reported, TargetKind, TargetReport, Unfinished, Waiver
from ..store.runs import OPEN
from ..store.standing import Standing
from ..store.targets import WatchedTarget
from ..targets.machine import read_host_facts
from ..targets.references import image_reference
from .edges import Edges
from .gathering import gathered
from .run_log import LoggedProgress
from .server import Server
from .working import load_waivers


class Known(Struct, frozen=True, kw_only=True):
    """One watched target: what is known of it, as a report of it alone."""

    standing: Standing
    report: Report


def target_now(server: Server, target: int) -> Known:
    """What is known of one target; of a container, only what its image has not. Raises NotFound, and Misuse for bad waivers."""
    standing = server.memory.standings.get(target)
    report = report_now(server, [standing, *_image_of(server, standing.inventory)])
    ours = [each for each in report.targets if each.inventory.target.reference == standing.watched.reference]
    unfinished = [each for each in report.unfinished if each.reference == standing.watched.reference or _is_of(each, standing)]
    return Known(standing=standing, report=gathered([replace(report, targets=tuple(ours), unfinished=tuple(unfinished))], (), 0))


def report_now(server: Server, standings: Iterable[Standing], seen: Callable[[TargetReport], TargetReport] = lambda each: each) -> Report:
    """One report of several targets, in their order. Raises Misuse for waivers that cannot be read.

    ``seen`` is given each target before those are related to each other, and gives it back with as much of it as is needed still.
    """
    waivers, now = load_waivers(server.settings), server.clock.now()
    targets: list[TargetReport] = []
    unfinished: dict[tuple[str, str, str], Unfinished] = {}
    used: set[Waiver] = set()
    notes: dict[Note, None] = {}
    for standing in standings:
        if standing.inventory is not None:
            target, matched = _judged(standing, standing.inventory, waivers, now.date())
            targets.append(seen(target))
            used |= matched
        for each in _unfinished(standing):
            covered = waive((), (each.gap,), waivers, target=each.reference, today=now.date())
            used |= set(covered.used)
            unfinished |= {(each.reference, gap.what, gap.why): each for gap in covered.gaps}
        notes |= dict.fromkeys(standing.report.notes if standing.report else ())
    report = Report(
        made_at=now,
        machine=machine_of(server),
        version=__version__,
        targets=tuple(targets),
        unfinished=tuple(unfinished.values()),
        notes=tuple(notes),
        unused_waivers=tuple(unused(waivers, used)),
        ending_waivers=tuple(ending(waivers, now.date())),
        fail_on=server.settings.fail_on,
        settings_files=server.settings.files,
    )
    return gathered([report], (), 0)


def _judged(standing: Standing, inventory: Inventory, waivers: Sequence[Waiver], today: date) -> tuple[TargetReport, set[Waiver]]:
    """A target as its last report had it, with the state of today."""
    lived = {each.finding.id: each for each in standing.findings}
    waived = waive([each.finding for each in standing.findings], standing.gaps, waivers, target=inventory.target, today=today)
    base = standing.report.targets[0] if standing.report else TargetReport(inventory=inventory, running=_running(inventory))
    target = replace(
        base,
        findings=tuple(
            Reported(finding=finding, first_seen=lived[finding.id].first_seen, new=lived[finding.id].new, waived_by=waiver)
            for finding, waiver in waived.findings
        ),
        gaps=waived.gaps,
        waived_gaps=waived.waived_gaps,
        feeds=standing.feeds,
        mended=tuple(finding.id for finding in standing.gone),
        gone=standing.gone,
        previous_at=standing.previous_at,
    )
    return replace(target, upgrades=upgrades_of(target)), set(waived.used)


def _unfinished(standing: Standing) -> list[Unfinished]:
    """What the last run could not look at beside the target, that nobody has looked at the target yet, or why the last try failed."""
    reference, tried = standing.watched.reference, standing.tried
    before = list(standing.report.unfinished) if standing.report else []
    if tried is not None and tried.error is not None:
        return [*before, Unfinished(reference=reference, gap=tried.error)]
    if standing.inventory is not None:
        return before
    why = "nothing has looked at it yet"
    if tried is not None:
        why = f"run {tried.run} is to look at it" if tried.status in OPEN else f"run {tried.run} was {tried.status}"
    return [Unfinished(reference=reference, gap=Gap(kind="not-judged-yet", what=reference, why=why))]


def _is_of(each: Unfinished, standing: Standing) -> bool:
    return standing.report is not None and each in standing.report.unfinished


def _image_of(server: Server, inventory: Inventory | None) -> list[Standing]:
    """The image that a container's name points to, where it is watched too."""
    if inventory is None or inventory.container is None or inventory.target.kind is not TargetKind.CONTAINER:
        return []
    try:
        reference = image_reference(inventory.container.image_name)
        found: list[WatchedTarget] = server.memory.targets.page(reference=reference, limit=1)
    except (Misuse, NotFound):
        return []
    return [server.memory.standings.get(each.id) for each in found]


def _running(inventory: Inventory) -> bool | None:
    """What an inventory itself says; the rest was known to its report alone."""
    match inventory.target.kind:
        case TargetKind.HOST | TargetKind.DAEMON:
            return True
        case TargetKind.CONTAINER:
            return inventory.container is not None and inventory.container.state == "running"
        case TargetKind.IMAGE:
            return None
        case _:
            return False


def machine_of(server: Server) -> str:
    """The host that the server itself runs on."""
    return read_host_facts(Edges(server.settings, LoggedProgress()).files).hostname or "this machine"
