"""``/api/v1/runs``: what is done, was done and is asked for; logs to follow; reports."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.responses import StreamingResponse
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from ...errors import NotFound
from ...jobs.gathering import report_of
from ...jobs.server import Server
from ...model import Report
from ...reports.formats import FORMATS, format_named
from ...reports.look import Look
from ...store.logs import LogLine
from ...store.runs import Parameters, Run, RunStatus, RunTarget
from ..answers import Answer, body, says
from ..cursors import Cursor, Limit, Number, read_cursor, write_cursor
from ..live import EVENT_STREAM, follow_log
from ..security import Here, Operator, Viewer

router = APIRouter(prefix="/runs", tags=["runs"])

RunId = Annotated[int, Path(ge=1, le=2**63 - 1)]
References = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=4096)], ...], Meta(max_length=10_000)]
_WIDTH = 120


class NewRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done."""

    job: Annotated[str, Meta(examples=["scan", "update"])] = "scan"
    targets: References = ()
    """References; none: everything that is watched."""
    parameters: Parameters = Parameters()


class RunPage(Struct, frozen=True, kw_only=True):
    """Some runs, the newest first."""

    runs: tuple[Run, ...]
    next: str
    """Cursor of the next page; empty: this is the last."""


class RunDetail(Run, frozen=True, kw_only=True):
    """A run with what became of each of its targets."""

    targets: tuple[RunTarget, ...]


class LogPage(Struct, frozen=True, kw_only=True):
    """Some lines of a run's log."""

    lines: tuple[LogLine, ...]
    ended: bool
    """The run has ended and these are its last lines."""


@router.get("", **says(RunPage))
def list_runs(
    here: Here,
    _: Viewer,
    cursor: Cursor = "",
    limit: Limit = 50,
    status: RunStatus | None = None,
    schedule: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="number of a schedule")] = None,
    target: Annotated[str, Query(max_length=4096, description="only runs that had this reference among their targets")] = "",
) -> Response:
    """List runs."""
    return Answer(read_runs(here, cursor, limit, status=status, schedule=schedule, target=target))


def read_runs(
    here: Server, cursor: str = "", limit: int = 50, *, status: RunStatus | None = None, schedule: int | None = None, target: str = ""
) -> RunPage:
    """Runs, the newest first, page by page. Raises Misuse."""
    before = read_cursor(cursor, Number) if cursor else None
    found = here.memory.runs.page(before=before, limit=limit + 1, status=status or "", schedule=schedule, reference=target)
    following = write_cursor(found[limit - 1].id) if len(found) > limit else ""
    return RunPage(runs=tuple(found[:limit]), next=following)


@router.post("", **says(Run, 202, takes=NewRun))
def add_run(here: Here, who: Operator, new: Annotated[NewRun, Depends(body(NewRun))]) -> Response:
    """Ask for a run; it is done as soon as the limits allow."""
    run = here.request(new.job, new.targets, new.parameters, by=who.user.name)
    return Answer(run, 202, {"location": f"/api/v1/runs/{run.id}"})


@router.get("/{run}", **says(RunDetail, also={404: "there is none"}))
def get_run(here: Here, _: Viewer, run: RunId) -> Response:
    """One run and its targets."""
    return Answer(read_run(here, run))


def read_run(here: Server, run: int) -> RunDetail:
    """One run and its targets. Raises NotFound."""
    return RunDetail(**asdict(here.memory.runs.get(run)), targets=tuple(here.memory.runs.targets(run)))


@router.post("/{run}/cancel", **says(Run, 202, also={404: "there is none"}))
def cancel_run(here: Here, who: Operator, run: RunId) -> Response:
    """Ask that it end: what has not begun ends at once, what is under way when it notices. One that has ended stays as it is."""
    return Answer(here.cancel(run, by=who.user.name), 202)


@router.get(
    "/{run}/log",
    **says(
        LogPage,
        also={404: "there is none"},
        streams=f"server-sent events, where `accept` says {EVENT_STREAM}: one `line` a line, then `end`",
    ),
)
def get_log(
    here: Here,
    _: Viewer,
    run: RunId,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="only lines with a higher number")] = 0,
    limit: Limit = 500,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    last_event_id: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Its log; as a stream of events it goes on until the run has ended, and can be taken up again (``Last-Event-ID``)."""
    found = here.memory.runs.get(run)
    if EVENT_STREAM in accept:
        seen = int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) < 10 else after
        return StreamingResponse(follow_log(here.memory, run, seen), media_type=EVENT_STREAM)
    lines = here.memory.logs.read(run, after=after, limit=limit)
    return Answer(LogPage(lines=tuple(lines), ended=not found.open and len(lines) < limit))


@router.get("/{run}/report", **says(None, also={404: "there is none, or it was cleared away"}))
def get_report(
    here: Here,
    _: Viewer,
    run: RunId,
    form: Annotated[str, Query(alias="format", max_length=20, description=f"one of {', '.join(FORMATS)}")] = "json",
    target: Annotated[str, Query(max_length=4096, description="only this reference; some formats hold one target alone")] = "",
) -> Response:
    """What it found, as on the command line; kept for the last runs alone (``service.keep_runs``)."""
    chosen = format_named(form)
    report = report_of(here.memory, run)
    if report is not None and target:
        report = replace(report, targets=tuple(each for each in report.targets if each.inventory.target.reference == target))
    if report is None or (target and not report.targets):
        raise NotFound(f"run {run} has no report{f' of {target}' if target else ''}", remedy="reports are kept of the last runs alone")
    if not chosen.holds_many and len(report.targets) != 1:
        raise NotFound(f"{form} holds one target, run {run} has {len(report.targets)}", remedy="name one with ?target=")
    return rendered(report, form)


def rendered(report: Report, form: str) -> Response:
    """A report in one of the formats. Raises NotFound."""
    data = format_named(form).render(report, Look(width=_WIDTH, color=False, unicode=True, all=True, piped=True))
    media_type = "application/json" if form in ("json", "sarif", "cyclonedx") else "text/plain; charset=utf-8"
    return Response(data, media_type=media_type)
