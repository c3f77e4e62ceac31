"""``hullwatch``: the command line's front door.

Report on stdout, all else on stderr. Exit 2 misuse or no report (decided here); else 1 findings; else 3 gaps; else 0 (decided in
``jobs.reporting.settled``).
"""

import os
import sys
from typing import Annotated

import typer

from .. import __version__
from ..errors import HullwatchError
from . import agent, bench, db, explain, findings, inventory, notifications, query, runs, scan, schedules, serve, targets, users, worker
from .serve import OpenWeb
from .streams import open_streams, say

app = typer.Typer(
    name="hullwatch",
    help="Look at images, containers and hosts; say what is wrong with them, and what could not be judged.",
    epilog="Without a command, start with: hullwatch scan",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hullwatch {__version__}")
        raise typer.Exit


@app.callback()
def hullwatch(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Look at images, containers and hosts; say what is wrong with them, and what could not be judged."""


for command in (scan, inventory, bench, query, agent, db, explain, notifications, serve, worker, targets, schedules, runs, findings, users):
    command.register(app)


def main(open_web: OpenWeb) -> None:
    """Run the command line; ``open_web`` is what ``serve`` calls. An error is one line and exit 2; a reader that went away is none."""
    open_streams()
    try:
        app(obj=open_web)
    except HullwatchError as error:
        say(f"hullwatch: {error}")
        sys.exit(2)
    except MemoryError:
        say("hullwatch: there is not enough memory; look at fewer targets, or lower [limits] in hullwatch.toml")
        sys.exit(2)
    except Exception as error:
        if os.environ.get("HULLWATCH_TRACEBACK"):
            raise
        say(f"hullwatch: an error of its own, nothing was judged: {type(error).__name__}: {error}; HULLWATCH_TRACEBACK=1 shows where")
        sys.exit(2)
