"""Writing to the standard streams: what is refused there never loses what else is to be done."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from ..errors import HomeUnavailable
from ..model import Gap
from ..reports.look import Look


def speaks_utf8(stream: TextIO) -> bool:
    """Whether what is written there is UTF-8."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"


def open_streams() -> None:
    """Put the null device where a standard stream was closed: else the next file opened would take its number, and its output."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8", closefd=False))


def write_out(text: str | bytes) -> None:
    """Write to standard output, whole and at once. A reader that went away is no error: what else is to be done is done.

    Raises HomeUnavailable when it cannot be written for another reason.
    """
    try:
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "replace") if isinstance(text, str) else text)
        sys.stdout.buffer.flush()
    except OSError as error:
        _give_up(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise HomeUnavailable(f"standard output cannot be written: {error.strerror}", remedy="make room there") from error


def _give_up(stream: TextIO) -> None:
    """What is still in the stream, and all to come, goes nowhere: Python would try again, and complain, at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def say(text: str, stream: TextIO | None = None) -> None:
    """Say a line on standard error, nothing hidden in it. Where nobody listens, or nothing more fits, work goes on."""
    stream = sys.stderr if stream is None else stream
    with suppress(OSError, ValueError):
        print(Look(unicode=speaks_utf8(stream)).text(text), file=stream, flush=True)


def say_gaps(gaps: Sequence[Gap], *, quiet: int) -> None:
    """Say on standard error what could not be read."""
    if quiet:
        return
    for gap in gaps:
        where = f" ({gap.seen_at.path})" if gap.seen_at else ""
        say(f"hullwatch: not read: {gap.what}: {gap.why}{where}")
