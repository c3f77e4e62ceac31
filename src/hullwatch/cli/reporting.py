"""Where a report goes: standard output in one format, and any number of files."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import HomeUnavailable
from ..model import Report
from ..reports.formats import Destination, check_destinations, files_of, format_for, format_named
from ..reports.look import Look
from .options import Color
from .terminal import look_of, write_out


class Outputs:
    """The formats and places of one run, understood before anything is scanned. Raises Misuse."""

    def __init__(
        self, format_name: str, outputs: Sequence[str], color: Color, *, targets: int | None, everything: bool, quiet: int
    ) -> None:
        """``targets``: how many a report will hold; None when nobody knows."""
        self._format = format_named(format_name)
        self._destinations: tuple[Destination, ...] = tuple(format_for(text) for text in outputs)
        check_destinations((*self._destinations, Destination(format_name, "standard output")), targets)
        self._look = look_of(color, everything=everything)
        self._quiet = quiet

    def write(self, report: Report) -> None:
        """Write everywhere. Raises HomeUnavailable when a file cannot be written; standard output comes first."""
        if self._quiet < 2:
            self._show(report)
        for destination in self._destinations:
            for name, data in files_of(report, destination, Look(piped=True)):
                _write_file(Path(name), data)

    def write_remedy(self, report: Report, number: int) -> None:
        """Write the commands of one mend, whole."""
        from ..reports.screen import render_remedy

        write_out(render_remedy(report, number))

    def _show(self, report: Report) -> None:
        if self._format.name == "table":
            from ..reports.screen import render_screen

            rendered = render_screen(report, self._look)
            write_out(rendered.stdout)
            if rendered.stderr and not self._quiet:
                sys.stderr.write(rendered.stderr)
            return
        write_out(self._format.render(report, self._look))


def _write_file(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.part")
    try:
        if path.exists() and not path.is_file():  # a pipe, /dev/stdout
            path.write_bytes(data)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise HomeUnavailable(f"{path}: {error.strerror}", remedy="name a place that can be written with --output") from error
