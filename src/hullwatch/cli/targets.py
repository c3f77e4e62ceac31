"""``hullwatch targets``: what a server looks after."""

from typing import Annotated

import typer

from .remote import DEFAULT_SERVER, AccessToken, Form, FormOption, Remote, ServerAddress, show, show_one

targets = typer.Typer(help="What a server looks after.", no_args_is_help=True)
_COLUMNS = ("id", "reference", "name", "labels", "last_judged_at", "findings")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(targets, name="targets", short_help="What a server looks after.")


@targets.command(name="list")
def list_targets(server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "", form: FormOption = Form.TABLE) -> None:
    """List watched targets, with the number of their findings."""
    show(list(Remote(server, token).all("/targets", "targets")), _COLUMNS, form)


@targets.command()
def add(
    reference: Annotated[str, typer.Argument(metavar="TARGET", help="As for hullwatch scan.")],
    name: Annotated[str, typer.Option(help="As your people call it.")] = "",
    label: Annotated[list[str] | None, typer.Option(help="May be given several times.", show_default=False)] = None,
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
    form: FormOption = Form.TABLE,
) -> None:
    """Look after a target from now on."""
    show_one(Remote(server, token).post("/targets", {"reference": reference, "name": name, "labels": label or []}), form)


@targets.command()
def remove(
    target: Annotated[int, typer.Argument(metavar="ID", help="Number of the target.")],
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
) -> None:
    """Look after it no longer; what was found of it stays in history."""
    Remote(server, token).delete(f"/targets/{target}")
