"""One's own account: another password, and tokens for programs."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from ...errors import HullwatchError, Misuse
from ...store.users import Role
from ..api.tokens import MAX_DAYS, FreshToken, NewToken, make_token, read_tokens
from ..passwords import MAX_LENGTH, MIN_LENGTH
from ..problem import Refused, status_of
from ..security import Here, Viewer, Visitor, doorman_of
from .rendering import page, see

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]


@router.get("/account")
def show_account(request: Request, here: Here, who: Viewer) -> Response:
    """Who one is, and one's tokens."""
    return _shown(request, here, who)


@router.post("/account/password")
def change_password(request: Request, here: Here, who: Viewer, old: Field = "", new: Field = "", again: Field = "") -> Response:
    """Choose another password; every session ends, and this browser gets a new one."""
    doorman = doorman_of(request)
    try:
        if new != again:
            raise Misuse("the new password was typed in two ways", remedy="type it again")
        hashed = doorman.passwords.hash(new)
        doorman.log_in(who.user.name, old, request)
    except (HullwatchError, Refused) as error:
        return _shown(request, here, who, wrong=error)
    here.memory.users.change(who.user.id, password=hashed)
    answer = see("/account", done="password")
    doorman.start_session(who.user, answer)
    return answer


@router.post("/account/tokens")
def add_token(
    request: Request,
    here: Here,
    who: Viewer,
    name: Field = "",
    role: Annotated[Role, Form()] = Role.VIEWER,
    days: Annotated[int, Form(ge=1, le=MAX_DAYS)] = 90,
) -> Response:
    """Make a token. It is shown by this answer and never again."""
    if not name.strip() or len(name) > 200:
        return _shown(request, here, who, wrong=Misuse("a token has a name of at most 200 characters", remedy="say what it is for"))
    return _shown(request, here, who, fresh=make_token(here, who, NewToken(name=name.strip(), role=role, days=days)))


@router.post("/account/tokens/{token}/remove")
def remove_token(here: Here, who: Viewer, token: int) -> Response:
    """Take one of one's tokens back."""
    here.memory.tokens.remove(token, user=who.user.id)
    return see("/account")


def _shown(
    request: Request, here: Here, who: Visitor, *, fresh: FreshToken | None = None, wrong: HullwatchError | Refused | None = None
) -> Response:
    return page(
        request,
        "account.html",
        who,
        twin="/api/v1/tokens",
        status=200 if wrong is None else wrong.status if isinstance(wrong, Refused) else status_of(wrong),
        tokens=read_tokens(here, who.user.id).tokens,
        fresh=fresh,
        wrong=wrong,
        roles=[role for role in Role if who.role.covers(role)],
        lengths=(MIN_LENGTH, MAX_LENGTH),
        max_days=MAX_DAYS,
        done=request.query_params.get("done", ""),
    )
