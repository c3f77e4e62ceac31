"""Targets: all that are watched, and one with what is known of it, where in it that lies, and its runs."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from ...errors import HullwatchError
from ...jobs.now import checks_now, mends_now, missing_now, verdict_of
from ...jobs.standing import target_now
from ...model import FindingKind, Verdict
from ...reports.formats import FORMATS
from ...reports.names import newest_edition
from ...reports.screen.checks import failed_checks
from ...reports.screen.layers import count_layers
from ...reports.screen.packages import group_packages
from ...reports.summary import summarise
from ...store.runs import Parameters
from ..api.runs import read_runs
from ..api.targets import TargetId, read_targets
from ..problem import status_of
from ..security import Here, Operator, Viewer, Visitor
from .rendering import address, page, see

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]
_PER_PAGE = 100
_RUNS = 10
_PACKAGES = 20
_NOT_FAILING = (Verdict.UNDETERMINED, Verdict.PASS, Verdict.NOT_APPLICABLE)


@router.get("/targets")
def show_targets(request: Request, here: Here, who: Viewer, cursor: str = "") -> Response:
    """What is watched."""
    return _list(request, here, who, cursor)


@router.post("/targets")
def add_target(
    request: Request, here: Here, who: Operator, reference: Field = "", name: Field = "", labels: Field = "", scan: Field = ""
) -> Response:
    """Look after a target from now on; look at it at once, if that is wished."""
    try:
        watched = here.watch(reference.strip(), name=name.strip()[:200], labels=_labels(labels), by=who.user.name)
    except HullwatchError as error:
        return _list(request, here, who, "", given={"reference": reference, "name": name, "labels": labels}, error=error)
    if scan:
        return see(f"/runs/{here.request('scan', (watched.reference,), Parameters(), by=who.user.name).id}")
    return see(f"/targets/{watched.id}")


@router.get("/targets/{target}")
def show_target(request: Request, here: Here, who: Viewer, target: TargetId) -> Response:
    """What is known of one target."""
    known = target_now(here, target)
    report, judged = known.report, known.report.targets[0] if known.report.targets else None
    summary = summarise(report)
    return page(
        request,
        "target.html",
        who,
        twin=f"/api/v1/targets/{target}/report",
        watched=known.standing.watched,
        tried=known.standing.tried,
        report=report,
        summary=summary,
        verdict=verdict_of(report, summary),
        mends=mends_now(report, summary),
        judged=judged,
        packages=group_packages(judged) if judged else [],
        layers=count_layers(judged)[0] if judged else [],
        checks=checks_now(report),
        edition=newest_edition(check.finding for check in failed_checks(report)),
        other_checks={
            verdict: [
                each.finding
                for each in (judged.findings if judged else ())
                if each.finding.kind is FindingKind.BENCHMARK and each.finding.verdict is verdict
            ]
            for verdict in _NOT_FAILING
        },
        waived=[each for each in (judged.findings if judged else ()) if each.waived_by and each.finding.verdict is Verdict.FAIL],
        missing=missing_now(report, {known.standing.watched.reference: target}),
        runs=read_runs(here, limit=_RUNS, target=known.standing.watched.reference),
        formats=tuple(FORMATS),
        folds={"packages": _PACKAGES},
    )


@router.post("/targets/{target}/run")
def run_target(here: Here, who: Operator, target: TargetId) -> Response:
    """Look at it now."""
    reference = here.memory.targets.get(target).reference
    return see(f"/runs/{here.request('scan', (reference,), Parameters(), by=who.user.name).id}")


@router.post("/targets/{target}/change")
def change_target(here: Here, _: Operator, target: TargetId, name: Field = "", labels: Field = "") -> Response:
    """Call it something else."""
    here.memory.targets.change(target, name=name.strip()[:200], labels=_labels(labels))
    return see(f"/targets/{target}")


@router.post("/targets/{target}/leave")
def leave_target(here: Here, _: Operator, target: TargetId) -> Response:
    """Look after it no longer."""
    here.memory.targets.leave(target)
    return see("/targets")


def _list(
    request: Request, here: Here, who: Visitor, cursor: str, *, given: dict[str, str] | None = None, error: HullwatchError | None = None
) -> Response:
    return page(
        request,
        "targets.html",
        who,
        twin=address("/api/v1/targets", {"cursor": cursor}),
        status=status_of(error) if error else 200,
        targets=read_targets(here, cursor, _PER_PAGE),
        given=given or {"reference": "", "name": "", "labels": ""},
        error=error,
    )


def _labels(text: str) -> tuple[str, ...]:
    """Labels as they are typed: with commas between them."""
    return tuple(dict.fromkeys(each.strip()[:200] for each in text.split(",") if each.strip()))[:50]
