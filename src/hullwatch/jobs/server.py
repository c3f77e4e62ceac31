"""What a server's doors act through: memory, the hands that do the work, the time. Doors ask for work here and never do it themselves."""

from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from ..assess.threshold import parse_threshold
from ..config import Settings
from ..errors import Misuse
from ..model import FindingKind
from ..ports import Clock
from ..store.memory import Memory
from ..store.runs import Parameters, Run
from ..store.targets import WatchedTarget
from ..targets.references import parse_reference

JOBS = ("scan", "update")
"""What can be asked of a server, and scheduled."""
MAX_TARGETS = 10_000
"""Of one run."""


class Hands(Protocol):
    """Who does what is asked for: ``jobs.durable``, or a double."""

    def take(self, run: Run) -> None:
        """Have what waits of a run done, as soon as the limits allow. Asking again changes nothing."""

    def drop(self, run: Run, positions: Sequence[int]) -> None:
        """These need not be begun any more."""


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
        self.hands.take(run)
        return run

    def cancel(self, run: int, *, by: str) -> Run:
        """Ask that a run end; one that has ended stays as it is. Raises NotFound."""
        positions = self.memory.work.cancel(run, by, self.clock.now())
        found = self.memory.runs.get(run)
        if positions:
            self.hands.drop(found, positions)
        return found

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
