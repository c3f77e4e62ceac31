"""What one word of the kernel means: compared with what is known, remembered, and told.

Words come late: what they speak of may have changed, moved or gone meanwhile, and reading a directory may have met it before. So each is
held against what stands there now, a directory is known by its inode, and what was met already is not told again.
"""

import stat
from collections.abc import Callable

from ...model.agent import FileAction
from ...ports import KnownFiles
from . import inotify as kernel
from .files import look, signature_of
from .inotify import Happened
from .patterns import Places, Telling
from .scan import Said, Scan
from .tree import Directory, identity_of, open_met

SETTLED_S = 0.4
"""A file that is written without being closed is told of once in so long."""
MOVE_S = 0.3
"""How long we wait for the other half of a move."""
GOING_S = 60.0
"""How long at most the word of something's going is late."""
OWN_READ_S = 1.0
"""How long after our own reading of a file its being read is not told of."""
ASIDE = "\0"
"""Below this, what was known in a directory waits for its new name."""


class Changes:
    """Takes the kernel's words one by one."""

    def __init__(self, scan: Scan, known: KnownFiles, *, now: Callable[[], float], passed: Callable[[], float]) -> None:
        self._scan = scan
        self._known = known
        self._now = now
        self._passed = passed
        self.again = True
        """Whether everything is to be read: at the start, with other patterns, when a link on their way changed."""
        self._written: dict[tuple[Directory, str], float] = {}
        """Files that are being written, and when to tell of it."""
        self._leaving: dict[int, tuple[Directory | None, str, float]] = {}
        """Directories of which the first half of a move was told: where what is known of them waits, and how long."""
        self._fleeting: dict[str, float] = {}
        """What was told to have come and was gone when we looked: until when its going is waited for."""

    @property
    def deadlines(self) -> list[float]:
        """When there is something to ``settle``."""
        return [*self._written.values(), *(deadline for _, _, deadline in self._leaving.values())]

    def begin(self) -> None:
        """Forget what was left halfway in an earlier life."""
        if not self._leaving:
            self._known.drop_below(ASIDE)

    def take(self, happened: Happened) -> Said:
        """One word."""
        node = self._scan.tree.of_watch(happened.watch)
        if happened.mask & kernel.IGNORED:
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
        self.again |= path in self._scan.links and bool(mask & (kernel.DELETE | kernel.MOVED_FROM | kernel.CREATE | kernel.MOVED_TO))
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
        self.again |= bool(status and stat.S_ISLNK(status.st_mode) and telling.enters and telling.through_links)
        if happened.mask & kernel.IS_DIRECTORY and telling.enters:
            yield from self._scan.below(self._scan.tree.child(node, name, places))

    def _arrived(self, node: Directory, happened: Happened, places: Places, telling: Telling) -> Said:
        """The second half of a move, or something from where nothing is watched: its content is read, and told where it is new here."""
        name, status, is_met = happened.name, None, False
        partner, aside, _ = self._leaving.pop(happened.cookie, (None, "", 0.0))
        try:
            with open_met(self._scan.root, node) as directory:
                status = look(directory, name)
                if partner and status and identity_of(status) != partner.identity:
                    status = None  # another one stands there by now, of which we will hear, or have met it
                    is_met = self._known.get(node.path, name) is not None
                if status is None and not is_met:
                    yield from self._fleeted(node, happened, places, telling, FileAction.MOVED_TO)
                elif status and telling.of and self._known.get(node.path, name) != (now := signature_of(status)):
                    self._known.put(node.path, name, now)
                    yield self._scan.event(node, name, places, FileAction.MOVED_TO, directory, status, transaction=happened.cookie)
        except OSError:
            status = None
        if aside:
            yield from self._settle_in(node, name, places, partner, aside, is_there=status is not None)
        self.again |= bool(status and stat.S_ISLNK(status.st_mode) and telling.enters and telling.through_links)
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
        if telling.of and path not in self._fleeting:
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

    def settle(self, *, lost: bool) -> Said:
        """What was waiting for its time; where the kernel lost words, no other half of a move comes any more."""
        passed = self._passed()
        for node, name in [key for key, deadline in self._written.items() if deadline <= passed]:
            del self._written[node, name]
            if not node.is_lost:
                yield from self._compare(node, name, self._scan.patterns.step(node.places, name))
        for cookie in [cookie for cookie, (_, _, deadline) in self._leaving.items() if deadline <= passed or lost]:
            gone, aside, _ = self._leaving.pop(cookie)  # it went where nothing is watched
            self._known.drop_below(aside)
            if gone:
                self._scan.tree.drop(gone)
        if self._fleeting or self._scan.own_reads:
            self._fleeting = {path: until for path, until in self._fleeting.items() if until > passed}
            self._scan.own_reads = {path: at for path, at in self._scan.own_reads.items() if self._now() - at < OWN_READ_S}
