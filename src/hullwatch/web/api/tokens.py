"""``/api/v1/tokens``: what lets programs in, in a user's name."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from msgspec import Meta, Struct

from ...jobs.server import Server
from ...store.users import Role, Token
from ..answers import Answer, body, says
from ..problem import Refused
from ..security import By, Here, PasswordVisitor, Viewer, Visitor, new_token, require

router = APIRouter(prefix="/tokens", tags=["tokens"])
MAX_DAYS = 366


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token for a program of one's own."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    """What it is for."""
    role: Role = Role.VIEWER
    """At most one's own."""
    days: Annotated[int, Meta(ge=1, le=MAX_DAYS)] = 90
    """How long it is good for."""


class FreshToken(Struct, frozen=True, kw_only=True):
    """A new token; ``secret`` is shown this once and kept nowhere."""

    id: int
    name: str
    role: Role
    expires_at: datetime
    secret: str


class TokenList(Struct, frozen=True, kw_only=True):
    """Tokens, without what they are; the oldest first."""

    tokens: tuple[Token, ...]


@router.get("", **says(TokenList))
def list_tokens(
    here: Here, who: Viewer, everybody: Annotated[bool, Query(description="those of all users; for admins")] = False
) -> Response:
    """List one's tokens."""
    if everybody:
        require(who, Role.ADMIN)
    return Answer(read_tokens(here, None if everybody else who.user.id))


def read_tokens(here: Server, user: int | None) -> TokenList:
    """A user's tokens, or everybody's."""
    return TokenList(tokens=tuple(here.memory.tokens.of(user)))


@router.post("", **says(FreshToken, 201, takes=NewToken, also={429: "too many failed attempts"}))
def add_token(here: Here, who: PasswordVisitor, new: Annotated[NewToken, Depends(body(NewToken))]) -> Response:
    """Make a token; here a basic login will do too, and a token will not."""
    return Answer(make_token(here, who, new), 201)


def make_token(here: Server, who: Visitor, new: NewToken) -> FreshToken:
    """Make a token. Raises Refused where the role does not suffice, and for those who come with a token."""
    require(who, new.role)
    if who.by is By.TOKEN:
        raise Refused(HTTPStatus.FORBIDDEN, "a token makes no tokens", remedy="log in with name and password")
    secret, now = new_token(), here.clock.now()
    expires_at = now + timedelta(days=new.days)
    token = here.memory.tokens.add(secret, user=who.user.id, name=new.name, role=new.role, at=now, expires_at=expires_at)
    return FreshToken(id=token.id, name=token.name, role=token.role, expires_at=token.expires_at, secret=secret)


@router.delete("/{token}", **says(None, 204, also={404: "there is none, or it is another's"}))
def remove_token(here: Here, who: Viewer, token: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> Response:
    """Take a token back: one's own; admins also others'."""
    here.memory.tokens.remove(token, user=None if who.role is Role.ADMIN else who.user.id)
    return Response(status_code=204)
