"""Changes of files, live: inotify over the directories that patterns mean, and reading again where inotify alone would miss something."""

import stat
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from ..model import Gap, Note
from ..model.agent import FileAction
from ..ports import KnownFiles
from . import inotify as kernel
from .inotify import Happened, Inotify, limit
from .mounts import NETWORK, MountPoint, parse_mountinfo
from .watch_files import Describer, look, signature_of
from .watch_patterns import Pattern, Patterns, Places, Telling, left_out_by
from .watch_scan import KERNEL, Said, Scan
from .watch_tree import Directory, identity_of, open_met

SETTLED_S = 0.4
"""A file that is written without being closed is told of once in so long."""
MOVE_S = 0.3
"""How long we wait for the other half of a move."""
GOING_S = 60.0
"""How long at most the word of something's going is late."""
ASIDE = "\0"
"""Below this, what was known in a directory waits for its new name."""
RETRY_S = 60.0
"""How often what could not be watched is read again."""
MOUNTS_S = 2.0
"""How often we look at what was mounted, on a machine that mounts all the time."""
OWN_READ_S = 1.0
"""How long after our own reading of a file its being read is not told of."""


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
        self._now = now
        self._again = True
        """Whether everything is to be read: at the start, with other patterns, when a link on their way changed."""
        self._lost = False
        self._written: dict[tuple[Directory, str], float] = {}
        self._leaving: dict[int, tuple[Directory | None, str, float]] = {}
        self._fleeting: dict[str, float] = {}
        """What was told to have come and was gone when we looked: until when its going is waited for."""
        self._retry_at = 0.0
        self._mounts: frozenset[MountPoint] = frozenset()
        self._mounts_at = 0.0
        self._see_mounts()

    def watch(self, patterns: Sequence[Pattern], *, read_max: int) -> None:
        """Watch something else from the next ``take`` on. To be called by whoever takes."""
        self._wanted = tuple(patterns)
        self._scan.describer = Describer(self._scan.root, read_max)
        self._again = True

    def read_again(self) -> None:
        """What was taken last could not be kept: what differs from what is known is told by the next ``take``."""
        self._again = True

    def wait(self, timeout_s: float | None) -> None:
        """Until there is something to take, ``wake`` is called, or the time is over."""
        deadlines = [*self._written.values(), *(deadline for _, _, deadline in self._leaving.values())]
        if self._scan.unwatched:
            deadlines.append(self._retry_at)
        if self._inotify.mounted:
            deadlines.append(self._mounts_at)
        until = [max(0.0, deadline - self._passed()) for deadline in deadlines] + ([] if timeout_s is None else [timeout_s])
        if not self._again:
            self._inotify.wait(min(until, default=None))

    def wake(self) -> None:
        """End a ``wait``, from any thread."""
        self._inotify.wake()

    def close(self) -> None:
        """Watch no longer."""
        self._inotify.close()

    def take(self) -> Said:
        """What has happened, as far as it is known now; what could not be watched or was missed is a gap."""
        if self._again:
            yield from self._read_everything()
        for happened in self._inotify.take():
            yield from self._one(happened)
        yield from self._settle()
        if self._again:
            yield from self._read_everything()

    def _read_everything(self) -> Said:
        self._again = False
        if not self._leaving:
            self._known.drop_below(ASIDE)  # of an earlier life
        self._scan.links.clear()
        self._scan.patterns = Patterns(self._wanted)
        keys = frozenset(pattern.key for pattern in self._wanted)
        before = self._scan.established
        self._scan.left_out_before = left_out_by(before) if before - keys else None
        yield from self._scan.everything()
        self._scan.left_out_before = None
        if keys != before:
            self._known.establish(keys)
            yield from self._far_away()
        if before - keys:
            self._forget_what_is_not_meant()
        self._scan.established = keys

    def _forget_what_is_not_meant(self) -> None:
        for directory in self._known.directories():
            if not self._scan.patterns.telling(self._scan.patterns.places_of(directory)).inside:
                self._known.forget(directory)

    def _far_away(self) -> Said:
        for mount in sorted(self._mounts, key=lambda mount: mount.path):
            if mount.filesystem in NETWORK and self._scan.patterns.places_of(mount.path):
                why = f"it is a network file system ({mount.filesystem}): only what this machine changes there is noticed at once"
                yield Gap(kind="not-watched", what=f"/{mount.path}", why=why)

    def _one(self, happened: Happened) -> Said:
        node = self._scan.tree.of_watch(happened.watch)
        if happened.mask & kernel.OVERFLOW:
            self._lost = True
        elif happened.mask & kernel.IGNORED:
            self._scan.tree.dropped(happened.watch)
        elif node is None or node.is_lost or happened.mask & kernel.UNMOUNT:
            return
        elif not happened.name:
            if happened.mask & kernel.ATTRIB:
                yield from self._own_attributes(node)
        elif places := self._scan.patterns.step(node.places, happened.name):
            yield from self._named(node, happened, places, self._scan.patterns.telling(places))

    def _named(self, node: Directory, happened: Happened, places: Places, telling: Telling) -> Said:
        name, mask, path = happened.name, happened.mask, node.path_of(happened.name)
        self._again |= path in self._scan.links and bool(mask & (kernel.DELETE | kernel.MOVED_FROM | kernel.CREATE | kernel.MOVED_TO))
        if mask & kernel.CREATE:
            yield from self._created(node, happened, places, telling)
        elif mask & kernel.MOVED_TO:
            yield from self._arrived(node, happened, places, telling)
        elif mask & (kernel.MOVED_FROM | kernel.DELETE) and self._is_still_there(node, name):
            return  # it was another one, which we never met
        elif mask & kernel.MOVED_FROM:
            yield from self._left(node, happened, places, telling)
        elif mask & kernel.DELETE:
            self._scan.tree.forget(node, name)
            if path in self._fleeting or not telling.of or self._known.get(node.path, name):
                yield from self._scan.gone(node, name)
            self._fleeting.pop(path, None)
        elif telling.of and mask & kernel.MODIFY:
            self._written.setdefault((node, name), self._passed() + SETTLED_S)
        elif telling.of and mask & kernel.CLOSE_WRITE:
            self._written.pop((node, name), None)
            yield from self._compare(node, name, places)
        elif telling.of and mask & kernel.ATTRIB and (node, name) not in self._written:
            yield from self._compare(node, name, places, FileAction.ATTRIBUTES_MODIFIED)
        elif telling.of and telling.of.accesses and mask & (kernel.OPEN | kernel.ACCESS) and not mask & kernel.IS_DIRECTORY:
            yield from self._accessed(node, happened, places)

    def _is_still_there(self, node: Directory, name: str) -> bool:
        """Whether what we know under that name stands there: then something older is meant by a word that comes late."""
        known = self._known.get(node.path, name)
        if known is None:
            return False
        try:
            with open_met(self._scan.root, node) as directory:
                status = look(directory, name)
        except OSError:
            return False
        if status is None or not stat.S_ISDIR(known.mode):
            return status is not None and signature_of(status) == known
        inner = node.inside.get(name)
        return inner is not None and inner.watch is not None and inner.identity == identity_of(status)

    def _compare(self, node: Directory, name: str, places: Places, action: FileAction | None = None) -> Said:
        try:
            with open_met(self._scan.root, node) as directory:
                yield from self._scan.compare(node, directory, name, places, self._known.get(node.path, name), action)
        except OSError:
            return  # the directory is gone, which will be told

    def _created(self, node: Directory, happened: Happened, places: Places, telling: Telling) -> Said:
        name = happened.name
        try:
            with open_met(self._scan.root, node) as directory:
                status = look(directory, name)
                if status is None:
                    yield from self._fleeted(node, happened, places, telling, FileAction.CREATED)
                elif telling.of:
                    yield from self._scan.compare(node, directory, name, places, self._known.get(node.path, name))
        except OSError:
            status = None
        self._again |= bool(status and stat.S_ISLNK(status.st_mode) and telling.enters and telling.through_links)
        if happened.mask & kernel.IS_DIRECTORY and telling.enters:
            yield from self._scan.below(self._scan.tree.child(node, name, places))

    def _arrived(self, node: Directory, happened: Happened, places: Places, telling: Telling) -> Said:
        """The second half of a move, or something from where nothing is watched: its content is read, and told where it is new here."""
        name, status = happened.name, None
        partner, aside, _ = self._leaving.pop(happened.cookie, (None, "", 0.0))
        try:
            with open_met(self._scan.root, node) as directory:
                status = look(directory, name)
                if partner and status and identity_of(status) != partner.identity:
                    status = None  # another one stands there by now, of which we will hear
                if status is None:
                    yield from self._fleeted(node, happened, places, telling, FileAction.MOVED_TO)
                elif telling.of and self._known.get(node.path, name) != (now := signature_of(status)):
                    self._known.put(node.path, name, now)
                    yield self._scan.event(node, name, places, FileAction.MOVED_TO, directory, status, transaction=happened.cookie)
        except OSError:
            status = None
        if aside:
            yield from self._settle_in(node, name, places, partner, aside, is_there=status is not None)
        self._again |= bool(status and stat.S_ISLNK(status.st_mode) and telling.enters and telling.through_links)
        if status and happened.mask & kernel.IS_DIRECTORY and telling.enters:
            yield from self._scan.below(self._scan.tree.child(node, name, places))

    def _settle_in(self, node: Directory, name: str, places: Places, partner: Directory | None, aside: str, *, is_there: bool) -> Said:
        """What was known and watched under the old name goes on under the new one, unless it was met there already.

        Where it has moved on before we looked, its content is told as gone; where it is now it will be met and told anew.
        """
        met = node.inside.get(name)
        if partner and is_there and not (met and met.identity == partner.identity):
            self._known.move(aside, node.path_of(name))
            self._scan.tree.put_in(partner, node, name, places)
            return
        if partner:
            self._scan.tree.drop(partner)
        if is_there:
            self._known.drop_below(aside)
        else:
            yield from self._scan.gone_below(aside, node.path_of(name))

    def _left(self, node: Directory, happened: Happened, places: Places, telling: Telling) -> Said:
        name, path = happened.name, node.path_of(happened.name)
        if telling.of and (path in self._fleeting or self._known.get(node.path, name)):
            yield self._scan.event(node, name, places, FileAction.MOVED_FROM, transaction=happened.cookie)
        self._known.drop(node.path, name)
        self._fleeting.pop(path, None)
        if happened.mask & kernel.IS_DIRECTORY:
            aside = f"{ASIDE}/{happened.cookie}"
            self._known.move(path, aside)
            self._leaving[happened.cookie] = (self._scan.tree.take_out(node, name), aside, self._passed() + MOVE_S)

    def _fleeted(self, node: Directory, happened: Happened, places: Places, telling: Telling, action: FileAction) -> Said:
        """It came, and was gone before we looked."""
        path = node.path_of(happened.name)
        if telling.of and path not in self._fleeting and not self._known.get(node.path, happened.name):
            self._fleeting[path] = self._passed() + GOING_S
            yield self._scan.event(node, happened.name, places, action, transaction=happened.cookie)

    def _own_attributes(self, node: Directory) -> Said:
        """Of a directory that patterns mean the content of; as osquery writes it, with a slash at its end."""
        telling = self._scan.patterns.telling(node.places)
        if telling.inside and not telling.of:
            path = node.path
            try:
                with open_met(self._scan.root, node) as directory:
                    yield self._scan.describer.describe(
                        f"{path}/" if path else "", telling.inside.category, FileAction.ATTRIBUTES_MODIFIED, int(self._now()),
                        directory=directory, name=".", status=look(directory, "."),
                    )  # fmt: skip
            except OSError:
                return

    def _accessed(self, node: Directory, happened: Happened, places: Places) -> Said:
        if self._now() - self._scan.own_reads.get(node.path_of(happened.name), 0.0) < OWN_READ_S:
            return
        try:
            with open_met(self._scan.root, node) as directory:
                action = FileAction.OPENED if happened.mask & kernel.OPEN else FileAction.ACCESSED
                yield self._scan.event(node, happened.name, places, action, directory, look(directory, happened.name))
        except OSError:
            return

    def _settle(self) -> Said:
        """What was waiting for its time, and what has to be read again."""
        passed = self._passed()
        for node, name in [key for key, deadline in self._written.items() if deadline <= passed]:
            del self._written[node, name]
            if not node.is_lost:
                yield from self._compare(node, name, self._scan.patterns.step(node.places, name))
        for cookie in [cookie for cookie, (_, _, deadline) in self._leaving.items() if deadline <= passed or self._lost]:
            self._moved_away(cookie)
        if self._inotify.is_empty:
            self._fleeting = {path: until for path, until in self._fleeting.items() if until > passed}
            self._scan.own_reads = {path: at for path, at in self._scan.own_reads.items() if self._now() - at < OWN_READ_S}
        if self._lost:
            yield from self._read_what_was_lost()
        if self._mounts_at <= passed and self._inotify.mounts_changed():
            yield from self._remounted()
        if self._scan.unwatched and self._retry_at <= passed:
            yield from self._retry()

    def _moved_away(self, cookie: int) -> None:
        """The other half of a move did not come: it went where nothing is watched."""
        node, aside, _ = self._leaving.pop(cookie)
        self._known.drop_below(aside)
        if node:
            self._scan.tree.drop(node)

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
