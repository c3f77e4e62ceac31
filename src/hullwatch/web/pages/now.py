"""The first page: what is wrong now, what to do in order, and what could not be judged."""

from fastapi import APIRouter, Request, Response

from ...jobs.now import Now, TargetNow
from ..api.reports import board_of
from ..security import Viewer
from .rendering import page

router = APIRouter(include_in_schema=False)
_MENDS, _TARGETS, _CHECKS, _MISSING = 6, 20, 5, 5
"""How many are shown before the rest is folded away; reports fold alike."""


@router.get("/")
def show_now(request: Request, who: Viewer) -> Response:
    """What is wrong now."""
    board = board_of(request).now()
    return page(
        request,
        "now.html",
        who,
        twin="/api/v1/reports/current",
        board=board,
        targets=worst_first(board),
        ids={each.reference: each.id for each in board.targets},
        folds={"mends": _MENDS, "targets": _TARGETS, "checks": _CHECKS, "missing": _MISSING},
    )


def worst_first(board: Now) -> list[TargetNow]:
    """Targets as they should be looked after."""
    return sorted(board.targets, key=_weight, reverse=True)


def _weight(target: TargetNow) -> tuple[int, ...]:
    counts = target.counts
    if counts is None:
        return (0, 1)
    tally = counts.vulnerabilities
    numbers = (tally.critical, counts.checks.failed, tally.high, tally.fix, counts.gaps, tally.unfixed)
    return (tally.exploited + tally.exploited_unfixed, 0, *numbers)
