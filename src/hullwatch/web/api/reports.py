"""``/api/v1/reports/current``: what is wrong now on everything that is watched; and the report of what is known now of one target."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ...errors import NotFound
from ...jobs.board import Board
from ...jobs.now import Now
from ...jobs.standing import target_now
from ...reports.formats import FORMATS, format_named
from ..answers import Answer, says
from ..security import Here, Viewer
from .runs import rendered
from .targets import TargetId

router = APIRouter(tags=["reports"])


def board_of(request: Request) -> Board:
    """The app's."""
    found: Board = request.app.state.board
    return found


@router.get("/reports/current", **says(Now))
def get_current_report(request: Request, _: Viewer) -> Response:
    """What is wrong now: counts, what to do in order, targets, checks that fail, what could not be judged."""
    return Answer(board_of(request).now())


@router.get("/targets/{target}/report", **says(None, also={404: "it is not watched, or was never judged"}))
def get_target_report(
    here: Here,
    _: Viewer,
    target: TargetId,
    form: Annotated[str, Query(alias="format", max_length=20, description=f"one of {', '.join(FORMATS)}")] = "json",
) -> Response:
    """What is known of a target now, as a report: with findings that were not looked for again, and the waivers of today."""
    chosen = format_named(form)
    report = target_now(here, target).report
    if not report.targets and not chosen.holds_many:
        raise NotFound(f"target {target} was never judged", remedy="ask for a run")
    return rendered(report, form)
