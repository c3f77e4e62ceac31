"""From the reports of a run's targets, each made on its own, to one; and what a report holds, counted."""

from collections.abc import Sequence

from msgspec.structs import replace

from .. import __version__
from ..assess.mends import plan_mends
from ..model import Judgement, Report, TargetReport, Unfinished, Verdict
from ..store.memory import Memory
from ..store.runs import Counts
from ..targets.machine import read_host_facts
from .edges import Edges
from .reporting import beyond_images, settled


def report_of(memory: Memory, run: int) -> Report | None:
    """A run's report, of what is still kept; None where nothing is. Raises NotFound for a number that no run has."""
    parts = memory.runs.reports(run)
    return gathered(parts, _unfinished(memory, run), run) if parts else None


def nothing_seen(memory: Memory, run: int, edges: Edges) -> Report:
    """The report of a run that could look at nothing: why, target by target."""
    found = memory.runs.get(run)
    return settled(
        Report(
            made_at=found.started_at or found.requested_at,
            machine=read_host_facts(edges.files).hostname or "this machine",
            version=__version__,
            unfinished=tuple(_unfinished(memory, run)),
            run=run,
        )
    )


def gathered(parts: Sequence[Report], unfinished: Sequence[Unfinished], run: int) -> Report:
    """One report of the parts of a run, of which there is one at least. What a container shares with its image is told once."""
    targets = _related([target for part in parts for target in part.targets])
    unused = [waiver for waiver in parts[0].unused_waivers if all(waiver in part.unused_waivers for part in parts)]
    report = replace(
        parts[0],
        targets=tuple(targets),
        unfinished=(*(each for part in parts for each in part.unfinished), *unfinished),
        waived_unfinished=tuple(each for part in parts for each in part.waived_unfinished),
        mends=plan_mends(targets),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        unused_waivers=tuple(unused),
        seconds=sum(part.seconds for part in parts),
        run=run,
    )
    return settled(report)


def counts_of(report: Report) -> Counts:
    """What a report holds, counted."""
    failing = [each for target in report.targets for each in target.findings if each.finding.verdict is Verdict.FAIL]
    told = [each for each in failing if each.waived_by is None]
    severities: dict[str, int] = {}
    for each in told:
        severities[each.finding.severity.value] = severities.get(each.finding.severity.value, 0) + 1
    return Counts(
        findings=severities,
        exploited=sum(each.finding.exploited for each in told),
        new=sum(each.new for each in told),
        gone=sum(len(target.mended) for target in report.targets),
        gaps=len(report.unfinished) + sum(len(target.gaps) for target in report.targets),
        waived=len(failing) - len(told) + len(report.waived_unfinished) + sum(len(target.waived_gaps) for target in report.targets),
        failed=report.failed,
        incomplete=report.incomplete,
    )


def _unfinished(memory: Memory, run: int) -> list[Unfinished]:
    return [Unfinished(reference=each.reference, gap=each.error) for each in memory.runs.targets(run) if each.error is not None]


def _related(targets: Sequence[TargetReport]) -> list[TargetReport]:
    judgements = [
        Judgement(inventory=each.inventory, findings=tuple(found.finding for found in each.findings), gaps=each.gaps, notes=each.notes)
        for each in targets
    ]
    return [
        replace(
            target,
            findings=tuple(each for each in target.findings if each.finding.id in {finding.id for finding in shown.findings}),
            gaps=shown.gaps,
            notes=shown.notes,
            relation=relation,
        )
        if relation
        else target
        for target, (shown, relation) in zip(targets, beyond_images(judgements), strict=True)
    ]
