"""The watch as a whole: what to take, when to read everything again, and what to say of what could not be watched."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from ...model import Gap, Note
from ...ports import KnownFiles
from ..mounts import NETWORK, MountPoint, parse_mountinfo
from .changes import Changes
from .files import Describer
from .inotify import OVERFLOW, Inotify, limit
from .patterns import Pattern, Patterns, left_out_by
from .scan import KERNEL, Said, Scan
from .tree import Directory

RETRY_S = 60.0
"""How often what could not be watched is read again."""
MOUNTS_S = 2.0
"""How often we look at what was mounted, on a machine that mounts all the time."""


class FileWatch:
    """Port ``FileEvents``. What happens is compared with what is known, so that nothing is told twice, and nothing that changed nothing.

    The first ``take`` reads everything: what differs from what is known from an earlier run has happened meanwhile.
    """

    def __init__(
        self, root: Path, patterns: Sequence[Pattern], known: KnownFiles, *, read_max: int,
        now: Callable[[], float] = time.time, passed: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """Raises LimitExceeded (no more inotify instances), Unreachable, Denied."""
        self._root = root
        self._wanted = tuple(patterns)
        self._known = known
        self._passed = passed
        self._inotify = Inotify()
        self._scan = Scan(root, Patterns(self._wanted), known, self._inotify, read_max=read_max, now=now)
        self._changes = Changes(self._scan, known, now=now, passed=passed)
        self._lost = False
        """Whether the kernel's queue has run over."""
        self._retry_at = 0.0
        self._mounts: frozenset[MountPoint] = frozenset()
        self._mounts_at = 0.0
        self._see_mounts()

    def watch(self, patterns: Sequence[Pattern], *, read_max: int) -> None:
        """Watch something else from the next ``take`` on. To be called by whoever takes."""
        self._wanted = tuple(patterns)
        self._scan.describer = Describer(self._scan.root, read_max)
        self._changes.again = True

    def read_again(self) -> None:
        """What was taken last could not be kept: what differs from what is known is told by the next ``take``."""
        self._changes.again = True

    def wait(self, timeout_s: float | None) -> None:
        """Until there is something to take, ``wake`` is called, or the time is over."""
        deadlines = self._changes.deadlines
        if self._scan.unwatched:
            deadlines.append(self._retry_at)
        if self._inotify.mounted:
            deadlines.append(self._mounts_at)
        until = [max(0.0, deadline - self._passed()) for deadline in deadlines] + ([] if timeout_s is None else [timeout_s])
        if not self._changes.again:
            self._inotify.wait(min(until, default=None))

    def wake(self) -> None:
        """End a ``wait``, from any thread."""
        self._inotify.wake()

    def close(self) -> None:
        """Watch no longer."""
        self._inotify.close()

    def take(self) -> Said:
        """What has happened, as far as it is known now; what could not be watched or was missed is a gap."""
        if self._changes.again:
            yield from self._read_everything()
        for happened in self._inotify.take():
            if happened.mask & OVERFLOW:
                self._lost = True
            else:
                yield from self._changes.take(happened)
        yield from self._settle()
        if self._changes.again:
            yield from self._read_everything()

    def _read_everything(self) -> Said:
        self._changes.again = False
        self._changes.begin()
        self._scan.links.clear()
        self._scan.patterns = Patterns(self._wanted)
        keys = frozenset(pattern.key for pattern in self._wanted)
        before = self._scan.established
        self._scan.left_out_before = left_out_by(before) if before - keys else None
        self._scan.read_files = 0
        yield from self._scan.everything()
        self._scan.left_out_before = None
        watched = f"{len(self._scan.tree)} directories are watched, with {self._scan.read_files} files"
        if keys != before:
            self._known.establish(keys)
            yield from self._far_away()
        if before - keys:
            self._forget_what_is_not_meant()
        self._scan.established = keys
        yield Note(kind="watching", what="file_paths", why=watched)

    def _forget_what_is_not_meant(self) -> None:
        for directory in self._known.directories():
            if not self._scan.patterns.telling(self._scan.patterns.places_of(directory)).inside:
                self._known.forget(directory)

    def _far_away(self) -> Said:
        for mount in sorted(self._mounts, key=lambda mount: mount.path):
            if mount.filesystem in NETWORK and self._scan.patterns.places_of(mount.path):
                why = f"it is a network file system ({mount.filesystem}): only what this machine changes there is noticed at once"
                yield Gap(kind="not-watched", what=f"/{mount.path}", why=why)

    def _settle(self) -> Said:
        """What was waiting for its time, and what has to be read again."""
        yield from self._changes.settle(lost=self._lost)
        if self._lost:
            yield from self._read_what_was_lost()
        if self._mounts_at <= self._passed() and self._inotify.mounts_changed():
            yield from self._remounted()
        if self._scan.unwatched and self._retry_at <= self._passed():
            yield from self._retry()

    def _read_what_was_lost(self) -> Said:
        self._lost = False
        self._scan.read_directories = self._scan.read_files = found = 0
        for each in self._scan.everything():
            found += not isinstance(each, Gap | Note)
            yield each
        over = f"the kernel's queue (fs.inotify.max_queued_events, {limit('max_queued_events')}) ran over"
        read = (
            f"{self._scan.read_directories} directories with {self._scan.read_files} files were read again, which told of {found} changes"
        )
        yield Gap(kind="events-lost", what="file events", why=f"{over}; {read}; what came and went in between is not known")

    def _remounted(self) -> Said:
        """A directory that something was mounted over is another one; what came and went since we last looked does not count."""
        self._mounts_at = self._passed() + MOUNTS_S
        before = self._mounts
        self._see_mounts()
        paths = sorted({mount.path for mount in before ^ self._mounts if self._scan.patterns.places_of(mount.path)})
        for path in paths:
            node = self._scan.tree.root
            for name in filter(None, path.split("/")[:-1]):
                node = node.inside.get(name, node)
            yield from self._scan.below(node)
        if paths:
            what = f"/{paths[0]}" + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
            yield Note(kind="mount", what=what, why="mounted or unmounted: what is watched there was read again")

    def _see_mounts(self) -> None:
        self._mounts = mounts(self._root)
        self._scan.kernel_mounts = frozenset(mount.path for mount in self._mounts if mount.filesystem in KERNEL)

    def _retry(self) -> Said:
        self._retry_at = self._passed() + RETRY_S
        for node in list(self._scan.unwatched):
            waiting: list[Directory] = []
            if node.is_lost:
                del self._scan.unwatched[node]
            elif node in self._scan.unwatched:
                yield from self._scan.one(node, waiting)
            for inner in waiting:
                if inner.watch is None and inner not in self._scan.unwatched:
                    yield from self._scan.below(inner)


def mounts(root: Path) -> frozenset[MountPoint]:
    """What is mounted on this machine below ``root`` now, paths relative to it."""
    prefix = str(root.resolve()).strip("/")
    found = parse_mountinfo(Path("/proc/self/mountinfo").read_text(errors="surrogateescape"))
    below = (mount for mount in found if not prefix or mount.path.startswith(f"{prefix}/"))
    return frozenset(replace(mount, path=mount.path.removeprefix(prefix).lstrip("/")) for mount in below)
