"""What a server's processes do again and again: say that they live, start what is due, take what waits, look after the dead, clear away.

Any number of processes may do their rounds at the same time; what one has done, the others find done.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from dbos import error as queue_errors
from sqlalchemy.exc import SQLAlchemyError

from ..errors import HullwatchError
from ..ports import Step
from .durable import DurableHands
from .edges import Edges
from .schedules import due
from .tell import deliver
from .working import Workshop

_BEAT_S = 2.0
_ROUND_S = 1.0
_CARE_S = 10.0
_CLEAR_S = 600.0
log = logging.getLogger(__name__)


class Rounds:
    """Threads that do the rounds until they are stopped. What a database refuses is logged, and tried again at the next round."""

    def __init__(self, workshop: Workshop, hands: DurableHands) -> None:
        self._workshop = workshop
        self._hands = hands
        self._stop = threading.Event()
        service = workshop.settings.service
        self._patience = timedelta(seconds=service.dead_after_s)
        self._catch_up = timedelta(hours=service.catch_up_h)
        rounds = ((self._live, _BEAT_S), (self._start, _ROUND_S), (self._care, _CARE_S), (self._tell, _CARE_S), (self._clear, _CLEAR_S))
        self._threads = [
            threading.Thread(target=self._again, args=each, name=f"hullwatch{each[0].__name__}", daemon=True) for each in rounds
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, when what is under way is done."""
        self._stop.set()
        self._hands.wanted.set()
        for thread in self._threads:
            thread.join(timeout=10)

    @property
    def well(self) -> bool:
        """Whether all are still being done."""
        return all(thread.is_alive() for thread in self._threads)

    def _again(self, work: Callable[[], None], pause_s: float) -> None:
        while not self._stop.is_set():
            try:
                work()
            except (HullwatchError, queue_errors.DBOSException, SQLAlchemyError) as error:
                log.warning("a round failed", extra={"round": work.__name__.strip("_"), "why": str(error)[:500]})
            (self._hands.wanted if work == self._start else self._stop).wait(pause_s)

    def _live(self) -> None:
        self._hands.live()

    def _start(self) -> None:
        memory, now = self._workshop.memory, self._workshop.clock.now()
        for slot in due(memory.schedules.due(now), now=now, catch_up=self._catch_up):
            run = memory.schedules.fire(slot, now)
            if run is not None:
                log.info("a schedule was due", extra={"schedule": slot.schedule, "run": run})
        self._hands.enqueue()

    def _care(self) -> None:
        self._hands.bury(self._patience)
        self._hands.find_lost()

    def _tell(self) -> None:
        if self._workshop.settings.notify:
            deliver(Edges(self._workshop.settings, LoggedProgress(), clock=self._workshop.clock, history=self._workshop.memory.history))

    def _clear(self) -> None:
        keep = self._workshop.settings.service.keep_runs
        reports, lines = self._workshop.memory.runs.forget_reports(keep), self._workshop.memory.logs.forget(keep)
        if reports or lines:
            log.info("old runs cleared away", extra={"reports": reports, "lines": lines})


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
