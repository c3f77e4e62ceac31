"""``hullwatch``: the command line's front door.

Report on stdout, all else on stderr. Exit 2 misuse or no report; else 1 findings; else 3 gaps; else 0.
"""

import os
import sys
from typing import Annotated

import typer

from .. import __version__
from ..errors import HullwatchError
from . import bench, db, explain, inventory, notifications, query, scan

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


for command in (scan, inventory, bench, query, db, explain, notifications):
    command.register(app)


def main() -> None:
    """Run the command line. An error of ours is one line on stderr and exit 2; a reader that went away is no error."""
    try:
        app()
    except HullwatchError as error:
        print(f"hullwatch: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        print("hullwatch: interrupted", file=sys.stderr)
        sys.exit(130)
