"""``/api/v1/users``: who may come in, and as what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from msgspec import UNSET, Meta, Struct, UnsetType

from ...jobs.server import Server
from ...store.users import Role, User
from ..answers import Answer, body, says
from ..passwords import MAX_LENGTH, MIN_LENGTH
from ..security import Admin, Here, Viewer, doorman_of

router = APIRouter(prefix="/users", tags=["users"])

NAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]*$"
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=NAME)]
Password = Annotated[str, Meta(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]
UserId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class NewUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to let in."""

    name: Name
    password: Password
    role: Role = Role.VIEWER


class UserChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change; what is left out stays. Another password ends all sessions."""

    password: Password | UnsetType = UNSET
    role: Role | UnsetType = UNSET


class NewPassword(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another password for oneself."""

    old: Annotated[str, Meta(max_length=MAX_LENGTH)]
    new: Password


class UserList(Struct, frozen=True, kw_only=True):
    """All users, by name."""

    users: tuple[User, ...]


class Me(Struct, frozen=True, kw_only=True):
    """Who asks."""

    user: User
    role: Role
    """As what: less than the user's where a token grants less."""


@router.get("", **says(UserList))
def list_users(here: Here, _: Admin) -> Response:
    """List users."""
    return Answer(read_users(here))


def read_users(here: Server) -> UserList:
    """All users."""
    return UserList(users=tuple(here.memory.users.all()))


@router.post("", **says(User, 201, takes=NewUser))
def add_user(request: Request, here: Here, _: Admin, new: Annotated[NewUser, Depends(body(NewUser))]) -> Response:
    """Let somebody in."""
    hashed = doorman_of(request).passwords.hash(new.password)
    return Answer(here.memory.users.add(new.name, hashed, new.role, here.clock.now()), 201)


@router.get("/me", **says(Me))
def get_me(who: Viewer) -> Response:
    """Who asks."""
    return Answer(Me(user=who.user, role=who.role))


@router.put("/me/password", **says(None, 204, takes=NewPassword, also={429: "too many failed attempts"}))
def change_password(request: Request, here: Here, who: Viewer, given: Annotated[NewPassword, Depends(body(NewPassword))]) -> Response:
    """Choose another password; ends all of one's sessions."""
    doorman = doorman_of(request)
    doorman.log_in(who.user.name, given.old, request)
    here.memory.users.change(who.user.id, password=doorman.passwords.hash(given.new))
    return Response(status_code=204)


@router.get("/{user}", **says(User, also={404: "there is none"}))
def get_user(here: Here, _: Admin, user: UserId) -> Response:
    """One user."""
    return Answer(here.memory.users.get(user))


@router.patch("/{user}", **says(User, takes=UserChanges, also={404: "there is none"}))
def change_user(
    request: Request, here: Here, _: Admin, user: UserId, changes: Annotated[UserChanges, Depends(body(UserChanges))]
) -> Response:
    """Give somebody another role or password; one admin must stay."""
    password = None if changes.password is UNSET else doorman_of(request).passwords.hash(changes.password)
    return Answer(here.memory.users.change(user, password=password, role=None if changes.role is UNSET else changes.role))


@router.delete("/{user}", **says(None, 204, also={404: "there is none"}))
def remove_user(here: Here, _: Admin, user: UserId) -> Response:
    """Let somebody in no longer: tokens and sessions go too; one admin must stay."""
    here.memory.users.remove(user)
    return Response(status_code=204)
