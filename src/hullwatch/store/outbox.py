"""Messages on their way to people: written down once per run and rule, kept until delivered, shown with what went wrong.

Where a message goes is not kept here: an address holds secrets, and stands in the settings under the rule's name.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, Engine, delete, func, insert, select, tuple_, update

from ..model import Finding, OutboxMessage
from .database import connect, migrate, transaction
from .judgements import AT_ONCE, portions
from .records import unpack
from .schema import findings, outbox, targets, told

KEPT_DAYS = 90
"""A delivered message is forgotten after so long."""
_TELLING_LOCK = 0x74656C6C


class Before(Struct, frozen=True):
    """What a rule has told of some targets."""

    standing: Mapping[str, Collection[str]]
    """Ids of findings that history takes to be there still, by reference."""
    gone: tuple[Finding, ...]
    """Those that history has seen gone, as they were last seen."""


class Telling(Struct, frozen=True, kw_only=True):
    """What is to be written down."""

    title: str = ""
    """Empty: there is nothing to send."""
    body: str = ""
    told: frozenset[tuple[str, str]] = frozenset()
    """Reference and id of what is told from now on, of the targets asked about."""


class Outbox:
    """The messages, and what was told. Every method is one transaction; raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, address: str | Path) -> "Outbox":
        """Open the database of history, and bring it forward. Raises Misuse, HomeUnavailable."""
        engine = connect(address)
        migrate(engine)
        return cls(engine)

    def tell(self, rule: str, run: int, references: Iterable[str], at: datetime, decide: Callable[[Before], Telling]) -> bool:
        """Let ``decide`` say what a rule has to tell after a run, and write it down; whether a message was queued.

        Of one run and rule there is one message at most: the second time nothing changes. Nobody else tells meanwhile.
        """
        with transaction(self._engine, write=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_TELLING_LOCK)))
            if connection.scalar(select(outbox.c.id).where(outbox.c.run == run, outbox.c.rule == rule)) is not None:
                return False
            numbers = _numbers(connection, references)
            known = _told(connection, rule, numbers)
            telling = decide(_before(connection, known, numbers))
            wanted = {(numbers[reference], id_) for reference, id_ in telling.told if reference in numbers}
            _keep_told(connection, rule, wanted, known)
            if telling.title:
                _queue(connection, rule, run, telling, at)
            return bool(telling.title)

    def waiting(self, due_at: datetime | None = None) -> tuple[OutboxMessage, ...]:
        """What is not delivered, oldest first; with ``due_at`` only what is to be tried by then."""
        query = select(outbox).where(outbox.c.next_attempt_at.is_not(None)).order_by(outbox.c.id)
        if due_at is not None:
            query = query.where(outbox.c.next_attempt_at <= due_at)
        with transaction(self._engine, write=False) as connection:
            return tuple(OutboxMessage(**row) for row in connection.execute(query).mappings())

    def delivered(self, limit: int = 20) -> tuple[OutboxMessage, ...]:
        """What was delivered last, newest first."""
        query = select(outbox).where(outbox.c.delivered_at.is_not(None)).order_by(outbox.c.delivered_at.desc(), outbox.c.id.desc())
        with transaction(self._engine, write=False) as connection:
            return tuple(OutboxMessage(**row) for row in connection.execute(query.limit(limit)).mappings())

    def claim(self, message: OutboxMessage, until: datetime) -> bool:
        """Take a message to send it, an attempt more; nobody else does before ``until``. False: somebody else was first."""
        ours = (outbox.c.id == message.id) & (outbox.c.attempts == message.attempts) & outbox.c.next_attempt_at.is_not(None)
        with transaction(self._engine, write=True) as connection:
            taken = connection.execute(update(outbox).where(ours).values(attempts=message.attempts + 1, next_attempt_at=until))
            return taken.rowcount == 1

    def note_delivered(self, message: OutboxMessage, at: datetime) -> None:
        """It was taken; old ones are forgotten."""
        done = {"delivered_at": at, "next_attempt_at": None, "last_error": ""}
        with transaction(self._engine, write=True) as connection:
            connection.execute(update(outbox).where(outbox.c.id == message.id).values(done))
            connection.execute(delete(outbox).where(outbox.c.delivered_at < at - timedelta(days=KEPT_DAYS)))

    def note_failed(self, message: OutboxMessage, why: str, next_attempt_at: datetime) -> None:
        """It was not taken; ``why`` holds nothing of the URL."""
        tried = {"last_error": why, "next_attempt_at": next_attempt_at}
        with transaction(self._engine, write=True) as connection:
            connection.execute(update(outbox).where(outbox.c.id == message.id, outbox.c.delivered_at.is_(None)).values(tried))


def _numbers(connection: Connection, references: Iterable[str]) -> dict[str, int]:
    """Rows of targets by reference."""
    wanted = sorted(set(references))
    query = select(targets.c.reference, targets.c.id)
    found: dict[str, int] = {}
    for some in portions(wanted, AT_ONCE):
        for reference, number in connection.execute(query.where(targets.c.reference.in_(some))):
            found[reference] = number
    return found


def _told(connection: Connection, rule: str, numbers: Mapping[str, int]) -> set[tuple[int, str]]:
    """Target and id of what a rule has told of these targets."""
    query = select(told.c.target, told.c.finding).where(told.c.rule == rule)
    ours = set(numbers.values())
    return {(target, id_) for target, id_ in connection.execute(query) if target in ours}


def _before(connection: Connection, known: Collection[tuple[int, str]], numbers: Mapping[str, int]) -> Before:
    names = {number: reference for reference, number in numbers.items()}
    standing: dict[str, set[str]] = {}
    gone: list[Finding] = []
    for some in portions(sorted(known), AT_ONCE):
        query = select(findings.c.target, findings.c.id, findings.c.present, findings.c.record)
        for target, id_, present, record in connection.execute(query.where(tuple_(findings.c.target, findings.c.id).in_(some))):
            if present:
                standing.setdefault(names[target], set()).add(id_)
            else:
                gone.append(unpack(record, Finding))
    return Before(standing, tuple(gone))


def _keep_told(connection: Connection, rule: str, wanted: Collection[tuple[int, str]], known: Collection[tuple[int, str]]) -> None:
    wanted, known = set(wanted), set(known)
    for some in portions(sorted(known - wanted), AT_ONCE):
        connection.execute(delete(told).where(told.c.rule == rule, tuple_(told.c.target, told.c.finding).in_(some)))
    new = [{"rule": rule, "target": target, "finding": id_} for target, id_ in sorted(wanted - known)]
    if new:
        connection.execute(insert(told), new)


def _queue(connection: Connection, rule: str, run: int, telling: Telling, at: datetime) -> None:
    row = {
        "rule": rule,
        "run": run,
        "title": telling.title,
        "body": telling.body,
        "queued_at": at,
        "attempts": 0,
        "next_attempt_at": at,
        "last_error": "",
    }
    connection.execute(insert(outbox), row)
