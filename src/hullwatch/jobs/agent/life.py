"""One life of an agent, from its start to its end."""

import logging
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ...errors import HomeUnavailable, HullwatchError, Unreachable
from ...readers.osquery_options import AgentOptions
from ...store.agent.claim import Claim
from ...store.agent.events import KeptEvents
from ...store.agent.log_files import LogFiles
from ...store.agent.results import ResultStore
from ...store.agent.status_files import StatusFiles
from ...targets.watch.patterns import Pattern
from ..edges import Edges
from .control import Control
from .loading import Loaded, load, plan_of
from .messages import Messages, StatusHandler, log
from .plan import Plan, Planned, due, next_due
from .runs import Runner
from .watching import Expiry, Watching, patterns_of

LONGEST_WAIT_S = 60
"""So soon we notice that a clock was set or that the machine slept."""
REMEMBERED_S = 7 * 24 * 3600
"""What is no longer scheduled is forgotten after a week, as in osquery."""


def check_agent(config: Path, edges: Edges, given: Mapping[str, str]) -> Plan:
    """What an agent would do; ``plan.said`` holds what it could not. Raises what reading the file raises."""
    return plan_of(load(config), edges, socket.gethostname(), given)


def run_agent(config: Path, edges: Edges, control: Control, given: Mapping[str, str]) -> None:
    """Be an agent until ``control`` says to stop. ``given`` are options that win over those of the configuration.

    Raises Misuse where another agent keeps its memory in the same place, and what reading the configuration, making its directories
    and opening its memory raise. Later on, what goes wrong is said in the status log, and the agent lives on.
    """
    loaded = load(config)
    plan = plan_of(loaded, edges, socket.gethostname(), given)
    options = plan.options
    memory = Path(options.database_path)
    with ExitStack() as stack:
        stack.callback(Claim(memory, Path(options.pidfile)).release)
        results, events = ResultStore(memory), KeptEvents(memory)
        stack.callback(results.close)
        stack.callback(events.close)
        logs = None if options.disable_logging else LogFiles(Path(options.logger_path), results)
        stack.enter_context(_messages_of(options, edges))
        agent = _Agent(config, edges, control, given, results, events, logs)
        stack.callback(agent.end)
        agent.begin(loaded, plan)
        agent.live()


@contextmanager
def _messages_of(options: AgentOptions, edges: Edges) -> Iterator[None]:
    """While inside, what is said to ``log`` goes to the status files and to whoever runs the agent."""
    files = None
    if not options.disable_logging:
        files = StatusFiles(Path(options.logger_path), socket.gethostname(), lowest=min(2, options.logger_min_status))
    handler = StatusHandler(files, edges.progress, verbose=options.verbose)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        if files:
            files.close()


