"""Runs: what was asked for, what became of each target, and how it ended. How they get on is in ``store.work``."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field
from sqlalchemy import Connection, Engine, Row, exists, func, insert, not_, select, update

from ..errors import NotFound
from ..model import Gap, Report
from .database import transaction
from .records import unpack
from .schema import run_targets, runs, schedules, targets


class RunStatus(StrEnum):
    """Where a run, or one target of it, stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    """Something was looked at; what could not be is a gap."""
    FAILED = "failed"
    """Nothing could be looked at."""
    CANCELLED = "cancelled"


OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)


class Counts(Struct, frozen=True, kw_only=True):
    """What was found, counted. Waived findings and gaps are in ``waived`` alone."""

    findings: dict[str, int] = field(default_factory=dict)
    """Failing ones by severity."""
    exploited: int = 0
    new: int = 0
    gone: int = 0
    gaps: int = 0
    waived: int = 0
    failed: bool = False
    """Something at or above the threshold."""
    incomplete: bool = False

    def __add__(self, other: "Counts") -> "Counts":
        severities = dict.fromkeys((*self.findings, *other.findings))
        return Counts(
            findings={each: self.findings.get(each, 0) + other.findings.get(each, 0) for each in severities},
            exploited=self.exploited + other.exploited,
            new=self.new + other.new,
            gone=self.gone + other.gone,
            gaps=self.gaps + other.gaps,
            waived=self.waived + other.waived,
            failed=self.failed or other.failed,
            incomplete=self.incomplete or other.incomplete,
        )


NOTHING = Counts()


class Parameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a job is asked besides its targets."""

    only: tuple[str, ...] = ()
    """Of a scan: kinds of findings wanted; none means all."""
    fail_on: str = ""
    """Of a scan: the threshold; empty means that of the settings."""
    force: bool = False
    """Of an update: ask even for feeds that are fresh."""


class Run(Struct, frozen=True, kw_only=True):
    """One doing of a job."""

    id: int
    job: str
    status: RunStatus
    requested_at: datetime
    requested_by: str
    """A user's name; empty for a terminal."""
    schedule: str
    """Name of the schedule that asked for it; empty when none did."""
    started_at: datetime | None
    finished_at: datetime | None
    total: int
    """Targets; 0 for a terminal's run."""
    done: int
    """Those of them that have ended."""
    counts: Counts
    failed: bool | None
    incomplete: bool | None
    exit_status: int | None
    error: str
    cancelled_by: str
    """Who asked that it end; empty: nobody."""
    parameters: Parameters

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.status in OPEN


class RunTarget(Struct, frozen=True, kw_only=True):
    """What became of one target of a run."""

    position: int
    """From 0."""
    reference: str
    """Empty for the work of an update."""
    status: RunStatus
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    error: Gap | None
    has_report: bool


