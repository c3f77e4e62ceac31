"""``hullwatch bench``: the Docker daemon against the CIS Docker Benchmark, with docker-bench's options."""

from pathlib import Path
from typing import Annotated

import typer

from .options import Color, DockerHost, FailOn, Home, Output, Quiet, Waivers, progress, settings, waivers


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="bench", short_help="CIS Docker Benchmark.")(bench)


def bench(
    no_color: Annotated[bool, typer.Option("-b", "--no-color", help="No colours.", envvar="HULLWATCH_NO_COLOR")] = False,
    log: Annotated[
        Path | None,
        typer.Option(
            "-l",
            "--log",
            metavar="FILE",
            help="Also write the report to FILE, and as JSON to FILE.json.",
            envvar="HULLWATCH_LOG",
            show_default=False,
        ),
    ] = None,
    checks: Annotated[
        str,
        typer.Option(
            "-c",
            "--checks",
            metavar="LIST",
            help="Only these checks, comma separated: names, numbers (2.2), sections (5), check_2_2.",
            envvar="HULLWATCH_CHECKS",
            show_default=False,
        ),
    ] = "",
    exclude_checks: Annotated[
        str,
        typer.Option(
            "-e", "--exclude-checks", metavar="LIST", help="Not these checks.", envvar="HULLWATCH_EXCLUDE_CHECKS", show_default=False
        ),
    ] = "",
    include: Annotated[
        str,
        typer.Option(
            "-i",
            "--include",
            metavar="LIST",
            help="Only these containers and images; globs, comma separated.",
            envvar="HULLWATCH_INCLUDE",
            show_default=False,
        ),
    ] = "",
    exclude: Annotated[
        str,
        typer.Option(
            "-x", "--exclude", metavar="LIST", help="Not these containers and images.", envvar="HULLWATCH_EXCLUDE", show_default=False
        ),
    ] = "",
    report_format: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", help="What goes to standard output: table, lines, json, sarif.", envvar="HULLWATCH_FORMAT"
        ),
    ] = "table",
    output: Output = None,
    fail_on: FailOn = None,
    waivers_file: Waivers = None,
    quiet: Quiet = 0,
    docker_host: DockerHost = None,
    home: Home = None,
) -> None:
    """Judge the Docker daemon and what it runs by the CIS Docker Benchmark, check by check."""
    from ..jobs.bench import BenchParameters
    from ..jobs.bench import bench as run
    from ..jobs.edges import Edges
    from ..jobs.scan import ScanParameters
    from .reporting import Outputs

    chosen = settings(home=home, docker_host=docker_host, fail_on=fail_on, waivers=waivers_file)
    written = [*(output or ()), *((f"bench={log}", f"json={log}.json") if log else ())]
    outputs = Outputs(
        "bench" if report_format == "table" else report_format,
        written,
        Color.NEVER if no_color else Color.AUTO,
        targets=1,
        everything=True,
        quiet=quiet,
    )
    parameters = BenchParameters(
        checks=_list(checks),
        excluded_checks=_list(exclude_checks),
        objects=_list(include),
        excluded_objects=_list(exclude),
        scan=ScanParameters(waivers=tuple(waivers(chosen.waivers)), fail_on=chosen.fail_on),
    )
    report = run(parameters, Edges(chosen, progress(quiet)))
    outputs.write(report)
    raise typer.Exit(report.exit_status)


def _list(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
