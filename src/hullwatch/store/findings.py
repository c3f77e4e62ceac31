"""The life of findings: first and last seen, gone, back again."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, insert, select, update

from ..model import Finding, Judgement, Verdict
from .judgements import AT_ONCE, ground_of, portions
from .life import Sight
from .records import pack, unpack
from .schema import findings, targets


class KeptFinding(Struct, frozen=True, kw_only=True):
    """A finding as it was last seen, and its life."""

    finding: Finding
    present: bool
    """Wrong, as far as we know: it failed and has not been seen mended since."""
    first_seen: datetime
    """When it first failed; of one that never did, when it was first asked."""
    last_seen: datetime
    gone_at: datetime | None
    reopened: int
    """How often it came back."""


class Followed(Struct, frozen=True):
    """What one judgement changed."""

    first_seen: dict[str, datetime]
    came: frozenset[str]
    """Failing now, and not when the target was last judged."""
    went: tuple[Finding, ...]
    """Failing before, and seen mended now, as they were last seen failing; by id."""


class _Row(Struct, frozen=True):
    """A finding's row. Its names are those of the columns."""

    id: str
    verdict: str
    present: bool
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None
    reopened: int
    last_run: int
    record: bytes
    came_in: int | None


def follow(connection: Connection, target: int, judgement: Judgement, run: int, at: datetime) -> Followed:
    """Bring a target's findings up to what was judged ``at``. One that was not looked for again stays as it is."""
    before = {row.id: row for row in _rows(connection, target)}
    now = {finding.id: finding for finding in judgement.findings}
    after = {id_: _answered(before.get(id_), finding, run, at) for id_, finding in now.items()}
    for row in _gone(connection, target, judgement, (row for row in before.values() if row.present and row.id not in now)):
        after[row.id] = _left(row, run, at)
    _write_new(connection, target, [(row, now[row.id]) for row in after.values() if row.id not in before])
    _write_changed(connection, target, before, after, now)
    was = {row.id for row in before.values() if row.present}
    present = {row.id for row in after.values() if row.present}
    return Followed(
        first_seen={id_: after[id_].first_seen for id_ in now},
        came=frozenset(present - was),
        went=tuple(unpack(before[id_].record, Finding) for id_ in sorted((after.keys() & was) - present)),
    )


def load_findings(connection: Connection, reference: str) -> tuple[KeptFinding, ...]:
    """All findings ever made of a target, passes too, ordered by kind, rule and subject."""
    query = select(findings).join(targets, targets.c.id == findings.c.target).where(targets.c.reference == reference)
    rows = connection.execute(query.order_by(findings.c.kind, findings.c.rule, findings.c.subject, findings.c.id))
    return tuple(
        KeptFinding(
            finding=unpack(row.record, Finding),
            present=row.present,
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            gone_at=row.gone_at,
            reopened=row.reopened,
        )
        for row in rows
    )


def _rows(connection: Connection, target: int) -> Iterator[_Row]:
    columns = [findings.c[name] for name in _Row.__struct_fields__]
    return (_Row(*row) for row in connection.execute(select(*columns).where(findings.c.target == target)))


def _answered(before: _Row | None, finding: Finding, run: int, at: datetime) -> _Row:
    """The row after an answer. An open question answers nothing: what failed before is taken to fail still."""
    fails, open_ = finding.verdict is Verdict.FAIL, finding.verdict is Verdict.UNDETERMINED
    record = pack(finding)
    if before is None:
        return _Row(finding.id, finding.verdict, fails, at, at, None, 0, run, record, run if fails else None)
    never_failed = not before.present and before.gone_at is None
    return _Row(
        id=finding.id,
        verdict=finding.verdict,
        present=fails or (open_ and before.present),
        first_seen=at if fails and never_failed else before.first_seen,
        last_seen=before.last_seen if open_ else at,
        gone_at=None if fails else at if before.present and not open_ else before.gone_at,
        reopened=before.reopened + (fails and before.gone_at is not None),
        last_run=before.last_run if open_ else run,
        record=record,
        came_in=run if fails and not before.present else before.came_in,
    )


def _left(before: _Row, run: int, at: datetime) -> _Row:
    """The row of a finding that was looked for and is not there."""
    return replace(before, present=False, gone_at=at, last_run=run)


def _gone(connection: Connection, target: int, judgement: Judgement, absent: Iterable[_Row]) -> Iterator[_Row]:
    sight = Sight(judgement)
    grounds = {}
    for row in absent:
        if row.last_run not in grounds:
            grounds[row.last_run] = ground_of(connection, target, row.last_run)
        if sight.sees_gone(unpack(row.record, Finding), grounds[row.last_run]):
            yield row


def _write_new(connection: Connection, target: int, new: Iterable[tuple[_Row, Finding]]) -> None:
    rows = [{"target": target, **_values(row), **_labels(finding)} for row, finding in new]
    if rows:
        connection.execute(insert(findings), rows)


def _write_changed(
    connection: Connection, target: int, before: Mapping[str, _Row], after: Mapping[str, _Row], now: Mapping[str, Finding]
) -> None:
    """Rows that were only seen again share a statement; the others are written whole."""
    again: dict[tuple[datetime, int], list[str]] = {}
    changed = []
    for row in after.values():
        if row.id not in before or row == before[row.id]:
            continue
        if row == replace(before[row.id], last_seen=row.last_seen, last_run=row.last_run):
            again.setdefault((row.last_seen, row.last_run), []).append(row.id)
        else:
            labels = {key: _labels(now[row.id])[key] for key in ("severity", "exploited")} if row.id in now else {}
            changed.append((row, labels))
    for (last_seen, last_run), ids in again.items():
        for some in portions(ids, AT_ONCE):
            one = update(findings).where(findings.c.target == target, findings.c.id.in_(some))
            connection.execute(one.values(last_seen=last_seen, last_run=last_run))
    for row, labels in changed:
        connection.execute(update(findings).where(findings.c.target == target, findings.c.id == row.id).values(**_values(row), **labels))


def _labels(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind.value,
        "rule": finding.rule,
        "subject": finding.subject,
        "severity": finding.severity.value,
        "exploited": finding.exploited,
    }


def _values(row: _Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in _Row.__struct_fields__}
