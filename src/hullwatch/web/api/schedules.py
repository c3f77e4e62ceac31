"""``/api/v1/schedules``: when which job is due, of what."""

from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Path, Response
from msgspec import UNSET, Meta, Struct, UnsetType

from ...jobs.schedules import preview
from ...jobs.server import ScheduleWish, Server
from ...store.runs import Parameters, Run
from ...store.schedules import Schedule
from ..answers import Answer, body, says
from ..cursors import Cursor, Limit, Number, read_cursor, write_cursor
from ..security import Here, Operator, Viewer

router = APIRouter(prefix="/schedules", tags=["schedules"])

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Cron = Annotated[str, Meta(min_length=1, max_length=200, examples=["30 2 * * *"])]
Zone = Annotated[str, Meta(min_length=1, max_length=100, examples=["Europe/Berlin"])]
References = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=4096)], ...], Meta(max_length=10_000)]
ScheduleId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Value = TypeVar("Value")
_COMING = 10


class NewSchedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a job is to be done."""

    name: Name
    cron: Cron
    """Five fields (minute hour day month weekday), or ``@daily`` and its kin."""
    time_zone: Zone = "UTC"
    """Whose clock the fields are read by."""
    job: Annotated[str, Meta(examples=["scan", "update"])] = "scan"
    targets: References = ()
    """References; none: everything that is watched when it is due."""
    parameters: Parameters = Parameters()
    paused: bool = False


class ScheduleChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    cron: Cron | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    job: str | UnsetType = UNSET
    targets: References | UnsetType = UNSET
    parameters: Parameters | UnsetType = UNSET
    paused: bool | UnsetType = UNSET


class SchedulePage(Struct, frozen=True, kw_only=True):
    """Some schedules, in the order they came."""

    schedules: tuple[Schedule, ...]
    next: str
    """Cursor of the next page; empty: this is the last."""


class ScheduleTimes(Struct, frozen=True, kw_only=True):
    """When a schedule is due next, whether it is paused or not."""

    times: tuple[datetime, ...]


@router.get("", **says(SchedulePage))
def list_schedules(here: Here, _: Viewer, cursor: Cursor = "", limit: Limit = 100) -> Response:
    """List schedules."""
    return Answer(read_schedules(here, cursor, limit))


def read_schedules(here: Server, cursor: str = "", limit: int = 100) -> SchedulePage:
    """Schedules, page by page. Raises Misuse."""
    found = here.memory.schedules.page(after=read_cursor(cursor, Number) if cursor else 0, limit=limit + 1)
    following = write_cursor(found[limit - 1].id) if len(found) > limit else ""
    return SchedulePage(schedules=tuple(found[:limit]), next=following)


@router.post("", **says(Schedule, 201, takes=NewSchedule))
def add_schedule(here: Here, who: Operator, new: Annotated[NewSchedule, Depends(body(NewSchedule))]) -> Response:
    """Have a job done whenever it is due."""
    wish = ScheduleWish(
        name=new.name,
        cron=new.cron,
        time_zone=new.time_zone,
        job=new.job,
        targets=new.targets,
        parameters=new.parameters,
        paused=new.paused,
    )
    return Answer(here.add_schedule(wish, by=who.user.name), 201)


@router.get("/{schedule}", **says(Schedule, also={404: "there is none"}))
def get_schedule(here: Here, _: Viewer, schedule: ScheduleId) -> Response:
    """One schedule."""
    return Answer(here.memory.schedules.get(schedule))


@router.get("/{schedule}/times", **says(ScheduleTimes, also={404: "there is none"}))
def get_schedule_times(here: Here, _: Viewer, schedule: ScheduleId) -> Response:
    """The next ten times at which it is due."""
    return Answer(read_times(here, here.memory.schedules.get(schedule)))


def read_times(here: Server, schedule: Schedule) -> ScheduleTimes:
    """When a schedule is due next."""
    return ScheduleTimes(times=preview(schedule.cron, schedule.time_zone, here.clock.now(), _COMING))


@router.patch("/{schedule}", **says(Schedule, takes=ScheduleChanges, also={404: "there is none"}))
def change_schedule(
    here: Here, _: Operator, schedule: ScheduleId, changes: Annotated[ScheduleChanges, Depends(body(ScheduleChanges))]
) -> Response:
    """Change it, pause it (``paused``) or let it go on; it is due anew from now on."""
    before = here.memory.schedules.get(schedule)
    wish = ScheduleWish(
        name=_given(changes.name, before.name),
        cron=_given(changes.cron, before.cron),
        time_zone=_given(changes.time_zone, before.time_zone),
        job=_given(changes.job, before.job),
        targets=_given(changes.targets, before.targets),
        parameters=_given(changes.parameters, before.parameters),
        paused=_given(changes.paused, before.paused),
    )
    return Answer(here.change_schedule(schedule, wish))


@router.delete("/{schedule}", **says(None, 204, also={404: "there is none"}))
def remove_schedule(here: Here, _: Operator, schedule: ScheduleId) -> Response:
    """Forget it; its runs stay."""
    here.memory.schedules.remove(schedule)
    return Response(status_code=204)


@router.post("/{schedule}/run", **says(Run, 202, also={404: "there is none"}))
def run_schedule(here: Here, who: Operator, schedule: ScheduleId) -> Response:
    """Ask for a run now, out of turn."""
    run = here.run_schedule(schedule, by=who.user.name)
    return Answer(run, 202, {"location": f"/api/v1/runs/{run.id}"})


def _given(new: Value | UnsetType, old: Value) -> Value:
    return old if isinstance(new, UnsetType) else new
