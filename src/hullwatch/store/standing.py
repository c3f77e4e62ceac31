"""Watched targets as they stand now: what was found when each was last judged, and what became of it since."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, Engine, select

from ..errors import NotFound
from ..model import Feed, Finding, Gap, Inventory, Report, Verdict
from .database import transaction
from .inventories import load_inventory
from .judgements import AT_ONCE, portions
from .records import unpack
from .runs import RunStatus
from .schema import feeds, findings, judgement_feeds, judgements, run_targets, runs, targets
from .targets import WatchedTarget, load_watched


class Mark(Struct, frozen=True):
    """Tells one state of a watched target from another: equal marks, equal standing."""

    target: int
    reference: str
    kind: str
    name: str
    labels: bytes
    last_run: int | None
    """In which it was last judged."""
    tried: int | None
    """The newest run after that which has to do with it."""
    status: str
    """Of the target in that run."""


class Try(Struct, frozen=True, kw_only=True):
    """A run that came after the one in which a target was last judged."""

    run: int
    status: RunStatus
    at: datetime | None
    """When that target's part of it ended; None: it has not."""
    error: Gap | None


class Lived(Struct, frozen=True):
    """A finding and what its life says of now."""

    finding: Finding
    first_seen: datetime | None
    new: bool = False


class Standing(Struct, frozen=True, kw_only=True):
    """What is known of one watched target."""

    watched: WatchedTarget
    inventory: Inventory | None
    """None: it was never judged."""
    report: Report | None
    """What its last run said of it, where that is still kept."""
    findings: tuple[Lived, ...] = ()
    """All that fail as far as we know, also those that were not looked for again; and the last answers of checks."""
    gone: tuple[Finding, ...] = ()
    """Seen mended when it was last judged; by id."""
    gaps: tuple[Gap, ...] = ()
    feeds: tuple[Feed, ...] = ()
    """Those asked; of old ones only names and dates are kept."""
    previous_at: datetime | None = None
    """When it was judged before that."""
    tried: Try | None = None


