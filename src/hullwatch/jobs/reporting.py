"""From judgements to one report: containers against their images, history, waivers, mends, and the exit status."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from .. import __version__
from ..assess.difference import beyond_image, relation_to_image
from ..assess.mends import plan_mends, upgrades_of
from ..assess.threshold import fails, parse_threshold
from ..assess.waivers import ending, unused, waive
from ..errors import HullwatchError
from ..model import Finding, Gap, Judgement, Note, Report, Reported, TargetKind, TargetReport, Unfinished, Verdict, Waiver
from ..model.targets import RUNNING_STATES
from ..targets.listing import Local
from ..targets.machine import read_host_facts
from .edges import Edges

if TYPE_CHECKING:
    from ..store.history import Remembered


class Run(Struct, frozen=True, kw_only=True):
    """What a run has found out, before it is remembered and reported."""

    judgements: tuple[Judgement, ...]
    seconds: tuple[float, ...]
    """How long each inventory took, in the order of ``judgements``."""
    local: Local | None
    """What runs here; None when no engine can be asked."""
    unfinished: tuple[Unfinished, ...]
    notes: tuple[Note, ...]
    feed_gaps: tuple[Gap, ...]
    started_at: datetime
    number: int | None = None
    """Of the run that a server was asked for; it is remembered under this number, or it fails."""


def report_on(run: Run, waivers: Sequence[Waiver], fail_on: str, edges: Edges, *, remembered: bool) -> Report:
    """Make the report of a run, remembering it first so that it can say what is new."""
    related = beyond_images(run.judgements)
    memory = _remember(run, edges) if remembered else {}
    today = edges.clock.now().date()
    used: set[Waiver] = set()
    targets = []
    for judgement, (shown, relation), seconds in zip(run.judgements, related, run.seconds, strict=True):
        waived = waive(shown.findings, shown.gaps, waivers, target=judgement.inventory.target, today=today)
        used.update(waived.used)
        known = memory.get(judgement.inventory.target.reference)
        target = TargetReport(
            inventory=judgement.inventory,
            findings=tuple(_with_state(finding, waiver, known) for finding, waiver in waived.findings),
            gaps=tuple(waived.gaps),
            waived_gaps=tuple(waived.waived_gaps),
            notes=shown.notes,
            feeds=shown.feeds,
            mended=known.mended if known else (),
            gone=known.gone if known else (),
            previous_at=known.previous_at if known else None,
            relation=relation,
            running=_running(judgement, run.local),
            running_as=_running_as(judgement, run.local),
            seconds=seconds,
        )
        targets.append(replace(target, upgrades=upgrades_of(target)))
    unfinished: dict[bool, list[Unfinished]] = {True: [], False: []}
    for each in run.unfinished + tuple(Unfinished(reference=gap.what, gap=gap) for gap in run.feed_gaps):
        waived = waive((), (each.gap,), waivers, target=each.reference, today=today)
        used.update(waived.used)
        unfinished[bool(waived.waived_gaps)].append(each)
    report = Report(
        made_at=run.started_at,
        machine=read_host_facts(edges.files).hostname or "this machine",
        version=__version__,
        targets=tuple(targets),
        unfinished=tuple(unfinished[False]),
        waived_unfinished=tuple(unfinished[True]),
        mends=plan_mends(targets),
        notes=run.notes,
        unused_waivers=tuple(unused(waivers, used)),
        ending_waivers=tuple(ending(waivers, today)),
        fail_on=fail_on,
        settings_files=edges.settings.files,
        run=next((known.run for known in memory.values()), 0),
    )
    report = settled(report)
    if run.number is None:
        conclude(report, edges)
    return report


def settled(report: Report) -> Report:
    """The report with its exit status, which follows from what it holds."""
    failed = fails(report.targets, report.fail_on)
    incomplete = bool(report.unfinished) or any(target.gaps for target in report.targets)
    status = 0 if parse_threshold(report.fail_on).never else 1 if failed else 3 if incomplete else 0
    return replace(report, failed=failed, incomplete=incomplete, exit_status=status)


def changes_of(report: Report) -> Report:
    """The report with what is new only; mends and exit status stay those of all findings. Of a target's first run all is new."""
    return replace(report, targets=tuple(map(_changed, report.targets)), changes_only=True)


def _changed(target: TargetReport) -> TargetReport:
    if target.previous_at is None:
        return target
    known = sum(each.finding.verdict is Verdict.FAIL and not each.new and each.waived_by is None for each in target.findings)
    return replace(target, findings=tuple(each for each in target.findings if each.new), known=known)


def beyond_images(judgements: Sequence[Judgement]) -> list[tuple[Judgement, str]]:
    """Each judgement as it is shown and, for a container, how it relates to the image that its name points to now."""
    images = {
        each.inventory.image.image_id: each
        for each in judgements
        if each.inventory.image and each.inventory.target.kind is TargetKind.IMAGE
    }
    shown: list[tuple[Judgement, str]] = []
    for judgement in judgements:
        container = judgement.inventory.container
        image = images.get(container.tag_image_id) if container and container.tag_image_id else None
        shown.append((beyond_image(judgement, image), relation_to_image(judgement, image)) if container and image else (judgement, ""))
    return shown


def _remember(run: Run, edges: Edges) -> "Mapping[str, Remembered]":
    if edges.history is None:
        return {}
    try:
        return edges.history.remember(run.judgements, started_at=run.started_at, finished_at=edges.clock.now(), run=run.number)
    except HullwatchError as error:
        if run.number is not None:
            raise
        edges.progress.warn(f"this run is not remembered: {error}")
        return {}


def conclude(report: Report, edges: Edges) -> None:
    """Note in the history how the run ended."""
    if not report.run or edges.history is None:
        return
    try:
        edges.history.conclude(report.run, failed=report.failed, incomplete=report.incomplete, exit_status=report.exit_status)
    except HullwatchError as error:
        edges.progress.warn(f"how this run ended is not remembered: {error}")


def _with_state(finding: Finding, waiver: Waiver | None, known: "Remembered | None") -> Reported:
    if known is None:
        return Reported(finding=finding, waived_by=waiver)
    return Reported(finding=finding, first_seen=known.first_seen.get(finding.id), new=finding.id in known.new, waived_by=waiver)


def _running(judgement: Judgement, local: Local | None) -> bool | None:
    match judgement.inventory.target.kind:
        case TargetKind.HOST | TargetKind.DAEMON:
            return True
        case TargetKind.CONTAINER:
            facts = judgement.inventory.container
            return facts.state in RUNNING_STATES if facts else None
        case TargetKind.IMAGE:
            return bool(_running_as(judgement, local)) if local is not None else None
        case _:
            return False


def _running_as(judgement: Judgement, local: Local | None) -> tuple[str, ...]:
    image = judgement.inventory.image
    if image is None or local is None:
        return ()
    return tuple(each.name for each in local.containers if each.identifiers.get("image_id") == image.image_id)
