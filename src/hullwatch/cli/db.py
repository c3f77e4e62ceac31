"""``hullwatch db``: the advisory database."""

from typing import Annotated

import typer

from .options import DockerHost, Home, Mirror, Quiet, progress, settings
from .streams import say, say_gaps, write_out

database = typer.Typer(help="The advisory database: fetch feeds, say what is there.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(database, name="db", short_help="The advisory database.")


@database.command()
def update(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TARGET]...", help="Fetch what these need; none: what every known target needs.", show_default=False),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Ask even for feeds that are fresh, and build them anew.", envvar="HULLWATCH_FORCE")
    ] = False,
    mirror: Mirror = None,
    quiet: Quiet = 0,
    docker_host: DockerHost = None,
    home: Home = None,
) -> None:
    """Fetch the feeds that targets need; what cannot be had is said, and what was there stays."""
    from ..jobs.edges import Edges
    from ..jobs.update import update as run

    gaps = run(tuple(targets or ()), Edges(settings(home=home, mirror=mirror, docker_host=docker_host), progress(quiet)), force=force)
    say_gaps(gaps, quiet=quiet)
    if gaps:
        raise typer.Exit(3)


@database.command()
def status(home: Home = None) -> None:
    """List the feeds that are there: what they cover, how old they are, their licence."""
    from ..jobs.edges import Edges
    from ..jobs.update import status as run
    from ..reports.feeds import render_feeds

    edges = Edges(settings(home=home), progress(0))
    feeds = run(edges)
    if not feeds:
        say("hullwatch: the advisory database is empty; a scan fetches what it needs, so does hullwatch db update")
        raise typer.Exit(3)
    write_out(render_feeds(feeds, edges.clock.now()))
