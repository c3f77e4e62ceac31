"""Who is asking, and whether they may: cookies of browsers, tokens of programs, and names with passwords where a foreign API wants them.

A route says what it needs by one of the dependencies ``viewer``, ``operator`` and ``admin``; a test walks all routes.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Response
from msgspec import Struct

from ..jobs.server import Server
from ..store.users import Role, User
from .passwords import Attempts, Passwords
from .problem import Refused

SESSION_COOKIE = "hullwatch_session"
SESSION_LASTS = timedelta(hours=12)
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
TOKEN_PREFIX = "hw_"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM = "application/x-www-form-urlencoded"


class By(StrEnum):
    """How somebody proved who they are."""

    SESSION = "session"
    TOKEN = "token"
    PASSWORD = "password"


class Visitor(Struct, frozen=True, kw_only=True):
    """Who asks, and as what."""

    user: User
    role: Role
    """The user's, or less where a token grants less."""
    by: By
    csrf: str = ""
    """What forms must send back, in the field ``csrf`` or the header ``x-csrf-token``; of sessions only."""


class Doorman:
    """What the dependencies need to know; one for each app."""

    def __init__(self, server: Server, passwords: Passwords, *, secure_cookies: bool) -> None:
        self.server = server
        self.passwords = passwords
        self.attempts = Attempts(server.clock)
        self.secure_cookies = secure_cookies

    def log_in(self, name: str, password: str, request: Request) -> User:
        """Who has this name and password. Raises Refused, also while this address has to wait."""
        return self._checked(name, password, request, again=False)

    def log_in_again(self, name: str, password: str, request: Request) -> User:
        """As ``log_in``, for clients that send their password with every request."""
        return self._checked(name, password, request, again=True)

    def start_session(self, user: User, response: Response) -> Visitor:
        """Let a browser in: a cookie for ``response``."""
        secret, now = secrets.token_urlsafe(32), self.server.clock.now()
        self.server.memory.sessions.add(secret, user=user.id, at=now, expires_at=now + SESSION_LASTS)
        self.server.memory.users.note_login(user.id, now)
        response.set_cookie(
            SESSION_COOKIE,
            secret,
            max_age=int(SESSION_LASTS.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=self.secure_cookies,
            path="/",
        )
        return Visitor(user=user, role=user.role, by=By.SESSION, csrf=csrf_of(secret))

    def end_session(self, request: Request, response: Response) -> None:
        """Forget the browser's session, if it has one."""
        if secret := request.cookies.get(SESSION_COOKIE):
            self.server.memory.sessions.remove(secret)
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax", secure=self.secure_cookies)

    def _checked(self, name: str, password: str, request: Request, *, again: bool) -> User:
        origin = request.client.host if request.client else ""
        if wait_s := self.attempts.wait_s(origin):
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS, "too many failed attempts", remedy=f"wait {wait_s} s", headers={"retry-after": str(wait_s)}
            )
        user = self.passwords.user_again(name, password) if again else self.passwords.user(name, password)
        if user is None:
            self.attempts.failed(origin)
            raise Refused(HTTPStatus.UNAUTHORIZED, "name or password is wrong", remedy="try again")
        self.attempts.succeeded(origin)
        return user


def doorman_of(request: Request) -> Doorman:
    """The app's."""
    found: Doorman = request.app.state.doorman
    return found


def server_of(request: Request) -> Server:
    """The app's."""
    return doorman_of(request).server


class _Shown(Struct, frozen=True):
    """What a request brings along."""

    csrf: str


async def _shown(request: Request) -> _Shown:
    """The form's secret is in its body, which only asynchronous code can read."""
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.method not in _SAFE and request.headers.get("content-type", "").partition(";")[0].strip() == _FORM:
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else ""
    return _Shown(given)


def visitor_or_none(request: Request, shown: Annotated[_Shown, Depends(_shown)]) -> Visitor | None:
    """Who asks, by token or session; None: nobody we know. Raises Refused for a forged request."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    doorman = doorman_of(request)
    memory, now = doorman.server.memory, doorman.server.clock.now()
    if scheme.lower() == "bearer":
        held = memory.tokens.holder(rest.strip(), now)
        return Visitor(user=held[0], role=held[1], by=By.TOKEN) if held else None
    if scheme or not (secret := request.cookies.get(SESSION_COOKIE)):
        return None
    user = memory.sessions.holder(secret, now)
    if user is None:
        return None
    if request.method not in _SAFE:
        refuse_forgery(request, shown.csrf, secret)
    return Visitor(user=user, role=user.role, by=By.SESSION, csrf=csrf_of(secret))


def visitor(found: Annotated[Visitor | None, Depends(visitor_or_none)]) -> Visitor:
    """Who asks. Raises Refused (401)."""
    if found is None:
        raise Refused(
            HTTPStatus.UNAUTHORIZED, "not logged in", remedy="send Authorization: Bearer TOKEN", headers={"www-authenticate": "Bearer"}
        )
    return found


def visitor_by_password(request: Request, found: Annotated[Visitor | None, Depends(visitor_or_none)]) -> Visitor:
    """Who asks, by basic login too: for foreign APIs, and to get a token. Raises Refused (401, 429)."""
    if found is not None:
        return found
    challenge = {"www-authenticate": 'Basic realm="hullwatch", charset="UTF-8"'}
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        if request.method not in _SAFE and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise Refused(HTTPStatus.FORBIDDEN, "this request was made by another site")
        try:
            name, colon, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            colon = ""
        if colon:
            user = doorman_of(request).log_in_again(name, password, request)
            return Visitor(user=user, role=user.role, by=By.PASSWORD)
    raise Refused(HTTPStatus.UNAUTHORIZED, "not logged in", remedy="send name and password", headers=challenge)


def require(found: Visitor, wanted: Role) -> Visitor:
    """The visitor. Raises Refused (403) where the role does not suffice."""
    if not found.role.covers(wanted):
        raise Refused(HTTPStatus.FORBIDDEN, f"this needs the role {wanted}", remedy="ask an admin")
    return found


def viewer(found: Annotated[Visitor, Depends(visitor)]) -> Visitor:
    """Somebody who may look."""
    return require(found, Role.VIEWER)


def operator(found: Annotated[Visitor, Depends(visitor)]) -> Visitor:
    """Somebody who may act."""
    return require(found, Role.OPERATOR)


def admin(found: Annotated[Visitor, Depends(visitor)]) -> Visitor:
    """Somebody who may let others in."""
    return require(found, Role.ADMIN)


def new_token() -> str:
    """A token: 256 random bits, recognisable for what it is."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


Here = Annotated[Server, Depends(server_of)]
Viewer = Annotated[Visitor, Depends(viewer)]
Operator = Annotated[Visitor, Depends(operator)]
Admin = Annotated[Visitor, Depends(admin)]
AnyVisitor = Annotated[Visitor | None, Depends(visitor_or_none)]
PasswordVisitor = Annotated[Visitor, Depends(visitor_by_password)]


def csrf_of(session: str) -> str:
    """What forms send back that were made for a session, or for whatever else a cookie holds."""
    return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()


def refuse_forgery(request: Request, given: str, session: str) -> None:
    """Raises Refused where another site made the request, or its form was not made for this session."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(HTTPStatus.FORBIDDEN, "this request was made by another site")
    if not hmac.compare_digest(given.encode(), csrf_of(session).encode()):
        raise Refused(HTTPStatus.FORBIDDEN, "the form has expired", remedy="load the page again")
