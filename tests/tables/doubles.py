"""What tables are asked of, without a disk."""

from collections.abc import Iterable, Iterator, Mapping

from hullwatch.errors import Denied, HullwatchError, Unreachable
from hullwatch.model import Inventory
from hullwatch.ports import Entry, File, Files, Paths
from hullwatch.tables.engine import Answer, run_query
from hullwatch.tables.sources import FileEvents, Inventories, Namespaces, Schedule
from tests.doubles import MemoryFiles


class ClosedFiles(MemoryFiles):
    """Files of which some may not be opened."""

    def __init__(self, content: Mapping[str, bytes], closed: Iterable[str]) -> None:
        super().__init__(content)
        self._closed = frozenset(closed)

    def open(self, path: str) -> File | None:
        if path in self._closed:
            raise Denied(f"/{path} is closed to this user", remedy="run with sudo")
        return super().open(path)


class KnownInventories:
    """Inventories that were taken before; remembers what was asked for."""

    def __init__(self, known: Mapping[str, Inventory | HullwatchError], current: str = "host") -> None:
        self._known = known
        self.current = current
        self.asked: list[str] = []

    def of(self, reference: str) -> Inventory:
        self.asked.append(reference)
        found = self._known[reference]
        if isinstance(found, HullwatchError):
            raise found
        return found


class KnownNamespaces:
    """File systems by process."""

    def __init__(self, known: Mapping[int, Files], paths: Mapping[int, Paths] | None = None) -> None:
        self._known = known
        self._paths = paths or {}

    def paths_of_process(self, pid: int) -> Paths:
        if pid not in self._paths:
            raise Unreachable(f"there is no process {pid}")
        return self._paths[pid]

    def of_process(self, pid: int) -> Files:
        return self._known.get(pid, MemoryFiles({}))


class NoPaths:
    """Nothing stands anywhere."""

    def entry(self, path: str) -> Entry | None:
        return None

    def entries(self, directory: str) -> Iterator[Entry]:
        return iter(())

    def open(self, path: str) -> File | None:
        return None


class KnownSources:
    """All edges a table may ask for."""

    def __init__(
        self,
        files: Files | None = None,
        *,
        inventories: Inventories | None = None,
        namespaces: Namespaces | None = None,
        paths: Paths | None = None,
        file_events: FileEvents = (),
        schedule: Schedule = (),
    ) -> None:
        self.files: Files = files or MemoryFiles({})
        self.paths: Paths = paths or NoPaths()
        self.file_events = file_events
        self.schedule = schedule
        self.inventories: Inventories = inventories or KnownInventories({})
        self.namespaces: Namespaces = namespaces or KnownNamespaces({})


def ask(sql: str, sources: KnownSources | None = None) -> Answer:
    """Run a statement over sources, by default empty ones."""
    return run_query(sql, sources or KnownSources())


def as_text(answer: Answer) -> list[dict[str, str]]:
    """As osquery writes an answer in JSON: everything is text, what is not there is empty."""
    return [{name: "" if cell is None else str(cell) for name, cell in zip(answer.columns, row, strict=True)} for row in answer.rows]
