"""``hullwatch query``: SQL over a target."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Color, ColorOption, DockerHost, Home, Quiet, progress, settings

if TYPE_CHECKING:
    from ..tables.engine import Answer


class AnswerFormat(StrEnum):
    """How an answer can be written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    LINES = "lines"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="query", short_help="SQL over this machine or another target.")(query)


def query(
    sql: Annotated[str, typer.Argument(metavar="[SQL]", help="One statement that reads; without it, a shell.", show_default=False)] = "",
    target: Annotated[
        str,
        typer.Option(
            "--target",
            "-t",
            metavar="TARGET",
            help="What to look at: host, container:NAME, dir:PATH, ssh://HOST or an image.",
            envvar="HULLWATCH_TARGET",
        ),
    ] = "host",
    answer_format: Annotated[
        AnswerFormat, typer.Option("--format", "-f", help="How to write it.", envvar="HULLWATCH_FORMAT")
    ] = AnswerFormat.TABLE,
    timeout_s: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="How long a statement may run.", min=0, envvar="HULLWATCH_QUERY_TIMEOUT_S")
    ] = 300,
    max_rows: Annotated[
        int, typer.Option("--max-rows", help="How many rows an answer may have.", min=1, envvar="HULLWATCH_MAX_ROWS")
    ] = 1_000_000,
    color: ColorOption = Color.AUTO,
    quiet: Quiet = 0,
    docker_host: DockerHost = None,
    home: Home = None,
) -> None:
    """Ask a target in SQL: its users, processes and packages. Tables have osquery's names and columns.

    hullwatch query "select pid, name from processes where uid = 0"
    """
    from ..jobs.edges import Edges
    from ..jobs.query import query as run

    edges = Edges(settings(home=home, docker_host=docker_host), progress(quiet))

    def ask(statement: str) -> "Answer":
        return run(statement, edges, reference=target, timeout_s=timeout_s, max_rows=max_rows)

    def write(answer: "Answer") -> None:
        from .answers import render_answer
        from .streams import say_gaps, write_out
        from .terminal import look_of

        write_out(render_answer(answer, answer_format.value, look_of(color)))
        say_gaps(answer.gaps, quiet=quiet)

    if not sql and sys.stdin.isatty():
        from .shell import converse

        converse(ask, write)
        return
    answer = ask(sql or sys.stdin.read())
    write(answer)
    if answer.gaps:
        raise typer.Exit(3)
