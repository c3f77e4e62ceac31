"""What a server's processes do again and again: say that they live, start what is due, take what waits, look after the dead, clear away.

Any number of processes may do their rounds at the same time; what one has done, the others find done.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from dbos import error as queue_errors
from msgspec.structs import replace
from sqlalchemy.exc import SQLAlchemyError

from ..errors import HullwatchError
from ..store.schedules import Schedule, Slot
from .durable import DurableHands
from .edges import Edges
from .groups import expand
from .run_log import LoggedProgress
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
        ready = {each.id: each for each in memory.schedules.due(now)}
        for slot in due(ready.values(), now=now, catch_up=self._catch_up):
            run = self._fire(ready[slot.schedule], slot)
            if run is not None:
                log.info("a schedule was due", extra={"schedule": slot.schedule, "run": run})
        self._hands.enqueue()

    def _fire(self, schedule: Schedule, slot: Slot) -> int | None:
        memory, now = self._workshop.memory, self._workshop.clock.now()
        try:
            targets = expand(schedule.targets, memory, self._edges(), by=f"schedule {schedule.name}")
        except HullwatchError as error:
            return memory.schedules.fire(replace(slot, missed=str(error)), now)
        return memory.schedules.fire(slot, now, targets=targets)

    def _edges(self) -> Edges:
        return Edges(self._workshop.settings, LoggedProgress(), clock=self._workshop.clock, history=self._workshop.memory.history)

    def _care(self) -> None:
        self._hands.bury(self._patience)
        self._hands.find_lost()

    def _tell(self) -> None:
        if self._workshop.settings.notify:
            deliver(self._edges())

    def _clear(self) -> None:
        keep = self._workshop.settings.service.keep_runs
        reports, lines = self._workshop.memory.runs.forget_reports(keep), self._workshop.memory.logs.forget(keep)
        if reports or lines:
            log.info("old runs cleared away", extra={"reports": reports, "lines": lines})
