"""A root that is watched. After a change a file is made where another pattern waits for it: what was told before it is all there is."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from hullwatch.model import Gap, Note
from hullwatch.model.agent import FileEvent
from hullwatch.store.agent.events import EventStore
from hullwatch.targets.watch import FileWatch
from hullwatch.targets.watch.patterns import Pattern, parse_watched

PATTERNS = (("homes", "/home/%/.ssh/%%"), ("etc", "/etc/%%"), ("home", "/home/%%"), ("tmp", "/tmp/%%"), ("one", "/srv/app.conf"))


def patterns_of(*texts: tuple[str, str]) -> list[Pattern]:
    return [parse_watched(category, text) for category, text in (*texts, ("end", "/end/%"))]


class Watched:
    """A root that is watched; the time is handed in."""

    def __init__(self, root: Path, patterns: Sequence[Pattern]) -> None:
        self.root = root
        self.store = EventStore(root.parent)
        self.passed = 0.0
        self.watch = FileWatch(root, patterns, self.store, read_max=1000, passed=lambda: self.passed)
        self._ends = len(list((root / "end").iterdir()))
        self.gaps: list[Gap] = []
        self.notes: list[Note] = []
        self.first = self.taken()

    def taken(self) -> list[FileEvent]:
        """What is there to take."""
        events = []
        with self.store.writing():
            for each in self.watch.take():
                if isinstance(each, FileEvent):
                    events.append(each)
                elif isinstance(each, Gap):
                    self.gaps.append(each)
                else:
                    self.notes.append(each)
        return events

    def events(self, later_s: float = 0) -> list[FileEvent]:
        """All that happened until now; with ``later_s`` also what waited for its time."""
        self._ends += 1
        end = f"/end/{self._ends}"
        (self.root / end[1:]).touch()
        events: list[FileEvent] = []
        while not any(event.path == end for event in events):
            self.watch.wait(10)
            events += self.taken()
        self.passed += later_s
        events += self.taken() if later_s else []
        return [event for event in events if event.path != end]

    def told(self, later_s: float = 0) -> list[tuple[str, str]]:
        """The same as action and path."""
        return [(event.action.value, event.path) for event in self.events(later_s)]

    def again(self, patterns: Sequence[Pattern] | None = None) -> "Watched":
        """What a restart makes of it."""
        self.close()
        return Watched(self.root, patterns or patterns_of(*PATTERNS))

    def close(self) -> None:
        with suppress(OSError):
            self.watch.close()
        self.store.close()


Begin = Callable[..., Watched]


class Replay:
    """What somebody believes to be there who hears only what was told."""

    def __init__(self) -> None:
        self.there: dict[str, str] = {}
        self._leaving: dict[int, tuple[str, dict[str, str]]] = {}

    def take(self, event: FileEvent) -> None:
        """One more."""
        below = {path: digest for path, digest in self.there.items() if path.startswith(f"{event.path}/")}
        match event.action.value:
            case "DELETED" | "MOVED_FROM":
                for path in (event.path, *below):
                    self.there.pop(path, None)
                if event.transaction:
                    self._leaving[event.transaction] = event.path, below
            case "MOVED_TO":
                for path in below:
                    del self.there[path]
                self.there[event.path] = event.sha256 or "directory"
                left, moved = self._leaving.pop(event.transaction, ("", {}))
                self.there.update({event.path + path.removeprefix(left): digest for path, digest in moved.items()})
            case _:
                self.there[event.path] = event.sha256 or "directory"
