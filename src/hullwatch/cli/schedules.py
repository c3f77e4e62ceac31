"""``hullwatch schedules``: when which job is due on a server."""

from typing import Annotated

import typer

from ..errors import NotFound
from .remote import DEFAULT_SERVER, AccessToken, Form, FormOption, Remote, ServerAddress, show, show_one

schedules = typer.Typer(help="When which job is due on a server.", no_args_is_help=True)
_COLUMNS = ("id", "name", "cron", "time_zone", "job", "targets", "paused", "next_run_at", "last_run", "missed_why")
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or number of the schedule.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(schedules, name="schedules", short_help="When which job is due on a server.")


@schedules.command(name="list")
def list_schedules(server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "", form: FormOption = Form.TABLE) -> None:
    """List schedules."""
    show(list(Remote(server, token).all("/schedules", "schedules")), _COLUMNS, form)


@schedules.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    cron: Annotated[str, typer.Argument(metavar="CRON", help="Five fields, or @daily and its kin: '30 2 * * *'.")],
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="[TARGET]...", help="None: everything that is watched.", show_default=False)
    ] = None,
    time_zone: Annotated[str, typer.Option(help="Whose clock CRON is read by.")] = "UTC",
    job: Annotated[str, typer.Option(help="scan or update.")] = "scan",
    only: Annotated[list[str] | None, typer.Option(help="Only findings of this kind.", show_default=False)] = None,
    paused: Annotated[bool, typer.Option("--paused", help="Begin paused.")] = False,
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
    form: FormOption = Form.TABLE,
) -> None:
    """Have a job done whenever it is due."""
    wanted = {"name": name, "cron": cron, "time_zone": time_zone, "job": job, "targets": targets or [], "paused": paused}
    show_one(Remote(server, token).post("/schedules", wanted | {"parameters": {"only": only or []}}), form)


@schedules.command()
def pause(name: Name, server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "") -> None:
    """Let it rest."""
    remote = Remote(server, token)
    remote.patch(f"/schedules/{_number(remote, name)}", {"paused": True})


@schedules.command()
def resume(name: Name, server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "") -> None:
    """Let it go on, from now."""
    remote = Remote(server, token)
    remote.patch(f"/schedules/{_number(remote, name)}", {"paused": False})


@schedules.command()
def run(name: Name, server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "", form: FormOption = Form.TABLE) -> None:
    """Ask for a run now, out of turn."""
    remote = Remote(server, token)
    show_one(remote.post(f"/schedules/{_number(remote, name)}/run"), form)


@schedules.command()
def remove(name: Name, server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "") -> None:
    """Forget it; its runs stay."""
    remote = Remote(server, token)
    remote.delete(f"/schedules/{_number(remote, name)}")


def _number(remote: Remote, name: str) -> int:
    known = list(remote.all("/schedules", "schedules"))
    found = [each["id"] for each in known if each["name"] == name] or [each["id"] for each in known if str(each["id"]) == name]
    if not found:
        raise NotFound(f"there is no schedule {name!r}", remedy="hullwatch schedules list shows them")
    return int(found[0])
