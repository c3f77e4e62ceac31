"""The job of ``hullwatch query``: one SQL statement over a target; tables of packages reach every target that the statement names."""

from functools import cached_property, reduce
from operator import or_
from pathlib import Path

import msgspec

from ..errors import HullwatchError, Malformed, Misuse, Unreachable
from ..model import Inventory, Target, TargetKind
from ..model.reads import Reads
from ..ports import KIBIBYTE, Files, Paths
from ..tables.catalogue import TABLES
from ..tables.engine import MAX_ROWS, TIMEOUT_S, Answer, run_query
from ..tables.sources import FileEvents, Schedule
from ..targets.machine import HostFiles
from ..targets.paths import HostPaths
from ..targets.references import parse_reference
from ..targets.ssh.address import SCHEME, parse_address
from .edges import Edges


def query(sql: str, edges: Edges, *, reference: str = "host", timeout_s: float = TIMEOUT_S, max_rows: int = MAX_ROWS) -> Answer:
    """Run one statement that reads. Raises Misuse, LimitExceeded (it ran too long), and what opening the target raises."""
    return run_query(sql, Opened(parse_reference(reference), edges), timeout_s=timeout_s, max_rows=max_rows)


class Opened:
    """The edges of one target, each opened when a table asks for it (``tables.sources.Sources``)."""

    def __init__(self, target: Target, edges: Edges) -> None:
        self._target = target
        self._edges = edges
        self._taken: dict[str, Inventory | HullwatchError] = {}

    @property
    def inventories(self) -> "Opened":
        """Itself."""
        return self

    @property
    def namespaces(self) -> "Opened":
        """Itself."""
        return self

    @property
    def current(self) -> str:
        """Reference of the query's target. Raises Misuse for the daemon, which has no packages."""
        if self._target.kind is TargetKind.DAEMON:
            raise Misuse("the daemon has no packages of its own", remedy="ask the host or one of its images")
        return self._target.reference

    def of(self, reference: str) -> Inventory:
        """The inventory of a target, taken once for a statement. Raises what taking it raises."""
        from .inventory import inventory

        if reference not in self._taken:
            try:
                self._taken[reference] = inventory(reference, self._edges)
            except HullwatchError as error:
                self._taken[reference] = error
        taken = self._taken[reference]
        if isinstance(taken, HullwatchError):
            raise taken
        return taken

    @cached_property
    def files(self) -> Files:
        """The target's file system. Raises Misuse for a target whose files cannot be read in place."""
        if self._is_elsewhere:
            return self._files_over_ssh()
        return self._edges.files if self._target.kind is TargetKind.HOST else HostFiles(self._root)

    @cached_property
    def paths(self) -> Paths:
        """The same, place by place."""
        return HostPaths(self._root)

    @property
    def file_events(self) -> FileEvents:
        """Raises Misuse: an agent keeps them."""
        raise Misuse("file events are kept by hullwatch agent", remedy="schedule the query in the agent's configuration")

    @property
    def schedule(self) -> Schedule:
        """Raises Misuse: an agent has it."""
        raise Misuse("only hullwatch agent has a schedule", remedy="schedule the query in the agent's configuration")

    @property
    def _is_elsewhere(self) -> bool:
        return self._target.reference.startswith(SCHEME)

    def _files_over_ssh(self) -> Files:
        """What any table declares is asked for at once."""
        from ..targets.ssh.files import open_ssh_files

        reference, limits = self._target.reference, self._edges.settings.limits
        declared = reduce(or_, (table.reads for table in TABLES if hasattr(table, "reads")), Reads())
        return open_ssh_files(parse_address(reference), self._edges.access(reference), declared, limits)

    @cached_property
    def _root(self) -> Path:
        if self._is_elsewhere:
            raise self._too_far()
        match self._target.kind:
            case TargetKind.HOST:
                return self._edges.root
            case TargetKind.DIRECTORY:
                return Path(self._target.reference.removeprefix("dir:"))
            case TargetKind.CONTAINER:
                return self._root_of(self._first_process())
            case TargetKind.IMAGE | TargetKind.DAEMON:
                raise Misuse(
                    f"only its packages can be asked for of {self._target.reference}",
                    remedy="tables of files and processes are of the host, of a running container or of a directory (dir:PATH)",
                )

    def of_process(self, pid: int) -> Files:
        """The file system as a process of this machine sees it, with its own links. Raises Denied, Unreachable (it has ended)."""
        return HostFiles(self._root_of(pid))

    def paths_of_process(self, pid: int) -> Paths:
        """The same, place by place."""
        return HostPaths(self._root_of(pid))

    def _too_far(self) -> Misuse:
        return Misuse(
            f"of {self._target.reference} only tables of packages and of certain files can be asked for", remedy="run hullwatch there"
        )

    def _root_of(self, pid: int) -> Path:
        if self._is_elsewhere:
            raise self._too_far()
        return self._edges.root / "proc" / str(pid) / "root"

    def _first_process(self) -> int:
        """Process id, here, of the container's first process. Raises NotFound, Misuse (it does not run), Unreachable, Malformed."""
        name = self._target.reference.removeprefix("container:")
        try:
            told = msgspec.json.decode(self._edges.require_docker().get(f"/containers/{name}/json"), type=_Container)
        except msgspec.MsgspecError as error:
            raise Malformed(f"the engine's answer about container {name}: {error}") from error
        if not told.state.pid:
            raise Misuse(f"container {name} does not run", remedy="tables of files and processes are of running containers")
        group = self._edges.files.open(f"proc/{told.state.pid}/cgroup")
        if group is None or told.id not in group.text(64 * KIBIBYTE):
            raise Unreachable(f"container {name} does not run on this machine", remedy="ask on the machine of its engine")
        return told.state.pid


class _State(msgspec.Struct, frozen=True, rename="pascal"):
    pid: int


class _Container(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    state: _State
