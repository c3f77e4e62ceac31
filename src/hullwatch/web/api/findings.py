"""``/api/v1/findings``: what is wrong, on all targets."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from msgspec import Struct

from ...jobs import findings
from ...jobs.server import Server
from ...model import Finding, FindingKind, Layer, Severity, Waiver
from ...store.finding_search import FindingQuery, Position
from ..answers import Answer, says
from ..cursors import Cursor, Limit, read_cursor, write_cursor
from ..security import Here, Viewer

router = APIRouter(prefix="/findings", tags=["findings"])


class FindingSummary(Struct, frozen=True, kw_only=True):
    """A finding in a list: what it is, and its life."""

    id: str
    kind: FindingKind
    rule: str
    aliases: tuple[str, ...]
    title: str
    target: str
    """Reference."""
    target_id: int
    subject: str
    verdict: str
    severity: Severity
    status: str
    installed: str
    fixed_in: str
    fixable: bool
    exploited: bool
    present: bool
    """Wrong, as far as we know: it failed and has not been seen mended since."""
    new: bool
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None
    reopened: int
    waived_by: Waiver | None


class FindingDetail(Struct, frozen=True, kw_only=True):
    """A finding with its evidence, and its life."""

    finding: Finding
    target_id: int
    present: bool
    new: bool
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None
    reopened: int
    waived_by: Waiver | None
    layers: tuple[Layer, ...]
    """Of the image as it was last read: those that its evidence names."""
    feeds: tuple[findings.AskedFeed, ...]
    """As they were when its target was last judged: those that its evidence names."""


class FindingPage(Struct, frozen=True, kw_only=True):
    """Some findings, the worst first."""

    findings: tuple[FindingSummary, ...]
    next: str
    """Cursor of the next page; empty: this is the last."""


@router.get("", **says(FindingPage))
def list_findings(
    here: Here,
    _: Viewer,
    cursor: Cursor = "",
    limit: Limit = 100,
    severity: Annotated[list[Severity] | None, Query(description="one of these")] = None,
    kind: Annotated[list[FindingKind] | None, Query(description="one of these")] = None,
    target: Annotated[str, Query(max_length=4096, description="reference")] = "",
    rule: Annotated[str, Query(max_length=200, description="exactly, or with `*` for anything")] = "",
    text: Annotated[str, Query(max_length=200, description="somewhere in rule or subject")] = "",
    exploited: Annotated[bool | None, Query(description="known to be exploited, or not")] = None,
    new: Annotated[bool | None, Query(description="began to fail when its target was last judged, or before")] = None,
    gone: Annotated[bool, Query(description="those that are gone, in place of those that fail")] = False,
    waived: Annotated[bool | None, Query(description="covered by a waiver, or not")] = None,
    fixable: Annotated[bool | None, Query(description="something that exists mends it, or not")] = None,
    watched: Annotated[bool, Query(description="only of targets that are watched")] = False,
) -> Response:
    """List what is wrong now; all filters hold at once."""
    query = FindingQuery(
        severities=tuple(severity or ()),
        kinds=tuple(kind or ()),
        target=target,
        rule=rule,
        text=text,
        exploited=exploited,
        new=new,
        gone=gone,
        watched=watched,
    )
    return Answer(read_findings(here, query, cursor, limit, waived=waived, fixable=fixable))


def read_findings(
    here: Server, query: FindingQuery, cursor: str = "", limit: int = 100, *, waived: bool | None = None, fixable: bool | None = None
) -> FindingPage:
    """Findings, the worst first, page by page. Raises Misuse."""
    after = read_cursor(cursor, Position) if cursor else None
    page = findings.find(here, query, waived=waived, fixable=fixable, after=after, limit=limit)
    following = write_cursor(page.following) if page.following else ""
    return FindingPage(findings=tuple(map(summary_of, page.found)), next=following)


@router.get("/{finding}", **says(FindingDetail, also={404: "there is none"}))
def get_finding(here: Here, _: Viewer, finding: Annotated[str, Path(max_length=64)]) -> Response:
    """One finding with its evidence."""
    return Answer(read_finding(here, finding))


def read_finding(here: Server, finding: str) -> FindingDetail:
    """One finding with its evidence. Raises NotFound, Misuse."""
    found = findings.get(here, finding)
    kept = found.kept
    ground = findings.ground_of(here, kept)
    return FindingDetail(
        finding=kept.finding,
        target_id=kept.target_id,
        present=kept.present,
        new=kept.new,
        first_seen=kept.first_seen,
        last_seen=kept.last_seen,
        gone_at=kept.gone_at,
        reopened=kept.reopened,
        waived_by=found.waived_by,
        layers=ground.layers,
        feeds=ground.feeds,
    )


def summary_of(found: findings.Found) -> FindingSummary:
    """A finding as a list shows it."""
    kept, finding = found.kept, found.kept.finding
    return FindingSummary(
        id=finding.id,
        kind=finding.kind,
        rule=finding.rule,
        aliases=finding.aliases,
        title=finding.title,
        target=finding.target,
        target_id=kept.target_id,
        subject=finding.subject,
        verdict=finding.verdict,
        severity=finding.severity,
        status=finding.status,
        installed=finding.installed,
        fixed_in=finding.fixed_in,
        fixable=finding.fixable,
        exploited=finding.exploited,
        present=kept.present,
        new=kept.new,
        first_seen=kept.first_seen,
        last_seen=kept.last_seen,
        gone_at=kept.gone_at,
        reopened=kept.reopened,
        waived_by=found.waived_by,
    )
