"""``hullwatch users`` and ``hullwatch tokens``: who may come in to a server, and what lets programs in."""

import getpass
import os
import sys
from typing import Annotated

import typer

from .remote import DEFAULT_SERVER, AccessToken, Form, FormOption, Remote, ServerAddress, show, show_one

users = typer.Typer(help="Who may come in to a server.", no_args_is_help=True)
tokens = typer.Typer(help="What lets programs in to a server.", no_args_is_help=True)
_USER_COLUMNS = ("id", "name", "role", "created_at", "last_login_at")
_TOKEN_COLUMNS = ("id", "name", "user", "role", "expires_at", "last_used_at")
Number = Annotated[int, typer.Argument(metavar="ID")]
RoleOption = Annotated[str, typer.Option(help="viewer, operator or admin.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(users, name="users", short_help="Who may come in to a server.")
    app.add_typer(tokens, name="tokens", short_help="What lets programs in to a server.")


@users.command(name="list")
def list_users(server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "", form: FormOption = Form.TABLE) -> None:
    """List users."""
    show(Remote(server, token).get("/users")["users"], _USER_COLUMNS, form)


@users.command(name="add")
def add_user(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    role: RoleOption = "viewer",
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
    form: FormOption = Form.TABLE,
) -> None:
    """Let somebody in; the password is asked for, or read from HULLWATCH_PASSWORD or standard input."""
    show_one(Remote(server, token).post("/users", {"name": name, "role": role, "password": _password(f"Password for {name}: ")}), form)


@users.command()
def password(user: Number, server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "") -> None:
    """Give a user another password, asked for or read from standard input; it ends the user's sessions."""
    Remote(server, token).patch(f"/users/{user}", {"password": _password("New password: ")})


@users.command(name="remove")
def remove_user(user: Number, server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "") -> None:
    """Let somebody in no longer."""
    Remote(server, token).delete(f"/users/{user}")


@tokens.command(name="list")
def list_tokens(
    everybody: Annotated[bool, typer.Option("--everybody", help="Those of all users; for admins.")] = False,
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
    form: FormOption = Form.TABLE,
) -> None:
    """List one's tokens."""
    show(Remote(server, token).get("/tokens", everybody=everybody)["tokens"], _TOKEN_COLUMNS, form)


@tokens.command(name="add")
def add_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    user: Annotated[str, typer.Option(help="Whose it is.")] = "admin",
    role: RoleOption = "viewer",
    days: Annotated[int, typer.Option(help="How long it is good for.", min=1, max=366)] = 90,
    server: ServerAddress = DEFAULT_SERVER,
) -> None:
    """Make a token and write it to standard output, this once; the password is asked for, or read from standard input."""
    login = (user, _password(f"Password of {user}: "))
    made = Remote(server, "").post("/tokens", {"name": name, "role": role, "days": days}, login=login)
    print(made["secret"])
    print(f"hullwatch: token {made['id']}, {made['role']} until {made['expires_at']}; set HULLWATCH_TOKEN to it", file=sys.stderr)


@tokens.command(name="remove")
def remove_token(number: Number, server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "") -> None:
    """Take a token back."""
    Remote(server, token).delete(f"/tokens/{number}")


def _password(prompt: str) -> str:
    if "HULLWATCH_PASSWORD" in os.environ:
        return os.environ["HULLWATCH_PASSWORD"]
    return getpass.getpass(prompt, stream=sys.stderr) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
