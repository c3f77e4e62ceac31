"""What a server's doors act through: memory, the hands that do the work, the time. Doors ask for work here and never do it themselves."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ..assess.threshold import parse_threshold
from ..config import Settings
from ..errors import Misuse, NotFound
from ..model import FindingKind
from ..ports import Clock
from ..store.memory import Memory
from ..store.runs import Parameters, Run
from ..store.schedules import NewSchedule, Schedule
from ..store.targets import WatchedTarget
from ..store.work import Waiting
from ..targets.references import is_group, parse_reference
from .edges import Edges
from .groups import check_names, expand
from .run_log import LoggedProgress
from .schedules import check_schedule, next_after

JOBS = ("scan", "update")
"""What can be asked of a server, and scheduled."""


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
        """Look after what ``text`` names. Raises Misuse, also for what is not there and for a group, which is no target."""
        if is_group(text):
            raise Misuse(f"{text} is a group, not one target", remedy="name it in a schedule or a run: its hosts are watched from then on")
        try:
            target = parse_reference(text)
        except NotFound as error:
            raise Misuse(error.what, remedy=error.remedy) from error
        return self.memory.targets.watch(target, name=name, labels=labels, by=by, at=self.clock.now())

    def request(self, job: str, references: Sequence[str], parameters: Parameters, *, by: str) -> Run:
        """Ask for a run; of a scan that names no target, of everything that is watched. Raises Misuse."""
        parameters = self.checked(job, parameters)
        run = self.memory.work.request(job, self.work_of(job, references, by=by), by=by, at=self.clock.now(), parameters=parameters)
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
        targets = expand(self.memory.schedules.get(schedule).targets, self.memory, self._edges(), by=by)
        run = self.memory.schedules.run_now(schedule, by=by, at=self.clock.now(), targets=targets)
        self.hands.take()
        return self.memory.runs.get(run)

    def work_of(self, job: str, references: Sequence[str], *, by: str) -> tuple[str, ...]:
        """The pieces of work of a run; hosts of groups are watched from now on. Raises Misuse, also for what is not there."""
        if job == "update":
            return ("",)
        wanted = expand(self._named(references), self.memory, self._edges(), by=by) or self.memory.targets.references()
        if not wanted:
            raise Misuse("no target is watched, and none was named", remedy="add a target, or name one")
        return wanted

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
            targets=self._named(wish.targets),
            parameters=self.checked(wish.job, wish.parameters),
            paused=wish.paused,
            next_run_at=next_after(wish.cron, wish.time_zone, self.clock.now()),
        )

    def _named(self, references: Sequence[str]) -> tuple[str, ...]:
        try:
            return check_names(references, self._edges())
        except NotFound as error:
            raise Misuse(error.what, remedy=error.remedy) from error

    def _edges(self) -> Edges:
        return Edges(self.settings, LoggedProgress(), clock=self.clock, history=self.memory.history)
