"""Watched targets: what a server looks after, with the name and the labels that its people gave it, and what was found last."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from sqlalchemy import Connection, Engine, Row, func, select, update

from ..errors import NotFound
from ..model import Target, TargetKind
from .database import transaction
from .judgements import AT_ONCE, insert_unless_there, portions
from .records import pack, unpack
from .schema import findings, judgements, runs, targets


class WatchedTarget(Struct, frozen=True, kw_only=True):
    """A target that a server looks after."""

    id: int
    reference: str
    kind: TargetKind
    name: str
    """As its people call it; empty: as its reference says."""
    labels: tuple[str, ...]
    watched_at: datetime
    watched_by: str
    last_judged_at: datetime | None
    """None: it never was."""
    last_run: int | None
    findings: dict[str, int] = field(default_factory=dict)
    """Failing ones by severity, as far as we know; waived ones too."""


class Targets:
    """Watched targets in the database. Every method raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def watch(self, target: Target, *, name: str, labels: Sequence[str], by: str, at: datetime) -> WatchedTarget:
        """Look after a target from now on; of one that is watched already, name and labels are replaced."""
        given = {"name": name, "labels": pack(tuple(labels))}
        with transaction(self._engine, write=True) as connection:
            row = {"reference": target.reference, "kind": target.kind.value}
            connection.execute(insert_unless_there(connection, targets), row)
            ours = targets.c.reference == target.reference
            connection.execute(update(targets).where(ours).values(given))
            connection.execute(update(targets).where(ours, targets.c.watched_at.is_(None)).values(watched_at=at, watched_by=by))
            return load_watched(connection, connection.execute(select(targets.c.id).where(ours)).scalar_one())

    def notice(self, target: Target, *, labels: Sequence[str], by: str, at: datetime) -> None:
        """Look after a target from now on; one that is watched already stays as it is."""
        row = {"reference": target.reference, "kind": target.kind.value}
        new = {"name": "", "labels": pack(tuple(labels)), "watched_at": at, "watched_by": by}
        with transaction(self._engine, write=True) as connection:
            connection.execute(insert_unless_there(connection, targets), row)
            ours = (targets.c.reference == target.reference) & targets.c.watched_at.is_(None)
            connection.execute(update(targets).where(ours).values(new))

    def get(self, target: int) -> WatchedTarget:
        """Raises NotFound, also for one that is not watched."""
        with transaction(self._engine, write=False) as connection:
            return load_watched(connection, target)

    def change(self, target: int, *, name: str | None = None, labels: Sequence[str] | None = None) -> WatchedTarget:
        """Raises NotFound."""
        values: dict[str, object] = {} if name is None else {"name": name}
        if labels is not None:
            values["labels"] = pack(tuple(labels))
        with transaction(self._engine, write=True) as connection:
            load_watched(connection, target)
            if values:
                connection.execute(update(targets).where(targets.c.id == target).values(values))
            return load_watched(connection, target)

    def leave(self, target: int) -> None:
        """Look after it no longer; what was found of it stays in history. Raises NotFound."""
        with transaction(self._engine, write=True) as connection:
            load_watched(connection, target)
            gone = {"watched_at": None, "watched_by": None, "name": None, "labels": None}
            connection.execute(update(targets).where(targets.c.id == target).values(gone))

    def page(self, *, after: int = 0, limit: int = 100, reference: str = "") -> list[WatchedTarget]:
        """In the order they came, those with a number above ``after``."""
        query = _WATCHED.where(targets.c.id > after).order_by(targets.c.id).limit(limit)
        if reference:
            query = query.where(targets.c.reference == reference)
        with transaction(self._engine, write=False) as connection:
            rows = connection.execute(query).all()
            counts = _counts(connection, [row.id for row in rows])
            return [_target(row, counts.get(row.id, {})) for row in rows]

    def ids(self, references: Iterable[str]) -> dict[str, int]:
        """Numbers of those that are watched, by reference."""
        found: dict[str, int] = {}
        with transaction(self._engine, write=False) as connection:
            for some in portions(sorted(set(references)), AT_ONCE):
                query = select(targets.c.reference, targets.c.id).where(targets.c.watched_at.is_not(None), targets.c.reference.in_(some))
                found |= {row.reference: row.id for row in connection.execute(query)}
        return found

    def references(self) -> tuple[str, ...]:
        """Of all that is watched, sorted."""
        query = select(targets.c.reference).where(targets.c.watched_at.is_not(None)).order_by(targets.c.reference)
        with transaction(self._engine, write=False) as connection:
            return tuple(connection.scalars(query))


_WATCHED = (
    select(targets, func.coalesce(judgements.c.judged_at, runs.c.finished_at, type_=judgements.c.judged_at.type).label("last_judged_at"))
    .outerjoin(judgements, (judgements.c.target == targets.c.id) & (judgements.c.run == targets.c.last_run))
    .outerjoin(runs, runs.c.id == targets.c.last_run)
    .where(targets.c.watched_at.is_not(None))
)


def load_watched(connection: Connection, target: int) -> WatchedTarget:
    """One watched target. Raises NotFound, also for one that is not watched."""
    row = connection.execute(_WATCHED.where(targets.c.id == target)).one_or_none()
    if row is None:
        raise NotFound(f"there is no watched target {target}")
    return _target(row, _counts(connection, [target]).get(target, {}))


def _counts(connection: Connection, wanted: Sequence[int]) -> dict[int, dict[str, int]]:
    query = (
        select(findings.c.target, findings.c.severity, func.count().filter(findings.c.present))  # the key leads to a target's rows
        .where(findings.c.target.in_(wanted))
        .group_by(findings.c.target, findings.c.severity)
    )
    counts: dict[int, dict[str, int]] = {}
    for target, severity, number in connection.execute(query):
        if number:
            counts.setdefault(target, {})[severity] = number
    return counts


def _target(row: Row[*tuple[Any, ...]], counts: dict[str, int]) -> WatchedTarget:
    return WatchedTarget(
        id=row.id,
        reference=row.reference,
        kind=TargetKind(row.kind),
        name=row.name or "",
        labels=unpack(row.labels, tuple[str, ...]) if row.labels else (),
        watched_at=row.watched_at,
        watched_by=row.watched_by or "",
        last_judged_at=row.last_judged_at,
        last_run=row.last_run,
        findings=counts,
    )
