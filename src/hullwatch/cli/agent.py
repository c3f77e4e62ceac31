"""``hullwatch agent``: scheduled queries and file events, continuously, from an osquery configuration."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import DockerHost, Home, Quiet, progress, settings

if TYPE_CHECKING:
    from ..jobs.agent.plan import Plan


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="agent", short_help="Scheduled queries and file events, from an osquery configuration.")(agent)


def agent(
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="osquery's configuration.", envvar="HULLWATCH_AGENT_CONFIG")
    ] = Path("/etc/osquery/osquery.conf"),
    logger_path: Annotated[
        str | None,
        typer.Option(
            metavar="DIRECTORY", help="Where logs go, whatever the configuration says.", envvar="HULLWATCH_LOGGER_PATH", show_default=False
        ),
    ] = None,
    database_path: Annotated[
        str | None,
        typer.Option(metavar="DIRECTORY", help="Where its memory lies, the same.", envvar="HULLWATCH_DATABASE_PATH", show_default=False),
    ] = None,
    pidfile: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Where its process id stands, the same.", envvar="HULLWATCH_PIDFILE", show_default=False),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what it would do and what it could not, and end.")] = False,
    quiet: Quiet = 0,
    docker_host: DockerHost = None,
    home: Home = None,
) -> None:
    """Run the queries of an osquery configuration on their schedule, watch its files, and log as osqueryd does.

    SIGHUP reads the configuration again, SIGTERM ends it.

    hullwatch agent --config /etc/osquery/osquery.conf
    """
    from ..jobs.agent import check_agent, run_agent
    from ..jobs.agent.control import Control
    from ..jobs.edges import Edges

    edges = Edges(settings(home=home, docker_host=docker_host), progress(quiet))
    paths = {"logger_path": logger_path, "database_path": database_path, "pidfile": pidfile}
    given = {name: str(Path(text).absolute()) for name, text in paths.items() if text is not None}
    if check:
        _say(check_agent(config, edges, given), quiet)
        return
    control = Control()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: control.ask_stop())
    signal.signal(signal.SIGHUP, lambda *_: control.ask_reload())
    run_agent(config, edges, control, given)


def _say(plan: "Plan", quiet: int) -> None:
    """What an agent would do, on standard output; what it could not, on standard error, with exit 3."""
    from ..model import Gap
    from .streams import say_gaps, write_out

    lines = [f"{query.interval_s:>7} s  {query.name}  {' '.join(query.sql.split())}" for query in plan.queries]
    lines += [f"  watched  {category}  {pattern}" for category, pattern in plan.file_paths]
    write_out("".join(f"{line}\n" for line in lines))
    gaps = [each for each in plan.said if isinstance(each, Gap)]
    say_gaps(gaps, quiet=quiet)
    if gaps:
        raise typer.Exit(3)
