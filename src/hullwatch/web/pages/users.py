"""Users, for admins: who may come in, and as what."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from ...errors import HullwatchError, Misuse
from ...store.users import Role
from ..api.users import NAME, UserId, read_users
from ..passwords import MAX_LENGTH, MIN_LENGTH
from ..problem import status_of
from ..security import Admin, Here, Visitor, doorman_of
from .rendering import page, see

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]
RoleField = Annotated[Role, Form()]


@router.get("/users")
def show_users(request: Request, here: Here, who: Admin) -> Response:
    """All users."""
    return _shown(request, here, who)


@router.post("/users")
def add_user(request: Request, here: Here, who: Admin, name: Field = "", password: Field = "", role: RoleField = Role.VIEWER) -> Response:
    """Let somebody in."""
    try:
        if not re.fullmatch(NAME, name) or len(name) > 100:
            raise Misuse("a name has letters, digits and . _ @ -, and begins with one of the first two", remedy="choose another one")
        here.memory.users.add(name, doorman_of(request).passwords.hash(password), role, here.clock.now())
    except HullwatchError as error:
        return _shown(request, here, who, name=name, error=error)
    return see("/users")


@router.post("/users/{user}")
def change_user(request: Request, here: Here, who: Admin, user: UserId, role: RoleField = Role.VIEWER, password: Field = "") -> Response:
    """Give somebody another role, and another password if one is typed."""
    try:
        hashed = doorman_of(request).passwords.hash(password) if password else None
        here.memory.users.change(user, role=role, password=hashed)
    except HullwatchError as error:
        return _shown(request, here, who, error=error)
    return see("/users")


@router.post("/users/{user}/remove")
def remove_user(request: Request, here: Here, who: Admin, user: UserId) -> Response:
    """Let somebody in no longer."""
    try:
        here.memory.users.remove(user)
    except Misuse as error:
        return _shown(request, here, who, error=error)
    return see("/users")


def _shown(request: Request, here: Here, who: Visitor, *, name: str = "", error: HullwatchError | None = None) -> Response:
    return page(
        request,
        "users.html",
        who,
        twin="/api/v1/users",
        status=status_of(error) if error else 200,
        users=read_users(here).users,
        roles=tuple(Role),
        name=name,
        error=error,
        lengths=(MIN_LENGTH, MAX_LENGTH),
    )
