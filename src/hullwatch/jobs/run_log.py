"""Progress of work on a server: lines of its run's log, to be followed live. Here too work learns that nobody wants it any more."""

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from ..ports import MEBIBYTE, Clock, Step
from ..store.logs import LogLevel, NewLine
from ..store.memory import Memory

_PATIENCE_S = 5.0
"""How long a piece of work goes on before it says so, and between two sayings."""
_LOOK_S = 1.0
"""How often work looks whether it is still wanted."""


log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Somebody asked that the run end."""


class RunLog:
    """Fills ``ports.Progress``. Every call may raise Cancelled, at most a second after somebody asked for it, and HomeUnavailable."""

    def __init__(self, memory: Memory, clock: Clock, run: int, target: str) -> None:
        self._memory = memory
        self._clock = clock
        self._run = run
        self._target = target
        self._looked_at = time.monotonic()

    def step(self, what: str, total: int | None = None, unit: str = "") -> AbstractContextManager[Step]:
        """A piece of work; it is said how far it is when it takes long."""
        return self._step(what, total, unit)

    @contextmanager
    def _step(self, what: str, total: int | None, unit: str) -> Iterator[Step]:
        self.look()
        yield _Step(self, what, total, unit)

    def finished(self, what: str, detail: str = "") -> None:
        """One thing is done."""
        self.say(f"{what}: {detail}" if detail else what)

    def warn(self, what: str) -> None:
        """Something to know that is no gap of the report."""
        self.say(what, LogLevel.WARNING)

    def say(self, text: str, level: LogLevel = LogLevel.INFO) -> None:
        """Add a line."""
        self.look()
        self._memory.logs.append(self._run, [NewLine(at=self._clock.now(), text=text, level=level, target=self._target)])

    def look(self) -> None:
        """Raises Cancelled when somebody asked that the run end; looks once a second."""
        if time.monotonic() - self._looked_at >= _LOOK_S:
            self._looked_at = time.monotonic()
            if self._memory.runs.is_cancelled(self._run):
                raise Cancelled


class _Step:
    def __init__(self, log: RunLog, what: str, total: int | None, unit: str) -> None:
        self._log = log
        self._what = what
        self._total = total
        self._unit = unit
        self._done = 0
        self._said_at = time.monotonic()

    def advance(self, amount: int = 1) -> None:
        """So much more is done."""
        self._done += amount
        self._log.look()
        if time.monotonic() - self._said_at >= _PATIENCE_S:
            self._said_at = time.monotonic()
            self._log.say(f"{self._what}: {self._far()}")

    def _far(self) -> str:
        in_bytes = self._unit == "B"
        done, total = (self._done // MEBIBYTE, (self._total or 0) // MEBIBYTE) if in_bytes else (self._done, self._total or 0)
        return f"{done}{f' of {total}' if total else ''} {'MiB' if in_bytes else self._unit}".strip()


class LoggedProgress:
    """Progress of what belongs to no run: warnings go to the process's log, the rest nowhere."""

    def step(self, what: str, total: int | None = None, unit: str = "") -> AbstractContextManager[Step]:
        """Says nothing."""
        return _silent()

    def finished(self, what: str, detail: str = "") -> None:
        """Says nothing."""

    def warn(self, what: str) -> None:
        """A line of the log."""
        log.warning("warned", extra={"what": what})


class _Silent:
    def advance(self, amount: int = 1) -> None:
        """Says nothing."""


@contextmanager
def _silent() -> Iterator[Step]:
    yield _Silent()
