"""What a server's doors act through: memory, the hands that do the work, the time. Doors ask for work here and never do it themselves."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ..assess.threshold import parse_threshold
from ..config import Settings
from ..errors import Misuse
from ..model import FindingKind
from ..ports import Clock
from ..store.memory import Memory
from ..store.runs import Parameters, Run
from ..store.schedules import NewSchedule, Schedule
from ..store.targets import WatchedTarget
from ..store.work import Waiting
from ..targets.references import parse_reference
from .schedules import check_schedule, next_after

JOBS = ("scan", "update")
"""What can be asked of a server, and scheduled."""
MAX_TARGETS = 10_000
"""Of one run."""


class Hands(Protocol):
    """Who does what is asked for: ``jobs.durable``, or a double."""

    def take(self) -> None:
        """Have what waits done, as soon as the limits allow. Asking again changes nothing."""

    def drop(self, waiting: Sequence[Waiting]) -> None:
        """This need not be begun any more."""


class ScheduleWish(Struct, frozen=True, kw_only=True):
    """What a schedule is to be."""

    name: str
    cron: str
    time_zone: str
    job: str
    targets: tuple[str, ...]
    parameters: Parameters
    paused: bool


class Server:
    """One server, as its doors see it."""

    def __init__(self, settings: Settings, memory: Memory, hands: Hands, clock: Clock) -> None:
        self.settings = settings
        self.memory = memory
        self.hands = hands
        self.clock = clock

    def watch(self, text: str, *, name: str, labels: Sequence[str], by: str) -> WatchedTarget:
        """Look after what ``text`` names. Raises Misuse, and NotFound for a bare path where nothing stands."""
        target = parse_reference(text)
        return self.memory.targets.watch(target, name=name, labels=labels, by=by, at=self.clock.now())

    def request(self, job: str, references: Sequence[str], parameters: Parameters, *, by: str) -> Run:
        """Ask for a run; of a scan that names no target, of everything that is watched. Raises Misuse."""
        parameters = self.checked(job, parameters)
        run = self.memory.work.request(job, self.work_of(job, references), by=by, at=self.clock.now(), parameters=parameters)
        self.hands.take()
        return run

    def cancel(self, run: int, *, by: str) -> Run:
        """Ask that a run end; one that has ended stays as it is. Raises NotFound."""
        waiting = self.memory.work.cancel(run, by, self.clock.now())
        if waiting:
            self.hands.drop(waiting)
        return self.memory.runs.get(run)

    def add_schedule(self, wish: ScheduleWish, *, by: str) -> Schedule:
        """Have a job done whenever it is due. Raises Misuse."""
        return self.memory.schedules.add(self._new(wish), by=by, at=self.clock.now())

    def change_schedule(self, schedule: int, wish: ScheduleWish) -> Schedule:
        """From now on it is due as ``wish`` says. Raises NotFound, Misuse."""
        return self.memory.schedules.change(schedule, self._new(wish))

    def run_schedule(self, schedule: int, *, by: str) -> Run:
        """Ask for a run out of turn. Raises NotFound, Misuse."""
        run = self.memory.schedules.run_now(schedule, by=by, at=self.clock.now())
        self.hands.take()
        return self.memory.runs.get(run)

    def work_of(self, job: str, references: Sequence[str]) -> tuple[str, ...]:
        """The pieces of work of a run. Raises Misuse."""
        if job == "update":
            return ("",)
        wanted = self.parsed(references) or self.memory.targets.references()
        if not wanted:
            raise Misuse("no target is watched, and none was named", remedy="add a target, or name one")
        return wanted

    def parsed(self, references: Sequence[str]) -> tuple[str, ...]:
        """References in full, each once. Raises Misuse, and NotFound for a bare path where nothing stands."""
        if len(references) > MAX_TARGETS:
            raise Misuse(f"more than {MAX_TARGETS} targets", remedy="ask for several runs")
        return tuple(dict.fromkeys(parse_reference(text).reference for text in references))

    def checked(self, job: str, parameters: Parameters) -> Parameters:
        """Parameters with the threshold of the settings where none is named. Raises Misuse."""
        if job not in JOBS:
            raise Misuse(f"no job is called {job!r}", remedy=f"known ones are {', '.join(JOBS)}")
        kinds = [kind.value for kind in FindingKind]
        if unknown := [kind for kind in parameters.only if kind not in kinds]:
            raise Misuse(f"no kind of finding is called {unknown[0]!r}", remedy=f"known ones are {', '.join(kinds)}")
        fail_on = parameters.fail_on or self.settings.fail_on
        parse_threshold(fail_on)
        return replace(parameters, fail_on=fail_on)

    def _new(self, wish: ScheduleWish) -> NewSchedule:
        check_schedule(wish.cron, wish.time_zone)
        if wish.job == "update" and wish.targets:
            raise Misuse("an update has no targets", remedy="leave them out")
        return NewSchedule(
            name=wish.name,
            cron=wish.cron,
            time_zone=wish.time_zone,
            job=wish.job,
            targets=self.parsed(wish.targets),
            parameters=self.checked(wish.job, wish.parameters),
            paused=wish.paused,
            next_run_at=next_after(wish.cron, wish.time_zone, self.clock.now()),
        )
