"""``hullwatch worker``: more hands for a server, on this or another machine."""

import typer

from .options import DockerHost, Home, Mirror, Offline, Waivers, settings
from .serve import Database, leave, log_to_stderr, require_libraries, require_postgresql, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="worker", short_help="More hands for a server.")(worker)


def worker(
    database_url: Database = None,
    offline: Offline = None,
    mirror: Mirror = None,
    waivers_file: Waivers = None,
    docker_host: DockerHost = None,
    home: Home = None,
) -> None:
    """Work on what a server was asked for, beside it; both use the same PostgreSQL. Ctrl-C ends it.

    What one worker was at when it died, another takes over.
    """
    require_libraries()
    from ..jobs.workers import work_until_stopped

    chosen = settings(home=home, database_url=database_url, mirror=mirror, offline=offline, docker_host=docker_host, waivers=waivers_file)
    require_postgresql(chosen)
    log_to_stderr()
    work_until_stopped(chosen, say)
    leave()
