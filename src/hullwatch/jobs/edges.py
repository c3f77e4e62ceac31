"""The edges that a job is handed: opened here for a terminal, replaced by doubles in tests, opened by a worker for a server."""

import atexit
import os
import shutil
import tempfile
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Settings
from ..errors import Denied, HomeUnavailable, HullwatchError, LimitExceeded, Malformed, NotFound, Unreachable, Untrusted
from ..model import Gap
from ..ports import Clock, Commands, Docker, FactCache, Files, Progress

if TYPE_CHECKING:
    from ..advisories.database import AdvisoryDatabase
    from ..store.history import History
    from ..store.outbox import Outbox
    from ..targets.ssh.address import Access
    from ..targets.ssh.fleet import Fleet


DEFECTS = (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What a defect of ours raises. It costs the target that met it, not the others."""


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


class Edges:
    """Everything outside the core, opened when it is first asked for, so that a job pays only for what it uses."""

    def __init__(
        self,
        settings: Settings,
        progress: Progress,
        *,
        clock: Clock | None = None,
        root: Path = Path("/"),
        history: "History | None" = None,
    ) -> None:
        self.settings = settings
        self.progress = progress
        self.clock: Clock = clock or SystemClock()
        self.root = root
        if history is not None:
            self.history = history

    @cached_property
    def home(self) -> Path:
        """Where we keep things. A home that cannot be written is replaced by a temporary one, with a warning.

        Raises HomeUnavailable where not even that can be had.
        """
        wanted = self.settings.home.expanduser()
        try:
            wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not os.access(wanted, os.W_OK | os.X_OK):
                raise PermissionError(f"{wanted} is not writable")
        except OSError as error:
            reason = error.strerror or str(error)
            temporary = _temporary_home(f"the home {wanted} cannot be used ({reason})")
            atexit.register(shutil.rmtree, temporary, ignore_errors=True)
            self.progress.warn(f"the home {wanted} cannot be used ({reason}): nothing is remembered after this run; set HULLWATCH_HOME")
            return temporary
        return wanted

    @cached_property
    def engine(self) -> Docker | NotFound | Unreachable | Denied:
        """The Docker Engine, or why it cannot be asked."""
        from ..targets.engine import connect

        try:
            return connect(self.settings.docker_host, timeout_s=self.settings.timeout_s)
        except (NotFound, Unreachable, Denied) as error:
            return error

    @property
    def docker(self) -> Docker | None:
        """The Docker Engine when it can be asked."""
        return None if isinstance(self.engine, HullwatchError) else self.engine

    def require_docker(self) -> Docker:
        """The Docker Engine, for what cannot be looked at without. Raises Unreachable or Denied."""
        if isinstance(self.engine, NotFound):
            raise Unreachable(self.engine.what, remedy=self.engine.remedy)
        if isinstance(self.engine, HullwatchError):
            raise self.engine
        return self.engine

    @cached_property
    def fleet(self) -> "Fleet":
        """The hosts of the Ansible inventory. Raises NotFound (there is none), Misuse, Denied, Unreachable, LimitExceeded."""
        from ..targets.ssh.fleet import open_fleet

        return open_fleet(self.settings.inventory, Path.cwd())

    def access(self, reference: str) -> "Access":
        """How the host of an ``ssh://`` reference is reached: as the inventory says, where there is one that knows it."""
        from ..targets.ssh.address import Access

        plain = Access(sudo=self.settings.sudo, timeout_s=self.settings.timeout_s)
        try:
            return self.fleet.access(reference, plain)
        except NotFound as error:
            if self.settings.inventory is None:
                return plain
            self.progress.warn(str(error))
        except HullwatchError as error:
            self.progress.warn(f"the inventory is not heeded: {error}")
        return plain

    @cached_property
    def files(self) -> Files:
        """This machine's file system."""
        from ..targets.machine import HostFiles

        return HostFiles(self.root)

    @cached_property
    def commands(self) -> Commands:
        """This machine's commands."""
        from ..targets.machine import HostCommands

        return HostCommands()

    @cached_property
    def cache(self) -> FactCache:
        """Facts kept per layer, reader and revision."""
        from ..store.facts import FactStore

        return FactStore(self.home / "facts.sqlite")

    @cached_property
    def database(self) -> "AdvisoryDatabase":
        """The advisory database."""
        from ..advisories.database import AdvisoryDatabase

        return AdvisoryDatabase(self.home / "advisories")

    @cached_property
    def history(self) -> "History | None":
        """What we remember; None, with a warning, when it cannot be opened."""
        from ..store.history import History

        try:
            return History.open(self._history_address)
        except HomeUnavailable as error:
            self.progress.warn(f"this run is not remembered: {error}")
            return None

    @cached_property
    def outbox(self) -> "Outbox | None":
        """Messages on their way to people; None when there is no history."""
        from ..store.outbox import Outbox

        return Outbox.open(self._history_address) if self.history is not None else None

    @property
    def _history_address(self) -> str:
        return self.settings.database_url or f"sqlite:///{self.home / 'history.sqlite'}"


def _temporary_home(why: str) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="hullwatch-"))
    except OSError as error:
        raise HomeUnavailable(f"{why}, and no temporary one can be made", remedy="set HULLWATCH_HOME or TMPDIR") from error


def gap_of(error: Exception, what: str) -> Gap:
    """Why something asked for could not be looked at, as a gap whose kind a waiver can name. A defect of ours says where it is."""
    if isinstance(error, HullwatchError):
        return Gap(kind=_KINDS.get(type(error), "failed"), what=what, why=str(error))
    *_, last = traceback.extract_tb(error.__traceback__) or [None]
    where = f" ({Path(last.filename).name}, line {last.lineno})" if last else ""
    return Gap(kind="failed", what=what, why=f"hullwatch failed: {type(error).__name__}: {error}{where}")


def error_of(gap: Gap, what: str) -> HullwatchError:
    """The error that ``gap_of`` made a gap of, saying ``what``; NotFound for any other gap."""
    return next((kind for kind, name in _KINDS.items() if name == gap.kind), NotFound)(what)


_KINDS: Mapping[type[HullwatchError], str] = {
    NotFound: "not-found",
    Denied: "denied",
    Unreachable: "unreachable",
    Untrusted: "untrusted",
    Malformed: "malformed",
    LimitExceeded: "limit",
    HomeUnavailable: "home",
}
