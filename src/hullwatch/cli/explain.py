"""``hullwatch explain``: why something is a finding."""

from typing import Annotated

import typer

from .options import Color, ColorOption, DockerHost, Home, Mirror, Offline, Quiet, Waivers, progress, settings, waivers


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="explain", short_help="Why is this a finding?")(explain)


def explain(
    name: Annotated[
        str, typer.Argument(metavar="ID", help="A CVE or another id of the flaw, a check's name or number, or a finding's id.")
    ],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Where it was found.")],
    offline: Offline = None,
    mirror: Mirror = None,
    waivers_file: Waivers = None,
    color: ColorOption = Color.AUTO,
    quiet: Quiet = 0,
    docker_host: DockerHost = None,
    home: Home = None,
) -> None:
    """Show why something is a finding: package, place, layer, advisory, the comparison made, and what mends it."""
    from ..jobs.edges import Edges
    from ..jobs.explain import explain as run
    from ..jobs.scan import ScanParameters
    from ..reports.explain_screen import render_explain
    from .streams import write_out
    from .terminal import look_of

    chosen = settings(home=home, mirror=mirror, offline=offline, docker_host=docker_host, waivers=waivers_file)
    parameters = ScanParameters(references=(target,), waivers=tuple(waivers(chosen.waivers)), remembered=False)
    write_out(render_explain(run(name, parameters, Edges(chosen, progress(quiet))), look_of(color)))
