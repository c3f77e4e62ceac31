"""Schedules: when which job is due, of what; how to change that, and what comes next."""

from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request, Response
from msgspec import Struct
from msgspec.structs import replace

from ...errors import HullwatchError, Misuse
from ...jobs.schedules import preview
from ...jobs.server import JOBS, ScheduleWish
from ...model import FindingKind
from ...store.runs import Parameters
from ...store.schedules import Schedule
from ..api.runs import read_runs
from ..api.schedules import ScheduleId, read_schedules, read_times
from ..problem import status_of
from ..security import Here, Operator, Viewer, Visitor
from .rendering import address, page, see

router = APIRouter(include_in_schema=False)
_PER_PAGE = 100
_CHOICES = 500
"""Targets offered for choosing; others are typed."""
_RUNS = 10
Field = Annotated[str, Form()]
Fields = Annotated[list[str] | None, Form()]
EXAMPLES = (
    ("30 2 * * *", "every night at 02:30"),
    ("0 */6 * * *", "every six hours"),
    ("0 7 * * 1-5", "at 07:00 from Monday to Friday"),
    ("0 3 * * sun", "on Sundays at 03:00"),
    ("@hourly", "every full hour"),
)


class Given(Struct, frozen=True, kw_only=True):
    """What the form holds."""

    name: str = ""
    cron: str = "30 2 * * *"
    time_zone: str = "UTC"
    job: str = "scan"
    which: str = "all"
    """``all`` that is watched when it is due, or ``these``."""
    targets: tuple[str, ...] = ()
    """References, and groups of hosts."""
    only: tuple[str, ...] = ()
    fail_on: str = ""


@router.get("/schedules")
def show_schedules(request: Request, here: Here, who: Viewer, cursor: str = "") -> Response:
    """All schedules."""
    return _list(request, here, who, cursor)


@router.post("/schedules")
def add_schedule(
    request: Request,
    here: Here,
    who: Operator,
    name: Field = "",
    cron: Field = "",
    time_zone: Field = "",
    job: Field = "scan",
    which: Field = "all",
    targets: Fields = None,
    more: Field = "",
    only: Fields = None,
    fail_on: Field = "",
) -> Response:
    """Have a job done whenever it is due."""
    given = _given(name, cron, time_zone, job, which, [*(targets or ()), *more.splitlines()], only, fail_on)
    try:
        here.add_schedule(_wish(given, paused=False), by=who.user.name)
    except HullwatchError as error:
        return _list(request, here, who, "", given=given, error=error)
    return see("/schedules")


@router.get("/schedules/{schedule}")
def show_schedule(request: Request, here: Here, who: Viewer, schedule: ScheduleId) -> Response:
    """One schedule, when it is due next, and its runs."""
    return _one(request, here, who, here.memory.schedules.get(schedule))


@router.post("/schedules/{schedule}")
def change_schedule(
    request: Request,
    here: Here,
    who: Operator,
    schedule: ScheduleId,
    name: Field = "",
    cron: Field = "",
    time_zone: Field = "",
    job: Field = "scan",
    which: Field = "all",
    targets: Fields = None,
    more: Field = "",
    only: Fields = None,
    fail_on: Field = "",
) -> Response:
    """Change it; it is due anew from now on."""
    before = here.memory.schedules.get(schedule)
    given = _given(name, cron, time_zone, job, which, [*(targets or ()), *more.splitlines()], only, fail_on)
    try:
        here.change_schedule(schedule, _wish(given, paused=before.paused))
    except HullwatchError as error:
        return _one(request, here, who, before, given=given, error=error)
    return see(f"/schedules/{schedule}")


@router.post("/schedules/{schedule}/pause")
def pause_schedule(here: Here, _: Operator, schedule: ScheduleId) -> Response:
    """Until it is let go on it is not due."""
    here.change_schedule(schedule, replace(_as_it_is(here.memory.schedules.get(schedule)), paused=True))
    return see("/schedules")


@router.post("/schedules/{schedule}/resume")
def resume_schedule(here: Here, _: Operator, schedule: ScheduleId) -> Response:
    """Let it go on."""
    here.change_schedule(schedule, replace(_as_it_is(here.memory.schedules.get(schedule)), paused=False))
    return see("/schedules")


