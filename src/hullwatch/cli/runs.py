"""``hullwatch runs``: what a server does, did and is asked to do."""

from typing import Annotated

import typer

from .remote import DEFAULT_SERVER, AccessToken, Document, Form, FormOption, Remote, ServerAddress, show, show_one

runs = typer.Typer(help="What a server does, did and is asked to do.", no_args_is_help=True)
_COLUMNS = (
    "id",
    "job",
    "status",
    "requested_by",
    "requested_at",
    "finished_at",
    "done",
    "total",
    "counts.findings",
    "counts.new",
    "exit_status",
)
Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the run.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(runs, name="runs", short_help="What a server does, did and is asked to do.")


@runs.command(name="list")
def list_runs(
    limit: Annotated[int, typer.Option(help="So many, the newest.", min=1, max=500)] = 20,
    status: Annotated[str, typer.Option(help="Only those that stand there: queued, running, succeeded, failed, cancelled.")] = "",
    target: Annotated[str, typer.Option(metavar="TARGET", help="Only those that had it among their targets.")] = "",
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
    form: FormOption = Form.TABLE,
) -> None:
    """List runs, the newest first."""
    show(Remote(server, token).get("/runs", limit=limit, status=status, target=target)["runs"], _COLUMNS, form)


@runs.command()
def start(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="[TARGET]...", help="None: everything that is watched.", show_default=False)
    ] = None,
    job: Annotated[str, typer.Option(help="scan or update.")] = "scan",
    only: Annotated[list[str] | None, typer.Option(help="Only findings of this kind.", show_default=False)] = None,
    fail_on: Annotated[str, typer.Option(help="As for hullwatch scan; empty: as the server is set.")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Show the log until it ends, and end with the run's exit status.")] = False,
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
    form: FormOption = Form.TABLE,
) -> None:
    """Ask for a run."""
    remote = Remote(server, token)
    wanted = {"job": job, "targets": targets or [], "parameters": {"only": only or [], "fail_on": fail_on}}
    run = remote.post("/runs", wanted)
    if follow:
        _follow(remote, run["id"])
    show_one(run, form)


@runs.command(name="show")
def show_run(run: Number, server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "", form: FormOption = Form.TABLE) -> None:
    """Show a run and what became of each of its targets."""
    from .streams import write_out

    found = Remote(server, token).get(f"/runs/{run}")
    if form is Form.TABLE:
        show([found], _COLUMNS, form)
        write_out("\n")
        show(found["targets"], ("reference", "status", "attempts", "started_at", "finished_at", "error.why"), form)
    else:
        show_one(found, form)


@runs.command()
def log(
    run: Number,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until it ends, and end with the run's exit status.")] = False,
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
) -> None:
    """Show a run's log."""
    remote = Remote(server, token)
    if follow:
        _follow(remote, run)
    after = 0
    while lines := remote.get(f"/runs/{run}/log", after=after)["lines"]:
        for line in lines:
            _say(line)
        after = lines[-1]["seq"]


@runs.command()
def cancel(run: Number, server: ServerAddress = DEFAULT_SERVER, token: AccessToken = "", form: FormOption = Form.TABLE) -> None:
    """Ask that a run end."""
    show_one(Remote(server, token).post(f"/runs/{run}/cancel"), form)


@runs.command()
def report(
    run: Number,
    report_format: Annotated[str, typer.Option("--format", "-f", help="table, lines, json, sarif, cyclonedx, …")] = "table",
    target: Annotated[str, typer.Option(metavar="TARGET", help="Only this one.")] = "",
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
) -> None:
    """Write a run's report, as hullwatch scan would have."""
    from .streams import write_out

    write_out(Remote(server, token).text(f"/runs/{run}/report", format=report_format, target=target))


def _follow(remote: Remote, run: int) -> None:
    """Show the log until the run ends, and end as it did: 2 where it failed or was cancelled."""
    for kind, what in remote.events(f"/runs/{run}/log"):
        if kind == "end":
            status = what["exit_status"]
            raise typer.Exit(2 if status is None else int(status))
        _say(what)


def _say(line: Document) -> None:
    from .options import Color
    from .streams import write_out
    from .terminal import look_of

    mark = "" if line["level"] == "info" else f"{line['level']}: "
    write_out(look_of(Color.AUTO).text(f"{line['at']} {line['target']} {mark}{line['text']}") + "\n")
