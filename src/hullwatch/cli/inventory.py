"""``hullwatch inventory``: what is in a target."""

from enum import StrEnum
from typing import Annotated

import typer

from .options import Color, ColorOption, DockerHost, Home, Quiet, progress, settings


class InventoryFormat(StrEnum):
    """How an inventory can be written."""

    TABLE = "table"
    JSON = "json"
    CYCLONEDX = "cyclonedx"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="inventory", short_help="Show what is in a target.")(inventory)


def inventory(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="host, IMAGE, docker:REF, archive:PATH, dir:PATH, container:NAME or ssh://HOST.")
    ] = "host",
    report_format: Annotated[
        InventoryFormat, typer.Option("--format", "-f", help="How to write it.", envvar="HULLWATCH_FORMAT")
    ] = InventoryFormat.TABLE,
    color: ColorOption = Color.AUTO,
    quiet: Quiet = 0,
    docker_host: DockerHost = None,
    home: Home = None,
) -> None:
    """Show what is in a target: its packages, where each was seen and what brought it."""
    from ..jobs.edges import Edges
    from ..jobs.inventory import inventory as take
    from ..reports.formats import INVENTORY_FORMATS
    from .streams import say_gaps, write_out
    from .terminal import look_of

    edges = Edges(settings(home=home, docker_host=docker_host), progress(quiet))
    taken = take(target, edges)
    write_out(INVENTORY_FORMATS[report_format.value](taken, look_of(color)))
    if taken.gaps:
        if report_format is not InventoryFormat.TABLE:  # the table lists them itself
            say_gaps(taken.gaps, quiet=quiet)
        raise typer.Exit(3)
