"""``hullwatch scan``: find what is wrong."""

from typing import Annotated

import typer

from ..model import FindingKind
from .options import All, Color, ColorOption, DockerHost, FailOn, Home, Mirror, Offline, Output, Quiet, Waivers, progress, settings, waivers


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="scan", short_help="Find what is wrong.")(scan)


def scan(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TARGET]...",
            help="host, daemon, IMAGE, docker:REF, archive:PATH, dir:PATH, container:NAME, ssh://HOST, @GROUP of an Ansible inventory. "
            "None: this machine and all on it.",
            show_default=False,
        ),
    ] = None,
    fail_on: FailOn = None,
    only: Annotated[
        list[FindingKind] | None,
        typer.Option("--only", help="Only findings of this kind; may be given several times.", envvar="HULLWATCH_ONLY", show_default=False),
    ] = None,
    report_format: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="What goes to standard output: table, lines, json, sarif, cyclonedx, ecs.",
            envvar="HULLWATCH_FORMAT",
        ),
    ] = "table",
    output: Output = None,
    waivers_file: Waivers = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show only what is new since the last scan, and what is gone.", envvar="HULLWATCH_DIFF")
    ] = False,
    remedy: Annotated[
        int | None,
        typer.Option(
            "--remedy",
            metavar="N",
            help="Print the commands of mend N, whole, to copy; nothing is run.",
            min=1,
            envvar="HULLWATCH_REMEDY",
            show_default=False,
        ),
    ] = None,
    offline: Offline = None,
    mirror: Mirror = None,
    everything: All = False,
    color: ColorOption = Color.AUTO,
    quiet: Quiet = 0,
    docker_host: DockerHost = None,
    home: Home = None,
) -> None:
    """Look at targets and say what is wrong, what to mend first, and what could not be judged.

    Exit status: 2 misuse or no report; else 1 findings at or above --fail-on; else 3 something asked for is a gap; else 0.
    """
    from ..jobs.edges import Edges
    from ..jobs.reporting import changes_of
    from ..jobs.scan import ScanParameters
    from ..jobs.scan import scan as run
    from ..jobs.tell import check_rules, deliver, tell
    from .reporting import Outputs

    chosen = settings(home=home, mirror=mirror, offline=offline, docker_host=docker_host, fail_on=fail_on, waivers=waivers_file)
    outputs = Outputs(report_format, output or (), color, targets=len(targets) if targets else None, everything=everything, quiet=quiet)
    parameters = ScanParameters(
        references=tuple(targets or ()),
        only=frozenset(only or ()),
        waivers=tuple(waivers(chosen.waivers)),
        fail_on=chosen.fail_on,
    )
    edges = Edges(chosen, progress(quiet))
    check_rules(edges)
    report = run(parameters, edges)
    if remedy is None:
        outputs.write(changes_of(report) if diff else report)
    else:
        outputs.write_remedy(report, remedy)
    tell(report, edges)
    deliver(edges)
    raise typer.Exit(report.exit_status)
