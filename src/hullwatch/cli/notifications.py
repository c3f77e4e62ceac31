"""``hullwatch notifications``: what people were told, what waits, and whether a rule arrives."""

import sys
from typing import Annotated

import typer

from .options import Home, Quiet, progress, settings

notifications = typer.Typer(help="Messages to people: what waits and what was delivered.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(notifications, name="notifications", short_help="Messages to people.")


@notifications.command(name="list")
def list_messages(home: Home = None) -> None:
    """List what waits to be delivered and why, then what was delivered last."""
    from ..jobs.edges import Edges
    from ..jobs.tell import messages
    from ..reports.messages import render_messages
    from .streams import write_out

    edges = Edges(settings(home=home), progress(0))
    known = messages(edges)
    if not known:
        print("hullwatch: no message was ever queued; rules of notification are tables [[notify]] of the settings", file=sys.stderr)
    write_out(render_messages(known, edges.clock.now()))


@notifications.command()
def retry(home: Home = None, quiet: Quiet = 0) -> None:
    """Send all that waits, now. Exit status 3 when something waits still."""
    from ..jobs.edges import Edges
    from ..jobs.tell import check_rules, deliver

    edges = Edges(settings(home=home), progress(quiet))
    check_rules(edges)
    done = deliver(edges, everything=True)
    if not quiet:
        print(f"hullwatch: {done.delivered} delivered, {done.waiting} waiting", file=sys.stderr)
    if done.waiting:
        raise typer.Exit(3)


@notifications.command(name="test")
def send_trial(name: Annotated[str, typer.Argument(metavar="NAME", help="A rule's name.")], home: Home = None) -> None:
    """Send a trial message of one rule, now."""
    from ..jobs.edges import Edges
    from ..jobs.tell import try_rule

    try_rule(name, Edges(settings(home=home), progress(0)))
    print(f"hullwatch: {name} took the trial message", file=sys.stderr)
