"""One run of a scheduled query: its answer, what changed since the last one, the lines that say so, and what is remembered of it."""

import logging
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import structs

from ...errors import HullwatchError
from ...model.agent import KeptFileEvent, QueryStatistics
from ...reports.osquery_log import Head, batch_line, cell_text, columns, event_line, snapshot_line
from ...store.agent.events import KeptEvents
from ...store.agent.results import ResultStore, Run
from ...tables.engine import TIMEOUT_S, Answer, run_query
from ...tables.sources import FileEvents, Schedule
from ...targets.references import parse_reference
from ..edges import Edges
from ..query import Opened
from .messages import Messages
from .plan import Plan, Planned

RESULTS, SNAPSHOTS = "osqueryd.results.log", "osqueryd.snapshots.log"
EVENTS_AT_ONCE = 20_000
"""Events that one run tells; where there are more, another follows at once."""
MAX_ROWS = 200_000
"""Rows of an answer; a longer one is not compared, and said to be too long."""


class Untold:
    """Events that a query has not told yet; notes whether it was asked for any, and the last one handed out."""

    def __init__(self, kept: KeptEvents, told: int) -> None:
        self._kept = kept
        self._after = told
        self.last = told
        self.asked = False
        self.more = False

    def __iter__(self) -> Iterator[KeptFileEvent]:
        self.asked = True
        found = self._kept.after(self._after, EVENTS_AT_ONCE)
        for number, each in enumerate(found, 1):
            self.last = max(self.last, each.number)
            self.more = number == EVENTS_AT_ONCE
            yield each


class AgentSources(Opened):
    """What tables are made from: this machine, the events that a query has not told yet, and how queries have run."""

    def __init__(self, edges: Edges, events: Untold, schedule: Sequence[QueryStatistics]) -> None:
        super().__init__(parse_reference("host"), edges)
        self._events = events
        self._schedule = schedule

    @property
    def file_events(self) -> FileEvents:
        """What was noticed and not told."""
        return self._events

    @property
    def schedule(self) -> Schedule:
        """How queries have run."""
        return self._schedule


