"""Options that several commands share, and how they become settings and a progress display."""

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..config import Settings, load_settings
from ..errors import Misuse
from ..model import Waiver
from .progress import TerminalProgress


class Color(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Home = Annotated[
    Path | None, typer.Option(help="Where history, cache and advisory database lie. [env: HULLWATCH_HOME]", show_default=False)
]
Mirror = Annotated[
    str | None,
    typer.Option(
        help="Directory or address laid out as HOST/PATH, tried first for every feed. [env: HULLWATCH_MIRROR]", show_default=False
    ),
]
Offline = Annotated[
    bool | None, typer.Option("--offline", help="Fetch nothing; judge by what is there. [env: HULLWATCH_OFFLINE]", show_default=False)
]
DockerHost = Annotated[
    str | None,
    typer.Option(
        "--docker-host", help="Where the Docker Engine answers. [env: HULLWATCH_DOCKER_HOST, then DOCKER_HOST]", show_default=False
    ),
]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Also write a report there (repeatable): .json, .sarif, .cdx.json, .ecs.ndjson, .txt, .tsv decide the format, or FORMAT=PATH.",
        envvar="HULLWATCH_OUTPUT",
        show_default=False,
    ),
]
ColorOption = Annotated[Color, typer.Option("--color", help="Colours; NO_COLOR and FORCE_COLOR are heeded.", envvar="HULLWATCH_COLOR")]
All = Annotated[bool, typer.Option("--all", help="Fold nothing.", envvar="HULLWATCH_ALL")]
Quiet = Annotated[
    int,
    typer.Option(
        "--quiet",
        "-q",
        count=True,
        help="-q: errors only, the report stays; -qq: exit status only.",
        envvar="HULLWATCH_QUIET",
        show_default=False,
    ),
]
FailOn = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="WORDS",
        help="Exit 1 from here on: a severity, 'fixable', 'exploited'; or 'never'. [default: high,fixable] [env: HULLWATCH_FAIL_ON]",
        show_default=False,
    ),
]
Waivers = Annotated[
    Path | None,
    typer.Option(
        "--waivers", metavar="FILE", help="Dated exceptions with their reasons, in YAML. [env: HULLWATCH_WAIVERS]", show_default=False
    ),
]


def settings(**options: Any) -> Settings:
    """The settings of this call: options before environment before files. Raises Misuse."""
    return load_settings(os.environ, Path.cwd(), {key: str(value) if isinstance(value, Path) else value for key, value in options.items()})


def progress(quiet: int) -> TerminalProgress:
    """Bars on a terminal, a line per finished thing elsewhere, nothing under ``-q``."""
    return TerminalProgress(sys.stderr, bars=sys.stderr.isatty() and not os.environ.get("CI"), quiet=quiet > 0)


def waivers(path: Path | None) -> Sequence[Waiver]:
    """The waivers of a file. Raises Misuse."""
    if path is None:
        return ()
    from ..readers.waivers import LIMIT, parse_waivers

    try:
        with path.open("rb") as stream:
            return parse_waivers(stream.read(LIMIT + 1), str(path))
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror}", remedy="name a file of waivers that can be read") from error
