"""Schedules: which job is due when, of which targets, and what became of it the last time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from ..errors import Misuse, NotFound
from .database import transaction
from .records import pack, unpack
from .runs import OPEN, Parameters
from .schema import runs, schedules
from .schema import targets as watched
from .work import request_run


class Schedule(Struct, frozen=True, kw_only=True):
    """When a job is due."""

    id: int
    name: str
    cron: str
    """Five fields, or ``@daily`` and its kin."""
    time_zone: str
    """``Europe/Berlin``: whose clock the fields are read by."""
    job: str
    targets: tuple[str, ...]
    """References; none: everything that is watched when it is due."""
    parameters: Parameters
    paused: bool
    created_at: datetime
    created_by: str
    next_run_at: datetime | None
    """None: never again."""
    last_run: int | None
    last_run_at: datetime | None
    missed_at: datetime | None
    """The last slot for which there was no run."""
    missed_why: str


class NewSchedule(Struct, frozen=True, kw_only=True):
    """What is said of a schedule."""

    name: str
    cron: str
    time_zone: str
    job: str
    targets: tuple[str, ...]
    parameters: Parameters
    paused: bool
    next_run_at: datetime | None


class Slot(Struct, frozen=True, kw_only=True):
    """A time for which a schedule wants a run, and when it is due again."""

    schedule: int
    at: datetime
    next_run_at: datetime | None
    missed: str = ""
    """Why there is to be no run; empty: there is to be one."""


class Schedules:
    """Schedules in the database. Every method raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, new: NewSchedule, *, by: str, at: datetime) -> Schedule:
        """Raises Misuse where the name is taken."""
        row = _values(new) | {"created_at": at, "created_by": by}
        with transaction(self._engine, write=True) as connection:
            _require_free(connection, new.name, None)
            return _one(connection, int(connection.execute(insert(schedules).returning(schedules.c.id), row).scalar_one()))

    def change(self, schedule: int, new: NewSchedule) -> Schedule:
        """Raises NotFound, and Misuse where the name is taken."""
        with transaction(self._engine, write=True) as connection:
            _one(connection, schedule)
            _require_free(connection, new.name, schedule)
            connection.execute(update(schedules).where(schedules.c.id == schedule).values(_values(new)))
            return _one(connection, schedule)

    def remove(self, schedule: int) -> None:
        """Its runs stay. Raises NotFound."""
        with transaction(self._engine, write=True) as connection:
            _one(connection, schedule)
            connection.execute(delete(schedules).where(schedules.c.id == schedule))

    def get(self, schedule: int) -> Schedule:
        """Raises NotFound."""
        with transaction(self._engine, write=False) as connection:
            return _one(connection, schedule)

    def named(self, name: str) -> Schedule | None:
        """The schedule of that name."""
        with transaction(self._engine, write=False) as connection:
            row = connection.execute(select(schedules).where(schedules.c.name == name)).one_or_none()
            return _schedule(row) if row else None

    def page(self, *, after: int = 0, limit: int = 100) -> list[Schedule]:
        """In the order they came, those with a number above ``after``."""
        query = select(schedules).where(schedules.c.id > after).order_by(schedules.c.id).limit(limit)
        with transaction(self._engine, write=False) as connection:
            return [_schedule(row) for row in connection.execute(query)]

    def due(self, at: datetime) -> list[Schedule]:
        """Those that want a run at ``at`` or wanted one before, the most overdue first."""
        ready = schedules.c.paused.is_(False) & (schedules.c.next_run_at <= at)
        with transaction(self._engine, write=False) as connection:
            return [_schedule(row) for row in connection.execute(select(schedules).where(ready).order_by(schedules.c.next_run_at))]

    def fire(self, slot: Slot, at: datetime, *, targets: Sequence[str] = ()) -> int | None:
        """Ask for the run of a slot; gives its number. None: it was missed, or another process was first.

        ``targets``: what those of the schedule mean now; none: everything that is watched.
        """
        with transaction(self._engine, write=True) as connection:
            ours = (schedules.c.id == slot.schedule) & (schedules.c.next_run_at == slot.at) & schedules.c.paused.is_(False)
            row = connection.execute(select(schedules).where(ours).with_for_update()).one_or_none()
            if row is None:
                return None
            found = _schedule(row)
            run = None
            references = _wanted(connection, found, targets)
            missed = slot.missed or _in_the_way(connection, found) or ("" if references else "no target is watched")
            values: dict[str, object] = {"next_run_at": slot.next_run_at}
            if missed:
                values |= {"missed_at": slot.at, "missed_why": missed}
            else:
                by, wanted = f"schedule {found.name}", found.parameters
                run = request_run(connection, found.job, references, by=by, at=at, parameters=wanted, schedule=found.id, slot=slot.at)
                values |= {"last_run": run, "last_run_at": at}
            connection.execute(update(schedules).where(schedules.c.id == found.id).values(values))
            return run

    def run_now(self, schedule: int, *, by: str, at: datetime, targets: Sequence[str] = ()) -> int:
        """Ask for a run out of turn, as ``fire`` does; gives its number. Raises NotFound, and Misuse where nothing is watched."""
        with transaction(self._engine, write=True) as connection:
            found = _one(connection, schedule)
            references = _wanted(connection, found, targets)
            if not references:
                raise Misuse("no target is watched", remedy="add a target first")
            run = request_run(connection, found.job, references, by=by, at=at, parameters=found.parameters, schedule=found.id)
            connection.execute(update(schedules).where(schedules.c.id == found.id).values(last_run=run, last_run_at=at))
            return run