class Runs:
    """Runs in the database. Each method is one transaction; raises HomeUnavailable, and NotFound for a number that no run has."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, run: int) -> Run:
        """One run."""
        with transaction(self._engine, write=False) as connection:
            return load_run(connection, run)

    def page(
        self, *, before: int | None = None, limit: int = 50, status: str = "", schedule: int | None = None, reference: str = ""
    ) -> list[Run]:
        """The newest runs, of those below number ``before``."""
        query = _RUNS.order_by(runs.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(runs.c.id < before)
        if status:
            query = query.where(runs.c.status == status)
        if schedule is not None:
            query = query.where(runs.c.schedule == schedule)
        if reference:
            query = query.where(runs.c.id.in_(select(run_targets.c.run).where(run_targets.c.reference == reference)))
        with transaction(self._engine, write=False) as connection:
            return [_run(row) for row in connection.execute(query)]

    def by_status(self) -> dict[str, int]:
        """How many runs stand where."""
        query = select(runs.c.status, func.count().label("number")).group_by(runs.c.status)
        with transaction(self._engine, write=False) as connection:
            return {row.status: row.number for row in connection.execute(query)}

    def targets(self, run: int) -> list[RunTarget]:
        """What a run has to do, in order; nothing for a terminal's."""
        columns = (run_targets.c[name] for name in ("position", "reference", "status", "attempts", "started_at", "finished_at", "error"))
        query = select(*columns, run_targets.c.report.is_not(None).label("has_report")).where(run_targets.c.run == run)
        with transaction(self._engine, write=False) as connection:
            load_run(connection, run)
            return [_target(row) for row in connection.execute(query.order_by(run_targets.c.position))]

    def is_cancelled(self, run: int) -> bool:
        """Whether somebody asked that it end."""
        with transaction(self._engine, write=False) as connection:
            return connection.scalar(select(runs.c.cancelled_by).where(runs.c.id == run)) is not None

    def reports(self, run: int) -> list[Report]:
        """What was found, target by target, in order; those that are still kept."""
        query = select(run_targets.c.report).where(run_targets.c.run == run, run_targets.c.report.is_not(None))
        with transaction(self._engine, write=False) as connection:
            load_run(connection, run)
            return [unpack(bytes(data), Report) for data in connection.scalars(query.order_by(run_targets.c.position))]

    def forget_reports(self, keep: int) -> int:
        """Drop the reports of all but the last ``keep`` runs; what they found stays in history. Gives how many were dropped.

        The last report of a watched target stays: it is what is known of it now.
        """
        newest = select(runs.c.id).order_by(runs.c.id.desc()).offset(keep).limit(1)
        of_now = select(targets.c.id).where(
            targets.c.reference == run_targets.c.reference, targets.c.last_run == run_targets.c.run, targets.c.watched_at.is_not(None)
        )
        with transaction(self._engine, write=True) as connection:
            last = connection.scalar(newest)
            if last is None:
                return 0
            old = update(run_targets).where(run_targets.c.run <= last, run_targets.c.report.is_not(None), not_(exists(of_now)))
            return connection.execute(old.values(report=None)).rowcount


def begin_run(connection: Connection, job: str, started_at: datetime, finished_at: datetime) -> int:
    """Write a terminal's run down. Its exit is not known yet."""
    row = {
        "job": job,
        "status": RunStatus.SUCCEEDED.value,
        "requested_at": started_at,
        "requested_by": "",
        "started_at": started_at,
        "finished_at": finished_at,
        "total": 0,
        "done": 0,
    }
    return int(connection.execute(insert(runs).returning(runs.c.id), row).scalar_one())


def end_run(connection: Connection, run: int, *, failed: bool, incomplete: bool, exit_status: int) -> None:
    """Write down how a terminal's run ended."""
    connection.execute(update(runs).where(runs.c.id == run).values(failed=failed, incomplete=incomplete, exit_status=exit_status))


def load_run(connection: Connection, run: int) -> Run:
    """One run. Raises NotFound."""
    row = connection.execute(_RUNS.where(runs.c.id == run)).one_or_none()
    if row is None:
        raise NotFound(f"there is no run {run}")
    return _run(row)


_RUNS = select(runs, schedules.c.name.label("schedule_name")).outerjoin(schedules, schedules.c.id == runs.c.schedule)


def _run(row: Row[*tuple[Any, ...]]) -> Run:
    return Run(
        id=row.id,
        job=row.job,
        status=RunStatus(row.status),
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        schedule=row.schedule_name or "",
        started_at=row.started_at,
        finished_at=row.finished_at,
        total=row.total,
        done=row.done,
        counts=unpack(row.counts, Counts) if row.counts else Counts(),
        failed=row.failed,
        incomplete=row.incomplete,
        exit_status=row.exit_status,
        error=row.error or "",
        cancelled_by=row.cancelled_by or "",
        parameters=unpack(row.parameters, Parameters) if row.parameters else Parameters(),
    )


def _target(row: Row[*tuple[Any, ...]]) -> RunTarget:
    return RunTarget(
        position=row.position,
        reference=row.reference,
        status=RunStatus(row.status),
        attempts=row.attempts,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=unpack(row.error, Gap) if row.error else None,
        has_report=row.has_report,
    )
