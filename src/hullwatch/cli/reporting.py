"""Where a report goes: standard output in one format, and any number of files."""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import HomeUnavailable
from ..model import Report
from ..reports.formats import Destination, check_destinations, files_of, format_for, format_named
from ..reports.look import Look
from .options import Color
from .streams import say, write_out
from .terminal import look_of


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
        """Write everywhere, standard output first. Raises HomeUnavailable for the first place that cannot be written, after all others."""
        failures: list[HomeUnavailable] = []
        with _noted(failures):
            if self._quiet < 2:
                self._show(report)
        for destination in self._destinations:
            for name, data in files_of(report, destination, Look(piped=True)):
                with _noted(failures):
                    _write_file(Path(name), data)
        if failures:
            raise failures[0]

    def write_remedy(self, report: Report, number: int) -> None:
        """Write the commands of one mend, whole."""
        from ..reports.screen import render_remedy

        write_out(render_remedy(report, number))

    def _show(self, report: Report) -> None:
        if self._format.name == "table":
            from ..reports.screen import render_screen

            rendered = render_screen(report, self._look)
            write_out(rendered.stdout)
            for line in rendered.stderr.splitlines() if not self._quiet else ():
                say(line)
            return
        write_out(self._format.render(report, self._look))


@contextmanager
def _noted(failures: list[HomeUnavailable]) -> Iterator[None]:
    """What fails is noted and keeps nothing else from being written."""
    try:
        yield
    except HomeUnavailable as error:
        failures.append(error)


def _write_file(path: Path, data: bytes) -> None:
    """Whole or not at all: beside it first, under a name where nobody can have put a link.

    What is no plain file (a pipe, a link such as /dev/stdout) is written to and stays what it is.
    """
    beside = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_bytes(data)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "wb") as stream:
            stream.write(data)
        beside.replace(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise HomeUnavailable(f"{path}: {why}", remedy="name a place that can be written with --output") from error
    finally:
        with suppress(OSError, ValueError):
            beside.unlink(missing_ok=True)