def _wanted(connection: Connection, schedule: Schedule, given: Sequence[str]) -> Sequence[str]:
    if schedule.job == "update":
        return ("",)
    if given or schedule.targets:
        return given
    return connection.scalars(select(watched.c.reference).where(watched.c.watched_at.is_not(None)).order_by(watched.c.reference)).all()


def _in_the_way(connection: Connection, schedule: Schedule) -> str:
    """A run of the same schedule that has not ended; two at once would only wait for each other."""
    query = select(runs.c.id).where(runs.c.schedule == schedule.id, runs.c.status.in_(OPEN)).limit(1)
    run = connection.scalar(query)
    return f"run {run} was still under way" if run is not None else ""


def _require_free(connection: Connection, name: str, but: int | None) -> None:
    found = connection.scalar(select(schedules.c.id).where(schedules.c.name == name))
    if found is not None and found != but:
        raise Misuse(f"there is a schedule {name!r} already", remedy="choose another name")


def _one(connection: Connection, schedule: int) -> Schedule:
    row = connection.execute(select(schedules).where(schedules.c.id == schedule)).one_or_none()
    if row is None:
        raise NotFound(f"there is no schedule {schedule}")
    return _schedule(row)


def _values(new: NewSchedule) -> dict[str, object]:
    return {
        "name": new.name,
        "cron": new.cron,
        "time_zone": new.time_zone,
        "job": new.job,
        "targets": pack(new.targets),
        "parameters": pack(new.parameters),
        "paused": new.paused,
        "next_run_at": new.next_run_at,
    }


def _schedule(row: Row[*tuple[Any, ...]]) -> Schedule:
    return Schedule(
        id=row.id,
        name=row.name,
        cron=row.cron,
        time_zone=row.time_zone,
        job=row.job,
        targets=unpack(row.targets, tuple[str, ...]),
        parameters=unpack(row.parameters, Parameters),
        paused=row.paused,
        created_at=row.created_at,
        created_by=row.created_by,
        next_run_at=row.next_run_at,
        last_run=row.last_run,
        last_run_at=row.last_run_at,
        missed_at=row.missed_at,
        missed_why=row.missed_why or "",
    )