class _Agent:
    """What lives."""

    def __init__(
        self, config: Path, edges: Edges, control: Control, given: Mapping[str, str], results: ResultStore, events: KeptEvents,
        logs: LogFiles | None,
    ) -> None:  # fmt: skip
        self._config = config
        self._edges = edges
        self._control = control
        self._given = given
        self._results = results
        self._events = events
        self._logs = logs
        self._messages = Messages()
        self._watching: Watching | None = None
        self._ran: dict[str, int] = {}
        self._decorated: dict[int, int] = {}
        self._ephemeral = str(uuid.uuid4())
        self._looked_after = 0

    @property
    def _now(self) -> int:
        return int(self._edges.clock.now().timestamp())

    def begin(self, loaded: Loaded, plan: Plan) -> None:
        """Follow a plan from now on."""
        self._loaded = loaded
        self._plan = plan
        self._messages.begin_anew()
        self._messages.say(plan.said)
        if self._results.was_damaged:
            self._messages.once(logging.ERROR, "the memory of results was damaged and put aside; a new one begins")
        self._runner = Runner(plan, "", self._edges, self._results, self._events, self._messages, lambda: self._control.stopping)
        self._runner.host = self._host(plan.options)
        self._runner.decorate((*plan.decorate_load, *(sql for _, sql in plan.decorate_interval)))
        now = self._now
        self._decorated = dict.fromkeys((seconds for seconds, _ in plan.decorate_interval), now)
        self._ran = {query.name: self._last_run(query, now) for query in plan.queries}
        self._discover_at = now + plan.options.pack_refresh_interval
        self._watch()
        log.info("%d queries are scheduled, %d patterns watched", len(plan.queries), len(plan.file_paths))
        for query in sorted((each for each in plan.queries if each.priority is not None), key=lambda each: each.priority or 0):
            self._run(query)

    def live(self) -> None:
        """Run what is due and wait for the next, until told to stop."""
        while not self._control.stopping:
            if self._control.take_reload():
                self._reload()
            now = self._now
            self._ran = {name: min(at, now) for name, at in self._ran.items()}  # a clock that was put back
            self._decorate(now)
            for query in due(self._plan.queries, self._ran, now):
                if not self._control.stopping:
                    self._run(query)
            self._look_after(now)
            until = next_due(self._plan.queries, self._ran, now + LONGEST_WAIT_S) - self._edges.clock.now().timestamp()
            self._control.wait(max(0.0, min(until, LONGEST_WAIT_S)))

    def end(self) -> None:
        """Stop watching; what was taken is kept."""
        if self._watching:
            self._watching.close()
            self._watching = None
        log.info("the agent ends")

    def _host(self, options: AgentOptions) -> str:
        match options.host_identifier:
            case "uuid":
                answer = self._runner.ask("select uuid from system_info")
                return str(answer.rows[0][0])
            case "instance":
                return self._results.setting("instance", self._ephemeral)
            case "ephemeral":
                return self._ephemeral
            case "specified":
                return options.specified_identifier
            case _:
                return socket.gethostname()

    def _last_run(self, query: Planned, now: int) -> int:
        """From when a query counts: a turn since its last run, if it was not too long ago to know, is caught up with at once."""
        kept = self._results.statistics(query.name)
        return kept.last_executed if kept and kept.query == query.sql and kept.executions else now

    def _run(self, query: Planned) -> None:
        """Run a query, again while there are events for it, and write what it says."""
        self._ran[query.name] = now = self._now
        try:
            while self._runner.run(query, now) and not self._control.stopping:
                self._write()
        except HomeUnavailable as error:
            self._messages.once(logging.ERROR, f"query {query.name}: what it said cannot be kept: {error}")
        self._write()

    def _write(self) -> None:
        try:
            if self._logs:
                self._logs.write()
        except HomeUnavailable as error:
            self._messages.once(logging.ERROR, f"lines wait to be written: {error}")

    def _decorate(self, now: int) -> None:
        for seconds, ran in self._decorated.items():
            if now // seconds > ran // seconds:
                self._runner.decorate([sql for each, sql in self._plan.decorate_interval if each == seconds])
                self._decorated[seconds] = now

    def _reload(self) -> None:
        """Read the configuration again; one that cannot be read leaves the old one in place."""
        log.info("the configuration is read again")
        try:
            loaded = load(self._config)
            plan = plan_of(loaded, self._edges, socket.gethostname(), self._given)
        except HullwatchError as error:
            log.error("the configuration cannot be read, the one before it goes on: %s", error)
            return
        old, new = self._plan.options, plan.options
        for name in ("logger_path", "database_path", "pidfile", "disable_logging", "verbose", "logger_min_status"):
            if getattr(old, name) != getattr(new, name):
                log.warning("options.%s counts from the next start on", name)
        self.begin(loaded, plan)

    def _watch(self) -> None:
        """Watch what the plan wants watched."""
        options = self._plan.options
        wanted = self._plan.file_paths and options.enable_file_events and not options.disable_events
        own_files = (Path(options.logger_path).absolute() / "osqueryd.%", Path(options.database_path).absolute() / "hullwatch-%")
        patterns, gaps = patterns_of(self._plan, [str(path) for path in own_files])
        self._messages.say(gaps)
        if self._watching and not wanted:
            self._watching.close()
            self._watching = None
        elif self._watching:
            self._watching.change(patterns, read_max=options.read_max)
        elif wanted:
            self._begin_watching(patterns)

    def _begin_watching(self, patterns: list[Pattern]) -> None:
        try:
            memory = Path(self._plan.options.database_path)
            self._watching = Watching(self._edges.root, memory, patterns, self._messages, read_max=self._plan.options.read_max)
        except HullwatchError as error:
            self._messages.once(logging.ERROR, f"files cannot be watched: {error}")

    def _look_after(self, now: int) -> None:
        """Once in a while: what may be forgotten, packs that may count by now, watching that ended."""
        if self._watching and not self._watching.is_alive:
            raise Unreachable("the watching of files has ended", remedy="see its traceback, and start the agent again")
        if now - self._looked_after < LONGEST_WAIT_S:
            return
        self._looked_after = now
        if self._watching:
            self._watching.may_expire(self._expiry())
        else:
            self._watch()
        try:
            self._results.forget([query.name for query in self._plan.queries], before=now - REMEMBERED_S)
        except HomeUnavailable as error:
            self._messages.once(logging.ERROR, str(error))
        if self._discover_at <= now and any(pack.discovery for pack in self._loaded.packs):
            self._discover_at = now + self._plan.options.pack_refresh_interval
            plan = plan_of(self._loaded, self._edges, socket.gethostname(), self._given)
            if plan != self._plan:
                self.begin(self._loaded, plan)

    def _expiry(self) -> Expiry:
        """Events are kept until all queries that ask for them have told them, and then as long as the configuration says."""
        asking = [query for query in self._plan.queries if "file_events" in query.sql.lower()]
        told = [self._results.told(query.name, self._events.series) for query in asking]
        longest = max((query.interval_s for query in asking), default=0)
        kept_s = max(self._plan.options.events_expiry, 3 * longest + 59) // 60 * 60
        return Expiry(kept_s, min(told, default=self._events.newest()), self._plan.options.events_max)
