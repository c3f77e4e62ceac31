"""Logging in and out. The form has a secret of its own, for there is no session yet that could hold one."""

import secrets
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from ..passwords import MAX_LENGTH
from ..problem import Refused
from ..security import AnyVisitor, Viewer, csrf_of, doorman_of, refuse_forgery
from .rendering import page, see

router = APIRouter(include_in_schema=False)
_COOKIE = "hullwatch_login"
_ADDRESS = 2000
Field = Annotated[str, Form()]


@router.get("/login")
def show_login(request: Request, who: AnyVisitor, next: str = "/") -> Response:  # noqa: A002 - it is what addresses call it
    """The form."""
    return see(_ours(next)) if who else _form(request, next)


@router.post("/login")
def log_in(
    request: Request,
    name: Field = "",
    password: Field = "",
    csrf: Field = "",
    next: Field = "/",  # noqa: A002
) -> Response:
    """Log in, and go on to where one wanted to go."""
    doorman = doorman_of(request)
    try:
        refuse_forgery(request, csrf, request.cookies.get(_COOKIE) or secrets.token_urlsafe())
        user = doorman.log_in(name[:MAX_LENGTH], password, request)
    except Refused as refusal:
        answer = _form(request, next, name=name[:100], refusal=refusal)
        answer.headers.update({key: value for key, value in refusal.headers.items() if key == "retry-after"})
        return answer
    answer = see(_ours(next))
    doorman.start_session(user, answer)
    answer.delete_cookie(_COOKIE, path="/login", httponly=True, samesite="strict", secure=doorman.secure_cookies)
    return answer


@router.post("/logout")
def log_out(request: Request, _: Viewer) -> Response:
    """Log out."""
    answer = see("/login")
    doorman_of(request).end_session(request, answer)
    return answer


def _form(request: Request, wanted: str, *, name: str = "", refusal: Refused | None = None) -> Response:
    doorman = doorman_of(request)
    secret = request.cookies.get(_COOKIE) or secrets.token_urlsafe(32)
    status = refusal.status if refusal else HTTPStatus.OK
    answer = page(request, "login.html", None, status=status, wanted=_ours(wanted), csrf=csrf_of(secret), name=name, refusal=refusal)
    answer.set_cookie(_COOKIE, secret, httponly=True, samesite="strict", secure=doorman.secure_cookies, path="/login")
    return answer


def _ours(wanted: str) -> str:
    """An address of this server, never one elsewhere."""
    fits = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    return wanted if fits and len(wanted) <= _ADDRESS else "/"
