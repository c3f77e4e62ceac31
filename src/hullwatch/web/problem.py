"""Failures as ``application/problem+json`` (RFC 9457), each with what to do about it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from msgspec import Struct
from starlette.exceptions import HTTPException

from .. import errors

MEDIA_TYPE = "application/problem+json"
_STATUS: Mapping[type[errors.HullwatchError], HTTPStatus] = {
    errors.Misuse: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Malformed: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Denied: HTTPStatus.FORBIDDEN,
    errors.LimitExceeded: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.Unreachable: HTTPStatus.BAD_GATEWAY,
    errors.HomeUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong with a request."""

    title: str
    """The status in words."""
    status: int
    detail: str
    remedy: str
    """What to do about it; empty when nothing can be done."""
    type: str = "about:blank"


class Refused(Exception):
    """A request that is not let in: not logged in, too little a role, too many attempts. ``status`` is that of the answer."""

    def __init__(self, status: HTTPStatus, detail: str, *, remedy: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.remedy = remedy
        self.headers = dict(headers or {})


def answer(status: int, detail: str, remedy: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """A problem as a response."""
    problem = Problem(title=HTTPStatus(status).phrase, status=int(status), detail=detail, remedy=remedy)
    return Response(msgspec.json.encode(problem), status, dict(headers or {}), MEDIA_TYPE)


def status_of(error: errors.HullwatchError) -> HTTPStatus:
    """The status for one of our errors."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


Shown = Callable[[Request, Problem], Response | None]
"""How somebody who looks at pages is told of a problem; None: this request is a program's."""


def register(app: FastAPI, shown: Shown = lambda _, __: None) -> None:
    """Have every failure of ``app`` answered as a problem, or as a page."""

    def said(request: Request, status: int, detail: str, remedy: str = "", headers: Mapping[str, str] | None = None) -> Response:
        page = shown(request, Problem(title=HTTPStatus(status).phrase, status=int(status), detail=detail, remedy=remedy))
        if page is None:
            return answer(status, detail, remedy, headers)
        page.headers.update(headers or {})
        return page

    @app.exception_handler(errors.HullwatchError)
    def _ours(request: Request, error: errors.HullwatchError) -> Response:
        return said(request, status_of(error), error.what, error.remedy)

    @app.exception_handler(Refused)
    def _refused(request: Request, error: Refused) -> Response:
        return said(request, error.status, error.detail, error.remedy, error.headers)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        return said(request, error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        text = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        return said(request, HTTPStatus.UNPROCESSABLE_ENTITY, text, "see /api/v1/openapi.json")

    @app.exception_handler(Exception)
    def _unforeseen(request: Request, _: Exception) -> Response:
        return said(request, HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed; its log says why", "tell us, with what you did")
