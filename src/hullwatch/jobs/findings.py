"""Findings as doors show them: asked of memory, with the waivers as they stand today."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from ..assess.waivers import waive
from ..model import Waiver
from ..store.finding_search import FindingQuery, KeptRow, Position
from .server import Server
from .working import load_waivers

_AT_ONCE = 500


class Found(Struct, frozen=True, kw_only=True):
    """A finding, its life, and the waiver that covers it."""

    kept: KeptRow
    waived_by: Waiver | None


class FoundPage(Struct, frozen=True, kw_only=True):
    """Some findings; ``following`` is where the next page begins, None: this is the last."""

    found: tuple[Found, ...]
    following: Position | None


def find(server: Server, query: FindingQuery, *, waived: bool | None = None, after: Position | None = None, limit: int = 100) -> FoundPage:
    """A page of findings, the worst first. Raises Misuse for waivers that cannot be read."""
    waivers, today = load_waivers(server.settings), server.clock.now().date()
    page: list[tuple[Found, Position]] = []
    while len(page) <= limit:
        rows = server.memory.findings.page(query, after=after, limit=_AT_ONCE if waived is not None else limit + 1)
        for kept, position in rows:
            found = Found(kept=kept, waived_by=_waiver(kept, waivers, today))
            if waived is None or waived is (found.waived_by is not None):
                page.append((found, position))
        if len(rows) < (_AT_ONCE if waived is not None else limit + 1):
            break
        after = rows[-1][1]
    shown = page[:limit]
    return FoundPage(found=tuple(found for found, _ in shown), following=shown[-1][1] if len(page) > limit else None)


def get(server: Server, finding: str) -> Found:
    """One finding. Raises NotFound, Misuse for waivers that cannot be read."""
    kept = server.memory.findings.get(finding)
    return Found(kept=kept, waived_by=_waiver(kept, load_waivers(server.settings), server.clock.now().date()))


def _waiver(kept: KeptRow, waivers: Sequence[Waiver], today: date) -> Waiver | None:
    return waive((kept.finding,), (), waivers, target=kept.finding.target, today=today).findings[0][1] if waivers else None
