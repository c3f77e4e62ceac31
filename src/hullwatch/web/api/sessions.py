"""``/api/v1/sessions``: logging in and out, for browsers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from msgspec import Meta, Struct

from ...store.users import User
from ..answers import Answer, body, says
from ..passwords import MAX_LENGTH
from ..security import Viewer, doorman_of

router = APIRouter(prefix="/sessions", tags=["sessions"])


class Login(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name and password."""

    name: Annotated[str, Meta(max_length=100)]
    password: Annotated[str, Meta(max_length=MAX_LENGTH)]


class Session(Struct, frozen=True, kw_only=True):
    """A session; the cookie is in the answer's header."""

    user: User
    csrf: str
    """What a request that changes something must send in the header ``x-csrf-token``."""


@router.post("", **says(Session, 201, takes=Login, also={429: "too many failed attempts"}))
def add_session(request: Request, given: Annotated[Login, Depends(body(Login))]) -> Response:
    """Log in."""
    doorman = doorman_of(request)
    user = doorman.log_in(given.name, given.password, request)
    cookie = Response()
    visitor = doorman.start_session(user, cookie)
    return Answer(Session(user=user, csrf=visitor.csrf), 201, {"set-cookie": cookie.headers["set-cookie"]})


@router.delete("/current", **says(None, 204))
def remove_session(request: Request, _: Viewer) -> Response:
    """Log out."""
    answer = Response(status_code=204)
    doorman_of(request).end_session(request, answer)
    return answer
