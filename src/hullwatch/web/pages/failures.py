"""Failures as those see them who look at pages: what happened, what to do about it; who is not logged in is asked to."""

from fastapi import Request, Response

from ...errors import HullwatchError
from ..problem import Problem
from ..security import SESSION_COOKIE, By, Visitor, csrf_of, doorman_of
from .rendering import page, see

_PROGRAMS = ("/api/", "/v1/", "/metrics", "/healthz", "/readyz", "/static/")
"""Where no pages are."""


def as_page(request: Request, problem: Problem) -> Response | None:
    """The page for a problem; None where a program asks."""
    if "text/html" not in request.headers.get("accept", "") or request.url.path.startswith(_PROGRAMS):
        return None
    if problem.status == 401 and request.method == "GET":
        wanted = f"{request.url.path}{'?' if request.url.query else ''}{request.url.query}"
        return see("/login", **({"next": wanted} if wanted != "/" else {}))
    return page(request, "failure.html", _known(request), status=problem.status, problem=problem)


def _known(request: Request) -> Visitor | None:
    """Who sees the page, for its head alone: nothing is allowed by this."""
    doorman = doorman_of(request)
    try:
        secret = request.cookies.get(SESSION_COOKIE)
        user = doorman.server.memory.sessions.holder(secret, doorman.server.clock.now()) if secret else None
    except HullwatchError:
        return None
    return Visitor(user=user, role=user.role, by=By.SESSION, csrf=csrf_of(secret)) if user and secret else None
