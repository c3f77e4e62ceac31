"""What a run says while it is under way, line by line, so that it can be followed live and read later."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import Connection, Engine, delete, func, insert, select

from .database import transaction
from .schema import run_log, runs

MAX_LINE = 2000
"""Characters of one line; the rest is cut off, with a mark."""
MAX_LINES = 100_000
"""Lines of one run; what comes after is dropped, and the last line says so."""


class LogLevel(StrEnum):
    """What a line is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogLine(Struct, frozen=True, kw_only=True):
    """One line."""

    seq: int
    """From 1, without a hole; the cursor of whoever follows."""
    at: datetime
    level: LogLevel
    target: str
    """Reference; empty: of the run as a whole."""
    text: str


class NewLine(Struct, frozen=True, kw_only=True):
    """A line that has no number yet."""

    at: datetime
    text: str
    level: LogLevel = LogLevel.INFO
    target: str = ""


class Logs:
    """Logs in the database. Every method raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, run: int, lines: Sequence[NewLine]) -> None:
        """Add lines in order. Several writers of one run wait for each other, so that a reader never misses a number."""
        with transaction(self._engine, write=True) as connection:
            connection.execute(select(runs.c.id).where(runs.c.id == run).with_for_update()).all()
            append_lines(connection, run, lines)

    def read(self, run: int, *, after: int = 0, limit: int = 1000) -> list[LogLine]:
        """Lines with a number above ``after``, in order."""
        columns = (run_log.c[name] for name in LogLine.__struct_fields__)
        query = select(*columns).where(run_log.c.run == run, run_log.c.seq > after).order_by(run_log.c.seq).limit(limit)
        with transaction(self._engine, write=False) as connection:
            return [
                LogLine(seq=seq, at=at, level=LogLevel(level), target=target, text=text)
                for seq, at, level, target, text in connection.execute(query)
            ]

    def last(self, run: int) -> int:
        """Number of a run's last line; 0 where there is none."""
        with transaction(self._engine, write=False) as connection:
            return _last(connection, run)

    def forget(self, keep: int) -> int:
        """Drop the logs of all but the last ``keep`` runs; gives how many lines went."""
        newest = select(runs.c.id).order_by(runs.c.id.desc()).offset(keep).limit(1)
        with transaction(self._engine, write=True) as connection:
            last = connection.scalar(newest)
            return connection.execute(delete(run_log).where(run_log.c.run <= last)).rowcount if last is not None else 0


def append_lines(connection: Connection, run: int, lines: Sequence[NewLine]) -> None:
    """Add lines to a run that is locked."""
    last = _last(connection, run)
    rows = [_row(run, last + number, line) for number, line in enumerate(lines, 1) if last + number < MAX_LINES]
    if last < MAX_LINES <= last + len(lines):
        full = NewLine(at=lines[-1].at, level=LogLevel.WARNING, text=f"the log is full ({MAX_LINES} lines); the rest is not kept")
        rows.append(_row(run, MAX_LINES, full))
    if rows:
        connection.execute(insert(run_log), rows)


def _last(connection: Connection, run: int) -> int:
    return connection.scalar(select(func.max(run_log.c.seq)).where(run_log.c.run == run)) or 0


def _row(run: int, seq: int, line: NewLine) -> dict[str, object]:
    text = line.text if len(line.text) <= MAX_LINE else f"{line.text[:MAX_LINE]}…"
    return {"run": run, "seq": seq, "at": line.at, "level": line.level.value, "target": line.target, "text": text}