class Standings:
    """How watched targets stand. Every method raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def marks(self) -> tuple[Mark, ...]:
        """Of all watched targets, in the order they came."""
        query = select(targets.c.id, targets.c.reference, targets.c.kind, targets.c.name, targets.c.labels, targets.c.last_run)
        with transaction(self._engine, write=False) as connection:
            watched = connection.execute(query.where(targets.c.watched_at.is_not(None)).order_by(targets.c.id)).all()
            tried = _newest_tries(connection)
        return tuple(
            Mark(*row[:3], row.name or "", bytes(row.labels or b""), row.last_run, *tried.get(row.id, (None, ""))) for row in watched
        )

    def get(self, target: int) -> Standing:
        """One watched target. Raises NotFound."""
        with transaction(self._engine, write=False) as connection:
            watched = load_watched(connection, target)
            tried = _last_try(connection, watched)
            if watched.last_run is None:
                return Standing(watched=watched, inventory=None, report=None, tried=tried)
            report = _report(connection, watched)
            return Standing(
                watched=watched,
                inventory=report.targets[0].inventory if report else load_inventory(connection, watched.reference),
                report=report,
                findings=_lived(connection, watched, report),
                gone=_gone(connection, watched),
                gaps=_gaps(connection, watched),
                feeds=report.targets[0].feeds if report else _feeds(connection, watched.id),
                previous_at=_previous_at(connection, watched),
                tried=tried,
            )

    def each(self, wanted: Iterable[int]) -> Iterator[Standing]:
        """Those of some targets that are watched still, one at a time."""
        for target in wanted:
            try:
                yield self.get(target)
            except NotFound:
                continue

    def feeds(self, target: int) -> tuple[Feed, ...]:
        """The feeds asked when a target, watched or not, was last judged; only their names and dates are known."""
        with transaction(self._engine, write=False) as connection:
            return _feeds(connection, target)


def _newest_tries(connection: Connection) -> dict[int, tuple[int, str]]:
    query = (
        select(targets.c.id, run_targets.c.run, run_targets.c.status)
        .join(run_targets, run_targets.c.reference == targets.c.reference)
        .where(targets.c.watched_at.is_not(None), (targets.c.last_run.is_(None)) | (run_targets.c.run > targets.c.last_run))
        .order_by(run_targets.c.run, run_targets.c.position)
    )
    return {target: (run, status) for target, run, status in connection.execute(query)}


def _last_try(connection: Connection, watched: WatchedTarget) -> Try | None:
    query = (
        select(run_targets.c.run, run_targets.c.status, run_targets.c.finished_at, run_targets.c.error)
        .where(run_targets.c.reference == watched.reference, run_targets.c.run > (watched.last_run or 0))
        .order_by(run_targets.c.run.desc(), run_targets.c.position.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Try(run=row.run, status=RunStatus(row.status), at=row.finished_at, error=unpack(row.error, Gap) if row.error else None)


def _report(connection: Connection, watched: WatchedTarget) -> Report | None:
    """Of a run that named a target twice, the first."""
    query = (
        select(run_targets.c.report)
        .where(run_targets.c.reference == watched.reference, run_targets.c.run == watched.last_run, run_targets.c.report.is_not(None))
        .order_by(run_targets.c.position)
        .limit(1)
    )
    data = connection.scalar(query)
    report = unpack(bytes(data), Report) if data is not None else None
    return report if report and len(report.targets) == 1 else None


def _lived(connection: Connection, watched: WatchedTarget, report: Report | None) -> tuple[Lived, ...]:
    """What fails, and what the last run answered; of the latter the report knows more, where it is kept."""
    known = {each.finding.id: each for part in report.targets for each in part.findings} if report else {}
    columns = (findings.c.id, findings.c.verdict, findings.c.present, findings.c.first_seen, findings.c.came_in)
    current = findings.c.present | ((findings.c.last_run == watched.last_run) & (findings.c.verdict != Verdict.FAIL.value))
    rows = connection.execute(select(*columns).where(findings.c.target == watched.id, current)).all()
    other = _records(connection, watched, [row.id for row in rows if row.id not in known])
    again = _previous_at(connection, watched) is not None
    found = {
        row.id: Lived(
            known[row.id].finding if row.id in known else other[row.id],
            row.first_seen,
            again and row.present and row.came_in == watched.last_run,
        )
        for row in rows
    }
    unanswered = {id_: Lived(each.finding, each.first_seen) for id_, each in known.items() if id_ not in found}
    return tuple(found.get(id_) or unanswered[id_] for id_ in sorted(found.keys() | unanswered.keys()))


def _gone(connection: Connection, watched: WatchedTarget) -> tuple[Finding, ...]:
    query = select(findings.c.record).where(
        findings.c.target == watched.id,
        findings.c.present.is_(False),
        findings.c.last_run == watched.last_run,
        findings.c.gone_at == watched.last_judged_at,
    )
    return tuple(unpack(bytes(data), Finding) for data in connection.scalars(query.order_by(findings.c.id)))


def _records(connection: Connection, watched: WatchedTarget, ids: Collection[str]) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for some in portions(sorted(ids), AT_ONCE):
        query = select(findings.c.id, findings.c.record).where(findings.c.target == watched.id, findings.c.id.in_(some))
        found |= {id_: unpack(bytes(data), Finding) for id_, data in connection.execute(query)}
    return found


def _gaps(connection: Connection, watched: WatchedTarget) -> tuple[Gap, ...]:
    query = select(judgements.c.gaps).where(judgements.c.target == watched.id, judgements.c.run == watched.last_run)
    data = connection.scalar(query)
    return unpack(bytes(data), tuple[Gap, ...]) if data is not None else ()


def _feeds(connection: Connection, target: int) -> tuple[Feed, ...]:
    query = (
        select(feeds.c.name, feeds.c.published_at, feeds.c.fetched_at, feeds.c.fingerprint)
        .join(judgement_feeds, judgement_feeds.c.feed == feeds.c.id)
        .join(targets, (targets.c.id == judgement_feeds.c.target) & (targets.c.last_run == judgement_feeds.c.run))
        .where(targets.c.id == target)
        .order_by(feeds.c.name)
    )
    return tuple(
        Feed(
            id=row.name,
            source=row.name.partition("/")[0],
            addresses=(),
            published_at=row.published_at,
            fetched_at=row.fetched_at,
            fingerprint=row.fingerprint,
        )
        for row in connection.execute(query)
    )


def _previous_at(connection: Connection, watched: WatchedTarget) -> datetime | None:
    query = (
        select(judgements.c.judged_at, runs.c.finished_at)
        .join(runs, runs.c.id == judgements.c.run)
        .where(judgements.c.target == watched.id, judgements.c.run != watched.last_run)
        .order_by(judgements.c.run.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return (row.judged_at or row.finished_at) if row else None
