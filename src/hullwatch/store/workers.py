"""Processes that work on runs, and whether they are alive."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Engine, delete, func, insert, select, update

from .database import transaction
from .schema import workers

_LOCK = 0x68756C6D


class Worker(Struct, frozen=True, kw_only=True):
    """One process."""

    id: str
    host: str
    process: int
    started_at: datetime
    seen_at: datetime


class Workers:
    """Workers in the database. Every method raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[Worker]:
        """Those that live, and those whose death nobody has noticed yet."""
        with transaction(self._engine, write=False) as connection:
            return [Worker(id=row.id, host=row.host, process=row.process, started_at=row.started_at, seen_at=row.seen_at)
                    for row in connection.execute(select(workers).order_by(workers.c.id))]  # fmt: skip

    def seen(self, worker: Worker) -> None:
        """It lives."""
        row = {name: getattr(worker, name) for name in Worker.__struct_fields__}
        with transaction(self._engine, write=True) as connection:
            if not connection.execute(update(workers).where(workers.c.id == worker.id).values(seen_at=worker.seen_at)).rowcount:
                connection.execute(insert(workers), row)

    def leave(self, worker: str) -> None:
        """It has ended, in order."""
        with transaction(self._engine, write=True) as connection:
            connection.execute(delete(workers).where(workers.c.id == worker))

    def forget(self) -> None:
        """None lives, as its only user knows."""
        with transaction(self._engine, write=True) as connection:
            connection.execute(delete(workers))

    def bury(self, before: datetime, take_over: Callable[[frozenset[str]], None]) -> tuple[str, ...]:
        """Forget all that were last seen ``before``; ``take_over`` is told those that live. One process does that at a time."""
        dead = select(workers.c.id).where(workers.c.seen_at < before).order_by(workers.c.id)
        with transaction(self._engine, write=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            found = tuple(connection.scalars(dead))
            connection.execute(delete(workers).where(workers.c.id.in_(found)))
            take_over(frozenset(connection.scalars(select(workers.c.id))))
            return found
