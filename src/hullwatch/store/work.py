"""How runs get on: asked for, begun, ended, cancelled. Each step is one transaction on a locked run, so that it ends exactly once."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from ..model import Gap, Report
from .database import transaction
from .logs import LogLevel, NewLine, append_lines
from .records import pack
from .runs import NOTHING, OPEN, Counts, Parameters, Run, RunStatus, load_run
from .schema import run_targets, runs


class Begun(Struct, frozen=True):
    """Work that may be done now."""

    run: Run
    reference: str
    attempts: int
    """How often it was begun, this time included."""


class Waiting(Struct, frozen=True):
    """Work that has not ended."""

    run: int
    key: str
    """Tells the run from all others, also those of another database that the queue has seen."""
    position: int
    reference: str


class Work:
    """The life of runs. Every method raises HomeUnavailable, and NotFound for a number that no run has."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def request(self, job: str, references: Sequence[str], *, by: str, at: datetime, parameters: Parameters) -> Run:
        """Write down that work is wanted, each reference a piece of it."""
        with transaction(self._engine, write=True) as connection:
            return load_run(connection, request_run(connection, job, references, by=by, at=at, parameters=parameters))

    def waiting(self) -> list[Waiting]:
        """All pieces of work that have not ended, oldest first."""
        with transaction(self._engine, write=False) as connection:
            return _waiting(connection, run_targets.c.status.in_(OPEN))

    def begin(self, run: int, position: int, at: datetime) -> Begun | None:
        """Begin work on a target, or begin it again after its worker died. None: it has ended, or nobody wants it any more."""
        with transaction(self._engine, write=True) as connection:
            found = _locked(connection, run)
            row = connection.execute(select(run_targets).where(_is(run, position))).one_or_none()
            if row is None or row.status not in OPEN:
                return None
            if found.cancelled_by:
                _end(connection, run, position, RunStatus.CANCELLED, at)
                return None
            begun = {"status": RunStatus.RUNNING.value, "attempts": row.attempts + 1, "started_at": row.started_at or at}
            connection.execute(update(run_targets).where(_is(run, position)).values(begun))
            if found.status is RunStatus.QUEUED:
                connection.execute(update(runs).where(runs.c.id == run).values(status=RunStatus.RUNNING.value, started_at=at))
            return Begun(load_run(connection, run), row.reference, row.attempts + 1)

    def end(
        self,
        run: int,
        position: int,
        status: RunStatus,
        at: datetime,
        *,
        report: Report | None = None,
        counts: Counts = NOTHING,
        error: Gap | None = None,
    ) -> Run:
        """Write down what became of a target; the last one ends the run. What has ended stays as it is."""
        with transaction(self._engine, write=True) as connection:
            _locked(connection, run)
            row = connection.execute(select(run_targets.c.status).where(_is(run, position))).one()
            if row.status in OPEN:
                _end(connection, run, position, status, at, report=report, counts=counts, error=error)
            return load_run(connection, run)

    def cancel(self, run: int, by: str, at: datetime) -> list[Waiting]:
        """End what has not begun; what is under way ends when it notices. Gives what need not be begun any more."""
        with transaction(self._engine, write=True) as connection:
            if not _locked(connection, run).open:
                return []
            connection.execute(update(runs).where(runs.c.id == run, runs.c.cancelled_by.is_(None)).values(cancelled_by=by))
            queued = _waiting(connection, (run_targets.c.run == run) & (run_targets.c.status == RunStatus.QUEUED.value))
            for each in queued:
                _end(connection, run, each.position, RunStatus.CANCELLED, at)
            return queued


def request_run(
    connection: Connection,
    job: str,
    references: Sequence[str],
    *,
    by: str,
    at: datetime,
    parameters: Parameters,
    schedule: int | None = None,
    slot: datetime | None = None,
) -> int:
    """Write a run down that is wanted, with its targets in order; gives its number. Of one slot of a schedule there is one run at most."""
    row = {
        "job": job,
        "status": RunStatus.QUEUED.value,
        "requested_at": at,
        "requested_by": by,
        "schedule": schedule,
        "slot": slot,
        "parameters": pack(parameters),
        "key": secrets.token_hex(8),
        "total": len(references),
        "done": 0,
    }
    run = int(connection.execute(insert(runs).returning(runs.c.id), row).scalar_one())
    wanted = [
        {"run": run, "position": position, "reference": reference, "status": RunStatus.QUEUED.value, "attempts": 0}
        for position, reference in enumerate(references)
    ]
    connection.execute(insert(run_targets), wanted)
    return run


def _waiting(connection: Connection, which: ColumnElement[bool]) -> list[Waiting]:
    query = (
        select(runs.c.id, runs.c.key, run_targets.c.position, run_targets.c.reference)
        .join(run_targets, run_targets.c.run == runs.c.id)
        .where(which)
        .order_by(runs.c.id, run_targets.c.position)
    )
    return [Waiting(*row) for row in connection.execute(query)]


def _is(run: int, position: int) -> ColumnElement[bool]:
    return (run_targets.c.run == run) & (run_targets.c.position == position)


def _locked(connection: Connection, run: int) -> Run:
    """A run that nobody else changes until the transaction ends. Raises NotFound."""
    connection.execute(select(runs.c.id).where(runs.c.id == run).with_for_update()).all()
    return load_run(connection, run)


def _end(
    connection: Connection,
    run: int,
    position: int,
    status: RunStatus,
    at: datetime,
    *,
    report: Report | None = None,
    counts: Counts = NOTHING,
    error: Gap | None = None,
) -> None:
    ended = {
        "status": status.value,
        "finished_at": at,
        "report": pack(report) if report else None,
        "error": pack(error) if error else None,
    }
    connection.execute(update(run_targets).where(_is(run, position)).values(ended))
    if error is not None:
        reference = connection.execute(select(run_targets.c.reference).where(_is(run, position))).scalar_one()
        append_lines(connection, run, [NewLine(at=at, level=LogLevel.ERROR, target=reference, text=f"{error.what}: {error.why}")])
    found = load_run(connection, run)
    found = replace(found, done=found.done + 1, counts=found.counts + counts)
    values: dict[str, object] = {"done": found.done, "counts": pack(found.counts)}
    if found.done == found.total:
        values |= _conclusion(connection, found, error) | {"finished_at": at, "started_at": found.started_at or at}
        append_lines(connection, run, [NewLine(at=at, text=f"run {run} {values['status']}")])
    connection.execute(update(runs).where(runs.c.id == run).values(values))


def _conclusion(connection: Connection, run: Run, error: Gap | None) -> dict[str, object]:
    """How a run ends whose last target has ended. Exit status as on the command line (style.md)."""
    found = set(connection.scalars(select(run_targets.c.status).where(run_targets.c.run == run.id).distinct()))
    if run.cancelled_by:
        return {"status": RunStatus.CANCELLED.value, "error": f"cancelled by {run.cancelled_by}"}
    if RunStatus.SUCCEEDED not in found:
        return {"status": RunStatus.FAILED.value, "error": f"{error.what}: {error.why}" if error else None, "exit_status": 2}
    counts = run.counts
    status = 0 if run.parameters.fail_on.strip().lower() == "never" else 1 if counts.failed else 3 if counts.incomplete else 0
    return {"status": RunStatus.SUCCEEDED.value, "failed": counts.failed, "incomplete": counts.incomplete, "exit_status": status}
