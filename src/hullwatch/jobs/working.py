"""One piece of a run's work, begun, done and ended. It may be done again, by another process too: then it says the same and counts once."""

import logging
from collections.abc import Sequence
from pathlib import Path

from ..config import Settings
from ..errors import HullwatchError, Misuse, Unreachable
from ..model import FindingKind, Gap, Waiver
from ..ports import Clock
from ..readers.waivers import LIMIT, parse_waivers
from ..store.logs import LogLevel
from ..store.memory import Memory
from ..store.runs import Counts, RunStatus
from ..store.work import Begun
from .edges import Edges, gap_of
from .gathering import counts_of, nothing_seen, report_of
from .run_log import Cancelled, RunLog
from .scan import ScanParameters, scan
from .tell import deliver, tell
from .update import update

TRIES = 3
"""How often a target is asked that does not answer."""
MAX_ATTEMPTS = 8
"""How often work is begun at all; what takes its worker along each time is given up."""
log = logging.getLogger(__name__)


class Workshop:
    """What one process needs to work on runs."""

    def __init__(self, settings: Settings, memory: Memory, clock: Clock, *, root: Path = Path("/")) -> None:
        self.settings = settings
        self.memory = memory
        self.clock = clock
        self._root = root

    def look(self, run: int, position: int) -> bool:
        """Do one piece of a run's work; whether the run has ended. Raises Unreachable where it is worth another try, HomeUnavailable."""
        begun = self.memory.work.begin(run, position, self.clock.now())
        if begun is not None:
            self._do(begun, position, RunLog(self.memory, self.clock, run, begun.reference))
        return not self.memory.runs.get(run).open

    def conclude(self, run: int) -> None:
        """What is done once a run has ended: people are told. May be done again."""
        if self.settings.notify:
            edges = self.edges(RunLog(self.memory, self.clock, run, ""))
            tell(report_of(self.memory, run) or nothing_seen(self.memory, run, edges), edges)
            deliver(edges)

    def edges(self, progress: RunLog) -> Edges:
        """Everything outside the core, for one piece of work."""
        return Edges(self.settings, progress, clock=self.clock, root=self._root, history=self.memory.history)

    def _do(self, begun: Begun, position: int, progress: RunLog) -> None:
        run, what = begun.run.id, begun.reference or "the advisory database"
        log.info("work begun", extra={"run": run, "target": begun.reference, "attempt": begun.attempts})
        try:
            if begun.attempts > MAX_ATTEMPTS:
                self._fail(run, position, Gap(kind="given-up", what=what, why=f"work on it was begun {MAX_ATTEMPTS} times and never ended"))
            elif begun.run.job == "update":
                self._update(begun, position, progress)
            else:
                self._scan(begun, position, progress)
        except Cancelled:
            self.memory.work.end(run, position, RunStatus.CANCELLED, self.clock.now())
        except Unreachable as error:
            if begun.attempts < TRIES:
                progress.say(f"{error}; another try follows", LogLevel.WARNING)
                raise
            self._fail(run, position, gap_of(error, what))
        except HullwatchError as error:
            self._fail(run, position, gap_of(error, what))
        except Exception as error:
            self._fail(run, position, Gap(kind="failed", what=what, why=f"hullwatch failed: {type(error).__name__}"))
            raise

    def _scan(self, begun: Begun, position: int, progress: RunLog) -> None:
        asked = begun.run.parameters
        parameters = ScanParameters(
            references=(begun.reference,),
            only=frozenset(map(FindingKind, asked.only)),
            waivers=tuple(load_waivers(self.settings)),
            fail_on=asked.fail_on or self.settings.fail_on,
            run=begun.run.id,
        )
        report = scan(parameters, self.edges(progress))
        counts = counts_of(report)
        found = ", ".join(f"{number} {severity}" for severity, number in counts.findings.items()) or "nothing"
        progress.say(f"found {found}; {counts.new} new, {counts.gone} gone, {counts.gaps} gaps")
        self.memory.work.end(begun.run.id, position, RunStatus.SUCCEEDED, self.clock.now(), report=report, counts=counts)

    def _update(self, begun: Begun, position: int, progress: RunLog) -> None:
        gaps = update((), self.edges(progress), force=begun.run.parameters.force)
        for gap in gaps:
            progress.say(f"{gap.what}: {gap.why}", LogLevel.WARNING)
        counts = Counts(gaps=len(gaps), incomplete=bool(gaps))
        self.memory.work.end(begun.run.id, position, RunStatus.SUCCEEDED, self.clock.now(), counts=counts)

    def _fail(self, run: int, position: int, gap: Gap) -> None:
        self.memory.work.end(run, position, RunStatus.FAILED, self.clock.now(), error=gap, counts=Counts(gaps=1, incomplete=True))


def load_waivers(settings: Settings) -> Sequence[Waiver]:
    """The waivers of the settings. Raises Misuse."""
    if settings.waivers is None:
        return ()
    try:
        with settings.waivers.open("rb") as stream:
            return parse_waivers(stream.read(LIMIT + 1), str(settings.waivers))
    except OSError as error:
        raise Misuse(f"{settings.waivers}: {error.strerror}", remedy="name a file of waivers that can be read") from error
