"""The same jobs as durable workflows (DBOS): they survive ``kill -9``, keep to limits, and may be worked on by many processes.

What is asked for, and what became of it, is in our own memory (``store.work``); the queue only knows which piece is whose turn. So a
workflow is one piece of one run, its steps hand on numbers, and each step may be done again.
"""

import hashlib
import logging
import os
import socket
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID
from sqlalchemy import make_url

from ..errors import HomeUnavailable, Misuse, Unreachable
from ..model import Gap
from ..store.runs import Counts, RunStatus
from ..store.work import Waiting
from ..store.workers import Worker
from .working import Workshop

QUEUE = "targets"
SHAPE = "1"
"""Raised when the steps of a workflow change: work that was begun in another shape is left to processes that know it."""
_POLLING_S = 0.2
_AT_ONCE = 500
_LAST = 2**31 - 1
"""What DBOS takes as a priority: a run is begun before those that were asked for after it."""
_PATIENCE_S = 10
_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
log = logging.getLogger(__name__)


class _Process:
    """DBOS knows workflows by name and finds them in the module: one process has one workshop."""

    workshop: Workshop | None = None


@DBOS.workflow(name="work", max_recovery_attempts=1000)
def work(run: int, position: int) -> bool:
    """One piece of a run; whether the run has ended with it."""
    ended = DBOS.run_step(
        {
            "name": "look",
            "retries_allowed": True,
            "interval_seconds": 2,
            "backoff_rate": 3,
            "max_attempts": 6,
            "should_retry": _is_worth_another_try,
        },
        _look,
        run,
        position,
    )
    if ended:
        DBOS.run_step({"name": "conclude", "retries_allowed": True, "should_retry": _is_worth_another_try}, _conclude, run)
    return ended


def _look(run: int, position: int) -> bool:
    return _shop().look(run, position)


def _conclude(run: int) -> None:
    _shop().conclude(run)


def _is_worth_another_try(error: BaseException) -> bool:
    return isinstance(error, Unreachable | HomeUnavailable)


def _shop() -> Workshop:
    if _Process.workshop is None:
        raise Misuse("no durable hands were opened in this process")
    return _Process.workshop


class DurableHands:
    """Takes what is asked for into the queue, and works on it. One in a process; ``close`` it."""

    def __init__(self, workshop: Workshop, *, working: bool = True) -> None:
        """Opens the queue, beside our memory: a file in the home, or the same PostgreSQL. Raises HomeUnavailable."""
        _Process.workshop = workshop
        self._memory = workshop.memory
        self._clock = workshop.clock
        self._service = workshop.settings.service
        self._taken: set[str] = set()
        self.wanted = threading.Event()
        """Something was asked for."""
        self.worker = f"{socket.gethostname()[:60]}-{os.getpid()}-{os.urandom(4).hex()}"
        self._started_at = self._clock.now()
        self._working = working
        if self._memory.alone:
            self._memory.workers.forget()
        if working:
            self.live()
        DBOS(config=self._config(workshop))
        DBOS.listen_queues([QUEUE] if working else [])
        DBOS.launch()
        hands, in_all = max(1, self._service.hands), self._service.hands_in_all
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=min(hands, in_all or hands),
            global_concurrency=in_all or None,
            partition_concurrency=1,
            polling_interval_sec=_POLLING_S,
            on_conflict="always_update",
        )

    def take(self) -> None:
        """Have what waits done, as soon as the limits allow."""
        self.wanted.set()

    def enqueue(self) -> None:
        """Take everything into the queue that waits: whoever wrote it down may have died before it was taken. Twice changes nothing."""
        self.wanted.clear()
        self._enqueue(self._memory.work.waiting())

    def drop(self, waiting: Sequence[Waiting]) -> None:
        """This need not be begun any more."""
        DBOS.cancel_workflows([_name(each) for each in waiting])

    def live(self) -> None:
        """Say that this process lives."""
        now = self._clock.now()
        self._memory.workers.seen(
            Worker(id=self.worker, host=socket.gethostname(), process=os.getpid(), started_at=self._started_at, seen_at=now)
        )

    def bury(self, patience: timedelta) -> None:
        """Take over the work of processes that have not been seen for so long."""
        for dead in self._memory.workers.bury(self._clock.now() - patience, self._take_over):
            log.warning("a worker is dead, its work is taken over", extra={"worker": dead})

    def find_lost(self) -> None:
        """End what the queue has given up and memory has not: it would be under way for ever."""
        waiting = {_name(each): each for each in self._memory.work.waiting()}
        names = sorted(waiting)
        for start in range(0, len(names), _AT_ONCE):
            for found in DBOS.list_workflows(workflow_ids=names[start : start + _AT_ONCE], load_input=False, load_output=False):
                if found.status in _ENDED:
                    self._end_lost(waiting[found.workflow_id])

    def close(self) -> None:
        """Stop taking work, and wait a little for what is under way. What remains is taken over by another process, or by the next."""
        DBOS.destroy(workflow_completion_timeout_sec=_PATIENCE_S)
        if self._working:
            self._memory.workers.leave(self.worker)

    def _enqueue(self, waiting: Sequence[Waiting]) -> None:
        names = {_name(each): each for each in waiting}
        self._taken &= names.keys()
        for name in [name for name in names if name not in self._taken]:
            each = names[name]
            partition = hashlib.sha256(each.reference.encode("utf-8", "surrogatepass")).hexdigest()
            with SetWorkflowID(name), SetEnqueueOptions(queue_partition_key=partition, priority=min(each.run, _LAST)):
                DBOS.enqueue_workflow(QUEUE, work, each.run, each.position)
            self._taken.add(name)

    def _end_lost(self, each: Waiting) -> None:
        gap = Gap(kind="failed", what=each.reference or "the advisory database", why="its worker failed; the server's log says why")
        counts = Counts(gaps=1, incomplete=True)
        ended = self._memory.work.end(each.run, each.position, RunStatus.FAILED, self._clock.now(), error=gap, counts=counts)
        if not ended.open:
            _shop().conclude(each.run)

    def _take_over(self, living: frozenset[str]) -> None:
        """Put what dead processes were at back into the queue. DBOS refuses the work of one that was not dead after all."""
        pending = DBOS.list_workflows(status="PENDING", queue_name=QUEUE, load_input=False, load_output=False)
        orphans = [found.workflow_id for found in pending if found.executor_id not in living]
        if orphans:
            DBOS.resume_workflows(orphans, queue_name=QUEUE)

    def _config(self, workshop: Workshop) -> DBOSConfig:
        address = workshop.settings.database_url or f"sqlite:///{workshop.settings.home.expanduser() / 'queue.sqlite'}"
        config: DBOSConfig = {
            "name": "hullwatch",
            "executor_id": self.worker,
            "application_version": SHAPE,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
            "scheduler_polling_interval_sec": 3600,
        }
        if address.startswith("sqlite:"):
            config["system_database_url"] = address
            _use_write_ahead_log(Path(address.removeprefix("sqlite:///")))
        else:
            config["system_database_url"] = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        return config


def _name(waiting: Waiting) -> str:
    """What the queue calls a piece of work."""
    return f"{waiting.key}-{waiting.position}"


def _use_write_ahead_log(path: Path) -> None:
    """So that readers of the queue do not wait for its writers; a database keeps that. Raises HomeUnavailable."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except (OSError, sqlite3.Error) as error:
        raise HomeUnavailable(f"{path}: {error}", remedy="make it writable, or name another home (HULLWATCH_HOME)") from error
