"""``hullwatch serve``: the server, its pages and its hands, in one process."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from ..config import Settings
from .options import DockerHost, Home, Mirror, Offline, Waivers, settings


class Listening(Struct, frozen=True, kw_only=True):
    """Where a server is to listen."""

    host: str
    port: int
    behind_proxy: bool
    certificate: Path | None
    key: Path | None


OpenWeb = Callable[[Settings, Listening, Callable[[str], None]], None]
"""Serves until stopped; handed in from the doorstep, since one door does not import another."""

Database = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="postgresql://… in place of a file in the home; better as a variable: others see the command line. "
        "[env: HULLWATCH_DATABASE_URL]",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="serve", short_help="API, pages, schedules: the server.")(serve)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen at.", envvar="HULLWATCH_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: any that is free.", min=0, max=65535, envvar="HULLWATCH_PORT")] = 8080,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy before us speaks TLS with browsers.", envvar="HULLWATCH_BEHIND_PROXY")
    ] = False,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate, with its chain, in PEM.", envvar="HULLWATCH_TLS_CERT", show_default=False)
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key, in PEM.", envvar="HULLWATCH_TLS_KEY", show_default=False)] = None,
    database_url: Database = None,
    offline: Offline = None,
    mirror: Mirror = None,
    waivers_file: Waivers = None,
    docker_host: DockerHost = None,
    home: Home = None,
) -> None:
    """Watch targets, keep schedules, answer browsers and programs; work on runs, too.

    At the first start a user admin is made, and the password is shown once. Ctrl-C ends it.
    """
    chosen = settings(home=home, database_url=database_url, mirror=mirror, offline=offline, docker_host=docker_host, waivers=waivers_file)
    listening = Listening(host=host, port=port, behind_proxy=behind_proxy, certificate=tls_cert, key=tls_key)
    require_libraries()
    log_to_stderr()
    context.obj(chosen, listening, say)
    leave()


def require_libraries() -> None:
    """Raises Misuse where only what a scan needs is installed."""
    from importlib.util import find_spec

    from ..errors import Misuse

    missing = [
        name for name in ("argon2", "croniter", "dbos", "fastapi", "jinja2", "python_multipart", "uvicorn") if find_spec(name) is None
    ]
    if missing:
        raise Misuse(f"the server's libraries are not installed ({', '.join(missing)})", remedy="pip install 'hullwatch[server]'")


def log_to_stderr() -> None:
    """One line an event, its values as ``key=value``; nothing of DBOS and uvicorn below a warning."""
    import logging

    from .log_lines import Lines

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("hullwatch").setLevel(logging.INFO)
    logging.getLogger("dbos").addHandler(logging.NullHandler())  # or it would bring one of its own


def say(text: str) -> None:
    """A line for whoever started us."""
    from .streams import say as say_line

    say_line(f"hullwatch: {text}")


def leave() -> None:
    """End now: work that is under way is taken over by another process, or by the next."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def require_postgresql(chosen: Settings) -> None:
    """Raises Misuse for a database that one process must have for itself."""
    from ..errors import Misuse

    if not chosen.database_url.startswith("postgres"):
        raise Misuse(
            "workers need PostgreSQL: a file of SQLite serves one process", remedy="set HULLWATCH_DATABASE_URL; hullwatch serve works alone"
        )
