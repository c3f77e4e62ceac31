"""Findings of all targets, asked for by what they are: the worst first, page by page."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Engine, Row, Select, and_, case, exists, func, not_, or_, select, tuple_

from ..errors import NotFound
from ..model import Finding, FindingKind, Severity
from ..reports.summary import rank
from .database import transaction
from .records import unpack
from .schema import findings, judgements, targets


class FindingQuery(Struct, frozen=True, kw_only=True):
    """Which findings; all conditions hold at once."""

    severities: tuple[Severity, ...] = ()
    """One of these; none means any."""
    kinds: tuple[FindingKind, ...] = ()
    target: str = ""
    """Reference."""
    rule: str = ""
    """Exactly, or with ``*`` for anything."""
    text: str = ""
    """Somewhere in the rule or the subject, whatever the case."""
    exploited: bool | None = None
    new: bool | None = None
    """Began to fail when its target was last judged, and that was not the first time."""
    gone: bool = False
    """Those that failed once and are gone, in place of those that fail."""
    watched: bool = False
    """Only of targets that are watched."""


class KeptRow(Struct, frozen=True, kw_only=True):
    """A finding and its life."""

    finding: Finding
    target_id: int
    present: bool
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None
    reopened: int
    new: bool


class Position(Struct, frozen=True, array_like=True):
    """Where a finding stands in the order."""

    calm: int
    """0: known to be exploited."""
    rank: int
    rule: str
    id: str


class Findings:
    """Findings in the database. Every method raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, query: FindingQuery, *, after: Position | None = None, limit: int = 100) -> list[tuple[KeptRow, Position]]:
        """As reports have it: what is known to be exploited, then the worst severity, then by rule; from behind ``after`` on."""
        statement = _ROWS.where(*_conditions(query)).order_by(*_ORDER).limit(limit)
        if after is not None:
            statement = statement.where(tuple_(*_ORDER) > tuple_(after.calm, after.rank, after.rule, after.id))
        with transaction(self._engine, write=False) as connection:
            return [(_row(row), Position(row.calm, row.rank, row.rule, row.id)) for row in connection.execute(statement)]

    def get(self, finding: str) -> KeptRow:
        """One finding, also one that passes or is gone. Raises NotFound."""
        with transaction(self._engine, write=False) as connection:
            row = connection.execute(_ROWS.where(findings.c.id == finding)).first()
        if row is None:
            raise NotFound(f"there is no finding {finding}")
        return _row(row)

    def counts(self, *, watched: bool = False) -> dict[tuple[str, str], int]:
        """How many fail, by kind and severity."""
        query = select(findings.c.kind, findings.c.severity, func.count().label("number")).where(findings.c.present)
        if watched:
            query = query.join(targets, targets.c.id == findings.c.target).where(targets.c.watched_at.is_not(None))
        with transaction(self._engine, write=False) as connection:
            rows = connection.execute(query.group_by(findings.c.kind, findings.c.severity))
            return {(row.kind, row.severity): row.number for row in rows}


_RANK = case({severity.value: rank(severity) for severity in Severity}, value=findings.c.severity, else_=len(Severity))
_CALM = case((findings.c.exploited, 0), else_=1)
_ORDER = (_CALM, _RANK, findings.c.rule, findings.c.id)
_EARLIER = judgements.alias("earlier")
_NEW = and_(
    findings.c.present,
    findings.c.came_in == targets.c.last_run,
    exists(select(_EARLIER.c.run).where(_EARLIER.c.target == findings.c.target, _EARLIER.c.run != targets.c.last_run)),
)
_ROWS: Select[*tuple[Any, ...]] = select(
    findings, targets.c.id.label("target_id"), _RANK.label("rank"), _CALM.label("calm"), _NEW.label("new")
).join(targets, targets.c.id == findings.c.target)


def _conditions(query: FindingQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [findings.c.gone_at.is_not(None) & not_(findings.c.present) if query.gone else findings.c.present]
    if query.severities:
        wanted.append(findings.c.severity.in_([each.value for each in query.severities]))
    if query.kinds:
        wanted.append(findings.c.kind.in_([each.value for each in query.kinds]))
    if query.target:
        wanted.append(targets.c.reference == query.target)
    if query.rule:
        rule = findings.c.rule
        wanted.append(rule.like(_pattern(query.rule, "%"), escape="\\") if "*" in query.rule else rule == query.rule)
    if query.text:
        anywhere = f"%{_pattern(query.text, '*')}%"
        wanted.append(or_(findings.c.rule.ilike(anywhere, escape="\\"), findings.c.subject.ilike(anywhere, escape="\\")))
    if query.exploited is not None:
        wanted.append(findings.c.exploited.is_(query.exploited))
    if query.new is not None:
        wanted.append(_NEW if query.new else not_(_NEW))
    if query.watched:
        wanted.append(targets.c.watched_at.is_not(None))
    return wanted


def _pattern(text: str, star: str) -> str:
    """For LIKE: everything but ``*`` means itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", star)


def _row(row: Row[*tuple[Any, ...]]) -> KeptRow:
    return KeptRow(
        finding=unpack(row.record, Finding),
        target_id=row.target_id,
        present=row.present,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        gone_at=row.gone_at,
        reopened=row.reopened,
        new=bool(row.new),
    )
