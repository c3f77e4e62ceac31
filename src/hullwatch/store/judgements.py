"""Targets as they were judged, and what each judgement rested on: the inventory, the feeds with their dates, the gaps."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import Struct
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.schema import Table

from ..model import Feed, Gap, Judgement, Target
from .life import Ground
from .records import identity, pack, unpack
from .schema import feeds, inventories, judgement_feeds, judgements, runs, targets

Item = TypeVar("Item")
AT_ONCE = 5000
"""Values in one statement; PostgreSQL takes 65535, SQLite 32766."""


class KnownTarget(Struct, frozen=True):
    """A target's row; when it was last judged, and in which run."""

    id: int
    last_run: int | None
    last_at: datetime | None


def insert_unless_there(connection: Connection, table: Table) -> Insert:
    """An insert that leaves a row alone which another writer, or we, wrote before."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table).on_conflict_do_nothing()


def portions(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Items in order, ``size`` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def know_targets(connection: Connection, wanted: Iterable[Target]) -> dict[str, KnownTarget]:
    """Rows of targets by reference, new ones made. They are ours until the transaction ends: other writers wait."""
    rows = [{"reference": each.reference, "kind": each.kind.value} for each in sorted(wanted, key=lambda each: each.reference)]
    if not rows:
        return {}
    connection.execute(insert_unless_there(connection, targets), rows)
    references = [row["reference"] for row in rows]
    ours = select(targets.c.id).where(targets.c.reference.in_(references)).order_by(targets.c.reference).with_for_update()
    connection.execute(ours).all()
    query = (
        select(targets.c.reference, targets.c.id, targets.c.last_run, _LAST_AT)
        .outerjoin(judgements, (judgements.c.target == targets.c.id) & (judgements.c.run == targets.c.last_run))
        .outerjoin(runs, runs.c.id == targets.c.last_run)
        .where(targets.c.reference.in_(references))
    )
    return {reference: KnownTarget(id_, last_run, last_at) for reference, id_, last_run, last_at in connection.execute(query)}


def last_judged(connection: Connection, reference: str) -> datetime | None:
    """When a target was last judged; None when it never was."""
    query = (
        select(_LAST_AT)
        .join(targets, runs.c.id == targets.c.last_run)
        .join(judgements, (judgements.c.target == targets.c.id) & (judgements.c.run == runs.c.id))
        .where(targets.c.reference == reference)
    )
    found: datetime | None = connection.scalar(query)
    return found


_LAST_AT = func.coalesce(judgements.c.judged_at, runs.c.finished_at, type_=judgements.c.judged_at.type)


def already_judged(connection: Connection, run: int, references: Iterable[str]) -> dict[str, bytes]:
    """What a run that is done again was told the first time, by reference (``save_judgements``)."""
    query = (
        select(targets.c.reference, judgements.c.remembered)
        .join(targets, targets.c.id == judgements.c.target)
        .where(judgements.c.run == run, targets.c.reference.in_(list(references)), judgements.c.remembered.is_not(None))
    )
    return {reference: bytes(told) for reference, told in connection.execute(query)}


def keep_told(connection: Connection, run: int, target: int, told: bytes) -> None:
    """Keep what a run was told of a target, should it ask again."""
    one = update(judgements).where(judgements.c.run == run, judgements.c.target == target)
    connection.execute(one.values(remembered=told))


def save_judgements(connection: Connection, run: int, at: datetime, judged: Mapping[int, Judgement], kept: Mapping[int, int]) -> None:
    """Write down what this run judged ``at``: ``judged`` by target, ``kept`` the inventory of each target."""
    if not judged:
        return
    rows = [
        {
            "target": target,
            "run": run,
            "inventory": kept[target],
            "taken_at": judgement.inventory.taken_at,
            "gaps": pack(judgement.gaps) if judgement.gaps else None,
            "judged_at": at,
        }
        for target, judgement in judged.items()
    ]
    connection.execute(insert(judgements), rows)
    numbers = _save_feeds(connection, {feed for judgement in judged.values() for feed in map(_kept, judgement.feeds)})
    links = [
        {"target": target, "run": run, "feed": number}
        for target, judgement in judged.items()
        for number in {numbers[identity(_kept(feed))] for feed in judgement.feeds}
    ]
    if links:
        connection.execute(insert(judgement_feeds), links)
    connection.execute(update(targets).where(targets.c.id.in_(judged)).values(last_run=run))


def ground_of(connection: Connection, target: int, run: int) -> Ground:
    """What a judgement of this target rested on."""
    query = (
        select(inventories.c.distribution, judgements.c.gaps)
        .join(inventories, inventories.c.id == judgements.c.inventory)
        .where(judgements.c.target == target, judgements.c.run == run)
    )
    distribution, gaps = connection.execute(query).one()
    asked = (
        select(feeds.c.name)
        .join(judgement_feeds, judgement_feeds.c.feed == feeds.c.id)
        .where(judgement_feeds.c.target == target, judgement_feeds.c.run == run)
    )
    return Ground.of(distribution, connection.scalars(asked), unpack(gaps, tuple[Gap, ...]) if gaps else ())


class _KeptFeed(Struct, frozen=True):
    """A feed at one time."""

    name: str
    published_at: datetime | None
    fetched_at: datetime | None
    fingerprint: str


def _kept(feed: Feed) -> _KeptFeed:
    return _KeptFeed(feed.id, feed.published_at, feed.fetched_at, feed.fingerprint)


def _save_feeds(connection: Connection, wanted: Iterable[_KeptFeed]) -> dict[bytes, int]:
    rows = sorted(
        (
            {
                "identity": identity(each),
                "name": each.name,
                "published_at": each.published_at,
                "fetched_at": each.fetched_at,
                "fingerprint": each.fingerprint,
            }
            for each in wanted
        ),
        key=lambda row: str(row["identity"]),
    )
    if not rows:
        return {}
    connection.execute(insert_unless_there(connection, feeds), rows)
    found = select(feeds.c.identity, feeds.c.id).where(feeds.c.identity.in_([row["identity"] for row in rows]))
    return {bytes(key): number for key, number in connection.execute(found)}