@router.post("/schedules/{schedule}/run")
def run_schedule(here: Here, who: Operator, schedule: ScheduleId) -> Response:
    """Ask for a run now, out of turn."""
    return see(f"/runs/{here.run_schedule(schedule, by=who.user.name).id}")


@router.post("/schedules/{schedule}/remove")
def remove_schedule(here: Here, _: Operator, schedule: ScheduleId) -> Response:
    """Forget it; its runs stay."""
    here.memory.schedules.remove(schedule)
    return see("/schedules")


def _list(
    request: Request, here: Here, who: Visitor, cursor: str, *, given: Given | None = None, error: HullwatchError | None = None
) -> Response:
    return page(
        request,
        "schedules.html",
        who,
        twin=address("/api/v1/schedules", {"cursor": cursor}),
        status=status_of(error) if error else 200,
        schedules=read_schedules(here, cursor, _PER_PAGE),
        **_choices(here, given or Given(), error),
    )


def _one(
    request: Request, here: Here, who: Visitor, schedule: Schedule, *, given: Given | None = None, error: HullwatchError | None = None
) -> Response:
    kept = Given(
        name=schedule.name,
        cron=schedule.cron,
        time_zone=schedule.time_zone,
        job=schedule.job,
        which="these" if schedule.targets else "all",
        targets=schedule.targets,
        only=schedule.parameters.only,
        fail_on="" if schedule.parameters.fail_on == here.settings.fail_on else schedule.parameters.fail_on,
    )
    return page(
        request,
        "schedule.html",
        who,
        twin=f"/api/v1/schedules/{schedule.id}",
        status=status_of(error) if error else 200,
        schedule=schedule,
        ids=here.memory.targets.ids(schedule.targets),
        times=read_times(here, schedule).times,
        runs=read_runs(here, limit=_RUNS, schedule=schedule.id),
        **_choices(here, given or kept, error),
    )


def _choices(here: Here, given: Given, error: HullwatchError | None) -> dict[str, Any]:
    watched = here.memory.targets.page(limit=_CHOICES)
    named = {each.reference for each in watched}
    return {
        "given": given,
        "error": error,
        "watched": watched,
        "others": [each for each in given.targets if each not in named],
        "jobs": JOBS,
        "kinds": tuple(FindingKind),
        "zones": _zones(),
        "examples": EXAMPLES,
        "fail_on": here.settings.fail_on,
        "preview": preview,
    }


def _given(name: str, cron: str, time_zone: str, job: str, which: str, targets: list[str], only: list[str] | None, fail_on: str) -> Given:
    return Given(
        name=name.strip(),
        cron=" ".join(cron.split()),
        time_zone=time_zone.strip(),
        job=job,
        which=which,
        targets=tuple(dict.fromkeys(each.strip() for each in targets if each.strip())),
        only=tuple(only or ()),
        fail_on=fail_on.strip(),
    )


def _wish(given: Given, *, paused: bool) -> ScheduleWish:
    """Raises Misuse where the form leaves out what nobody can guess."""
    if not given.name or len(given.name) > 200:
        raise Misuse("a schedule has a name of at most 200 characters", remedy="say what it is for")
    scans = given.job == "scan"
    if scans and given.which == "these" and not given.targets:
        raise Misuse("no target was chosen", remedy="choose some, or take everything that is watched")
    return ScheduleWish(
        name=given.name,
        cron=given.cron[:200],
        time_zone=given.time_zone[:100],
        job=given.job,
        targets=given.targets if scans and given.which == "these" else (),
        parameters=Parameters(only=given.only, fail_on=given.fail_on) if scans else Parameters(),
        paused=paused,
    )


def _as_it_is(schedule: Schedule) -> ScheduleWish:
    return ScheduleWish(
        name=schedule.name,
        cron=schedule.cron,
        time_zone=schedule.time_zone,
        job=schedule.job,
        targets=schedule.targets,
        parameters=schedule.parameters,
        paused=schedule.paused,
    )


@cache
def _zones() -> tuple[str, ...]:
    """As people write them: ``Europe/Berlin``."""
    return ("UTC", *sorted(each for each in available_timezones() if "/" in each and not each.startswith(("Etc/", "posix/", "right/"))))
