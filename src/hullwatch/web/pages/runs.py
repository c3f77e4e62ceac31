"""Runs: what is done, was done and is asked for; and one with its log, followed live where scripts run."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response

from ...store.runs import Parameters, RunStatus
from ..api.runs import RunId, read_run, read_runs
from ..security import Here, Operator, Viewer
from .rendering import address, page, see

router = APIRouter(include_in_schema=False)
_PER_PAGE = 50
_LINES = 500
_REFRESH_S = 3
Field = Annotated[str, Form()]


@router.get("/runs")
def show_runs(
    request: Request,
    here: Here,
    who: Viewer,
    cursor: str = "",
    status: RunStatus | Literal[""] = "",
    target: Annotated[str, Query(max_length=4096)] = "",
    schedule: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """Runs, the newest first."""
    runs = read_runs(here, cursor, _PER_PAGE, status=status or None, schedule=schedule, target=target)
    query = {"status": status, "target": target, "schedule": str(schedule or "")}
    return page(
        request,
        "runs.html",
        who,
        twin=address("/api/v1/runs", query | {"cursor": cursor}),
        refresh_s=10 if any(each.open for each in runs.runs) and not cursor else 0,
        runs=runs,
        query=query,
        statuses=tuple(RunStatus),
        schedule=here.memory.schedules.get(schedule) if schedule else None,
    )


@router.post("/runs")
def add_run(here: Here, who: Operator, job: Field = "scan") -> Response:
    """Look at everything that is watched, or fetch advisories, now."""
    return see(f"/runs/{here.request(job, (), Parameters(), by=who.user.name).id}")


@router.get("/runs/{run}")
def show_run(
    request: Request, here: Here, who: Viewer, run: RunId, after: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None
) -> Response:
    """One run; from line ``after`` on, or the last lines."""
    found = read_run(here, run)
    last = here.memory.logs.last(run)
    first = max(0, last - _LINES) if after is None else after
    lines = here.memory.logs.read(run, after=first, limit=_LINES)
    return page(
        request,
        "run.html",
        who,
        twin=f"/api/v1/runs/{run}",
        refresh_s=_REFRESH_S if found.open and after is None else 0,
        run=found,
        ids=here.memory.targets.ids(each.reference for each in found.targets),
        lines=lines,
        first=first,
        last=last,
        earlier=max(0, first - _LINES) if first else None,
        later=lines[-1].seq if lines and lines[-1].seq < last else None,
        following=found.open and after is None,
    )


@router.post("/runs/{run}/cancel")
def cancel_run(here: Here, who: Operator, run: RunId) -> Response:
    """Ask that it end."""
    here.cancel(run, by=who.user.name)
    return see(f"/runs/{run}")