class Runner:
    """Runs the queries of a plan and remembers what came of it."""

    def __init__(
        self,
        plan: Plan,
        host: str,
        edges: Edges,
        results: ResultStore,
        events: KeptEvents,
        messages: Messages,
        is_stopped: Callable[[], bool],
    ) -> None:
        self.plan = plan
        self.host = host
        self._edges = edges
        self._results = results
        self._events = events
        self._messages = messages
        self._is_stopped = is_stopped
        self._decorated: dict[str, str] = {}

    def ask(self, sql: str, untold: Untold | None = None) -> Answer:
        """Answer one statement. Raises an error of ours."""
        sources = AgentSources(self._edges, untold or Untold(self._events, self._events.newest()), self.statistics())
        timeout_s = self.plan.options.schedule_timeout or TIMEOUT_S
        return run_query(sql, sources, timeout_s=timeout_s, max_rows=MAX_ROWS, is_stopped=self._is_stopped)

    def statistics(self) -> list[QueryStatistics]:
        """How the queries of the plan have run."""
        return [self._statistics(query) for query in self.plan.queries]

    def _statistics(self, query: Planned) -> QueryStatistics:
        kept = self._results.statistics(query.name)
        fresh = QueryStatistics(name=query.name, query=query.sql, interval_s=query.interval_s)
        return structs.replace(kept, interval_s=query.interval_s) if kept and kept.query == query.sql else fresh

    def decorate(self, statements: Sequence[str]) -> None:
        """Ask what is to stand in every line from now on: of each statement the first row counts."""
        for sql in () if self.plan.options.disable_decorators else statements:
            try:
                answer = self.ask(sql)
            except HullwatchError as error:
                self._messages.once(logging.ERROR, f"decorator {sql!r}: {error}")
                continue
            self._messages.say(answer.gaps)
            for row in answer.rows[:1]:
                self._decorated |= {name: cell_text(cell) for name, cell in zip(answer.columns, row, strict=True)}

    def run(self, query: Planned, now: int) -> bool:
        """Run a query once; an error is said and the others go on. True where there are events that it has yet to tell."""
        self.decorate(self.plan.decorate_always)
        untold = Untold(self._events, self._results.told(query.name, self._events.series))
        meter = Meter()
        try:
            answer = self.ask(query.sql, untold)
        except HullwatchError as error:
            if not self._is_stopped():
                self._messages.once(logging.ERROR, f"query {query.name}: {error}")
            return False
        self._messages.say(answer.gaps)
        if len(answer.rows) == MAX_ROWS:
            self._messages.once(logging.ERROR, f"query {query.name}: its answer has {MAX_ROWS} rows or more, and is not told")
            return False
        rows = [columns(answer.columns, row, numerics=self.plan.options.logger_numerics, escaped=not query.snapshot) for row in answer.rows]
        done = structs.replace(self._outcome(query, rows, untold, now), statistics=meter.read(self._statistics(query), now, _size(answer)))
        self._results.keep(done if not self.plan.options.disable_logging else structs.replace(done, lines=()))
        return untold.more

    def _outcome(self, query: Planned, rows: Sequence[str], untold: Untold, now: int) -> Run:
        """What a run leaves behind, save its statistics."""
        options = self.plan.options
        nothing = QueryStatistics(name=query.name, query=query.sql, interval_s=query.interval_s)
        head = Head(
            name=query.name, host=self.host, at=now, epoch=options.schedule_epoch, numerics=options.logger_numerics,
            decorations=self._decorated, decorations_top_level=options.decorations_top_level,
        )  # fmt: skip
        if query.snapshot:
            told = (
                [event_line(head, row, "snapshot") for row in rows] if options.logger_snapshot_event_type else [snapshot_line(head, rows)]
            )
            return Run(statistics=nothing, remembered=False, lines=[(SNAPSHOTS, line) for line in told])
        if untold.asked:
            return self._events_told(query, head, rows, untold, nothing)
        return self._compared(query, head, rows, nothing)

    def _events_told(self, query: Planned, head: Head, rows: Sequence[str], untold: Untold, nothing: QueryStatistics) -> Run:
        """All rows are new. The counter is 0 at the first rows, unless the very first run has some: then it is 1, as in osquery."""
        last = self._results.last(query.name)
        counter = (last.counter + 1 if rows else last.counter) if last else 1 if rows else -1
        lines = self._lines(structs.replace(head, counter=max(counter, 0)), (), rows) if rows else []
        told = (self._events.series, untold.last)
        return Run(statistics=nothing, epoch=head.epoch, counter=counter, told=told, lines=lines)

    def _compared(self, query: Planned, head: Head, rows: Sequence[str], nothing: QueryStatistics) -> Run:
        """What is new beside the last run, and what is gone; the first run of an epoch has everything new."""
        last = self._results.last(query.name)
        before, now = Counter(self._results.rows(query.name)), Counter(rows)
        is_initial = last is None or last.epoch != head.epoch
        removed, added = before - now, now - before
        counter = 0 if is_initial or last is None else last.counter + bool(removed or added)
        head = structs.replace(head, counter=counter)
        gone = list(removed.elements()) if query.removed and not is_initial else []
        lines = self._lines(head, gone, list((now if is_initial else added).elements()), is_initial=is_initial)
        return Run(statistics=nothing, epoch=head.epoch, counter=counter, removed=removed, added=added, lines=lines)

    def _lines(self, head: Head, removed: Sequence[str], added: Sequence[str], *, is_initial: bool = False) -> list[tuple[str, str]]:
        """A line per row, what is gone before what is new; or one for all, at the first run even for none."""
        if self.plan.options.logger_event_type:
            told = [event_line(head, row, "removed") for row in removed] + [event_line(head, row, "added") for row in added]
            return [(RESULTS, line) for line in told]
        return [(RESULTS, batch_line(head, removed, added))] if removed or added or is_initial else []


class Meter:
    """What a run takes: time, the processor's time of this thread, and memory."""

    def __init__(self) -> None:
        self._at = time.perf_counter()
        self._used = resource.getrusage(resource.RUSAGE_THREAD)
        self._memory = _resident()

    def read(self, before: QueryStatistics, now: int, output_size: int) -> QueryStatistics:
        """The statistics with this run among them."""
        used = resource.getrusage(resource.RUSAGE_THREAD)
        wall = int((time.perf_counter() - self._at) * 1000)
        user = int((used.ru_utime - self._used.ru_utime) * 1000)
        system = int((used.ru_stime - self._used.ru_stime) * 1000)
        memory = max(0, _resident() - self._memory)
        return structs.replace(
            before, executions=before.executions + 1, last_executed=now, output_size=before.output_size + output_size,
            wall_time=before.wall_time + wall, last_wall_time=wall, user_time=before.user_time + user, last_user_time=user,
            system_time=before.system_time + system, last_system_time=system, memory=before.memory + memory, last_memory=memory,
        )  # fmt: skip


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _size(answer: Answer) -> int:
    """Bytes of names and values."""
    names = sum(len(name) for name in answer.columns)
    return sum(names + sum(len(cell_text(cell)) for cell in row) for row in answer.rows)
