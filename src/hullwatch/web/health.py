"""``/healthz`` and ``/readyz``: whether the process lives, and whether it can do its work. They say nothing else and need no login."""

from fastapi import APIRouter, Request, Response

from ..errors import HomeUnavailable
from .answers import says
from .security import Here

router = APIRouter(tags=["operation"])


@router.get("/healthz", **says(None, open_to_all=True))
def get_health() -> Response:
    """The process answers."""
    return Response("ok\n", media_type="text/plain")


@router.get("/readyz", **says(None, open_to_all=True, also={503: "the database does not answer, or the rounds have stopped"}))
def get_readiness(request: Request, here: Here) -> Response:
    """The database answers, and the rounds are being done. Raises HomeUnavailable."""
    here.memory.answers()
    if not request.app.state.well():
        raise HomeUnavailable("the rounds have stopped", remedy="start the server again; its log says why")
    return Response("ok\n", media_type="text/plain")
