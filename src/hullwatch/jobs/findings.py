"""Findings as doors show them: asked of memory, with the waivers as they stand today."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from ..assess.waivers import waive
from ..model import Comparison, Layer, Waiver
from ..store.finding_search import FindingQuery, KeptRow, Position
from .server import Server
from .working import load_waivers

_AT_ONCE = 500


class Found(Struct, frozen=True, kw_only=True):
    """A finding, its life, and the waiver that covers it."""

    kept: KeptRow
    waived_by: Waiver | None


class AskedFeed(Struct, frozen=True, kw_only=True):
    """A feed as it was when a target was last judged."""

    id: str
    published_at: datetime | None
    fetched_at: datetime | None


class Ground(Struct, frozen=True, kw_only=True):
    """What a finding's evidence names, looked up."""

    layers: tuple[Layer, ...]
    """Of the image as it was last read; those that hold what is concerned."""
    feeds: tuple[AskedFeed, ...]


class FoundPage(Struct, frozen=True, kw_only=True):
    """Some findings; ``following`` is where the next page begins, None: this is the last."""

    found: tuple[Found, ...]
    following: Position | None


def find(
    server: Server,
    query: FindingQuery,
    *,
    waived: bool | None = None,
    fixable: bool | None = None,
    after: Position | None = None,
    limit: int = 100,
) -> FoundPage:
    """A page of findings, the worst first. Raises Misuse for waivers that cannot be read."""
    waivers, today = load_waivers(server.settings), server.clock.now().date()
    page: list[tuple[Found, Position]] = []
    at_once = limit + 1 if waived is None and fixable is None else _AT_ONCE
    while len(page) <= limit:
        rows = server.memory.findings.page(query, after=after, limit=at_once)
        for kept, position in rows:
            found = Found(kept=kept, waived_by=_waiver(kept, waivers, today))
            if waived in (None, found.waived_by is not None) and fixable in (None, kept.finding.fixable):
                page.append((found, position))
        if len(rows) < at_once:
            break
        after = rows[-1][1]
    shown = page[:limit]
    return FoundPage(found=tuple(found for found, _ in shown), following=shown[-1][1] if len(page) > limit else None)


def get(server: Server, finding: str) -> Found:
    """One finding. Raises NotFound, Misuse for waivers that cannot be read."""
    kept = server.memory.findings.get(finding)
    return Found(kept=kept, waived_by=_waiver(kept, load_waivers(server.settings), server.clock.now().date()))


def ground_of(server: Server, kept: KeptRow) -> Ground:
    """The layers and feeds that a finding's evidence names."""
    comparisons = [each for each in kept.finding.evidence if isinstance(each, Comparison)]
    named = {seen.layer for each in comparisons for seen in each.seen_at if seen.layer}
    inventory = server.memory.history.inventory(kept.finding.target) if named else None
    asked = {each.feed for each in comparisons}
    return Ground(
        layers=tuple(layer for layer in inventory.layers if layer.diff_id in named) if inventory else (),
        feeds=tuple(
            AskedFeed(id=each.id, published_at=each.published_at, fetched_at=each.fetched_at)
            for each in (server.memory.standings.feeds(kept.target_id) if asked else ())
            if each.id in asked
        ),
    )


def _waiver(kept: KeptRow, waivers: Sequence[Waiver], today: date) -> Waiver | None:
    return waive((kept.finding,), (), waivers, target=kept.finding.target, today=today).findings[0][1] if waivers else None
