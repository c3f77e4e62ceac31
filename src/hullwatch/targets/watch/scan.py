"""Reading what is watched: at the start, where a directory is new, after something was missed. What differs from what is known happened."""

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from ...model import Gap, Location, Note
from ...model.agent import FileAction, FileEvent, Signature
from ...ports import KnownFiles
from ..rooted import Root, shown
from . import inotify as kernel
from .files import DIGESTED, Describer, kind_of_change, look, open_directory, signature_of
from .inotify import Inotify, limit
from .patterns import Pattern, Patterns, Places
from .tree import Directory, Tree

Said = Iterator[FileEvent | Gap | Note]

KERNEL = frozenset((
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "efivarfs", "fusectl", "hugetlbfs", "mqueue",
    "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tracefs",
))  # fmt: skip
"""File systems that hold no files but what the kernel says: %% does not go into them."""
LINKS_LIMIT = 1000
"""Links to directories, on the way of patterns, that are gone through."""
_WAY = kernel.CREATE | kernel.DELETE | kernel.MOVED_FROM | kernel.MOVED_TO | kernel.DELETE_SELF
"""What is asked of directories that patterns only lead through."""
_WHOLE = _WAY | kernel.MODIFY | kernel.CLOSE_WRITE | kernel.ATTRIB


class Scan:
    """The tree of what is watched, and reading it."""

    def __init__(
        self, root: Path, patterns: Patterns, known: KnownFiles, inotify: Inotify, *, read_max: int, now: Callable[[], float]
    ) -> None:
        """Raises Denied, Unreachable."""
        self.root = Root(root)
        self._root_path = root
        self.patterns = patterns
        self.known = known
        self.established = known.established()
        self.left_out_before: Patterns | None = None
        """While everything is read with other patterns: what the ones before left out, which is no news now."""
        self.tree = Tree(inotify, patterns.start)
        self.describer = Describer(self.root, read_max)
        self._now = now
        self.unwatched: dict[Directory, str] = {}
        """Directories that could not be watched or read, and why."""
        self.links: dict[str, str] = {}
        """Links that were gone through, and where they lead."""
        self.kernel_mounts: frozenset[str] = frozenset()
        """Where such file systems are mounted."""
        self.own_reads: dict[str, float] = {}
        """Files that we may have read ourselves, where reading counts, and when."""
        self._untrusted: set[str] = set()
        self._passed_links = 0
        self.read_directories = 0
        self.read_files = 0

    def everything(self) -> Said:
        """Read all that is watched, from the root, until no link leads to more; what cannot be watched is told at the end."""
        self._passed_links = 0
        links = -1
        while len(self.links) != links:
            links = len(self.links)
            self.tree.root.places = self.patterns.start
            yield from self.below(self.tree.root)
        if self._passed_links:
            why = "%% means what lies below in the file system; name what they lead to, to watch it"
            yield Note(kind="links", what=f"{self._passed_links} links to directories, below %%, are not gone through", why=why)

    def below(self, start: Directory) -> Said:
        """Read a directory and all that is watched below it."""
        unwatched = set(self.unwatched)
        waiting = [start]
        while waiting:
            node = waiting.pop()
            if not node.is_lost:
                yield from self.one(node, waiting)
        yield from self._say_unwatched(set(self.unwatched) - unwatched)

    def one(self, node: Directory, waiting: list[Directory]) -> Said:
        """Watch and read one directory; those inside that are to be read are added to ``waiting``."""
        path = node.path
        self.unwatched.pop(node, None)
        try:
            with open_directory(self.root, path) as directory:
                self._watch(node, directory)
                yield from self._read(node, path, directory, waiting)
        except FileNotFoundError:
            self._lose(node)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                self._lose(node)
            else:
                self.unwatched[node] = error.strerror or str(error)

    def _lose(self, node: Directory) -> None:
        if node.parent is not None:
            self.tree.forget(node.parent, node.name)

    def _watch(self, node: Directory, directory: int) -> None:
        telling = self.patterns.telling(node.places)
        mask = _WAY if telling.inside is None else _WHOLE | (kernel.ACCESS | kernel.OPEN if telling.accesses else 0)
        try:
            self.tree.watch(node, directory, mask)
        except OSError as error:
            over = f"fs.inotify.max_user_watches ({limit('max_user_watches')}) is used up"
            self.unwatched[node] = over if error.errno == errno.ENOSPC else error.strerror or str(error)

    def _read(self, node: Directory, path: str, directory: int, waiting: list[Directory]) -> Said:
        self.read_directories += 1
        known = self.known.inside(path) if self.patterns.telling(node.places).inside else {}
        met: set[str] = set()
        with os.scandir(directory) as entries:
            listed = [(entry.name, entry.is_dir(follow_symlinks=False), entry.is_symlink()) for entry in entries]
        entered = set()
        for name, is_directory, is_link in sorted(listed):
            places = self.patterns.step(node.places, name)
            if not places:
                continue
            telling = self.patterns.telling(places)
            if telling.of:
                met.add(name)
                self.read_files += 1
                yield from self.compare(node, directory, name, places, known.get(name))
            if is_directory and telling.enters and not self._is_the_kernels(node, name, places):
                entered.add(name)
                waiting.append(self.tree.child(node, name, places))
            elif is_link and telling.enters:
                yield from self._link(node.path_of(name), places)
        yield from self._missing(node, known, met, entered)

    def _is_the_kernels(self, node: Directory, name: str, places: Places) -> bool:
        """Whether that directory, below ``%%``, is another name of the kernel's own."""
        return bool(self.kernel_mounts) and self.patterns.is_same_below(places) and node.path_of(name) in self.kernel_mounts

    def _missing(self, node: Directory, known: Mapping[str, Signature], met: Collection[str], entered: Collection[str]) -> Said:
        """What is known and not there any more."""
        for name in known.keys() - met:
            yield from self.gone(node, name)
        for name in node.inside.keys() - entered:
            self.tree.forget(node, name)

    def compare(
        self, node: Directory, directory: int, name: str, places: Places, before: Signature | None, action: FileAction | None = None
    ) -> Said:
        """Look at one file; when it differs from what is known, remember and tell, as ``action`` or as what must have happened."""
        status = look(directory, name)
        if status is None:
            return
        now = signature_of(status)
        if before == now:
            return
        if before and stat.S_ISDIR(before.mode) and not stat.S_ISDIR(now.mode):
            yield from self.gone_below(node.path_of(name))
        self.known.put(node.path, name, now)
        happened = FileAction.CREATED if before is None else action or kind_of_change(before, now)
        if happened and (before is not None or self._is_news(node, name, places)):
            yield self.event(node, name, places, happened, directory, status)

    def _is_news(self, node: Directory, name: str, places: Places) -> bool:
        """Whether something that is not known is new, and not only what it is met by."""
        if self.established.isdisjoint(self.patterns.telling(places).keys):
            return False
        return self.left_out_before is None or bool(self.left_out_before.places_of(node.path_of(name)))

    def event(
        self, node: Directory, name: str, places: Places, action: FileAction, directory: int | None = None,
        status: os.stat_result | None = None, *, transaction: int = 0,
    ) -> FileEvent:  # fmt: skip
        """What happened to a name in a directory; without ``status`` nothing is told of what stands there."""
        pattern: Pattern | None = self.patterns.telling(places).of
        if pattern and pattern.accesses and action in DIGESTED:
            self.own_reads[node.path_of(name)] = self._now()
        return self.describer.describe(
            node.path_of(name), pattern.category if pattern else "", action, int(self._now()),
            directory=directory, name=name, status=status, transaction=transaction,
        )  # fmt: skip

    def gone(self, node: Directory, name: str) -> Said:
        """A file or directory is not there any more: tell all that was known below it, what lies deeper first, and it."""
        before = self.known.get(node.path, name)
        if before is None or stat.S_ISDIR(before.mode):
            yield from self.gone_below(node.path_of(name))
        self.known.drop(node.path, name)
        places = self.patterns.step(node.places, name)
        if self.patterns.telling(places).of:
            yield self.event(node, name, places, FileAction.DELETED)

    def gone_below(self, path: str, told_as: str = "") -> Said:
        """Tell of all that was known below a directory that it is not there any more, as of another where that is said."""
        for known in self.known.drop_below(path):
            below = told_as + known.removeprefix(path) if told_as else known
            pattern = self.patterns.telling(self.patterns.places_of(below)).of
            if pattern:
                yield FileEvent(path=f"/{shown(below)}", category=pattern.category, action=FileAction.DELETED, at=int(self._now()))

    def _link(self, path: str, places: Places) -> Said:
        """A link on the way of patterns: go on where it leads, when root or we made it."""
        following = self.patterns.telling(places).through_links
        try:
            owner, canonical = self._canonical(path)
        except OSError:
            return  # it leads to no directory, or out of the root
        if not following:
            self._passed_links += 1
            return
        if self.links.get(path) == canonical:
            return
        if owner not in (0, os.geteuid()) or len(self.links) >= LINKS_LIMIT:
            why = f"it belongs to user {owner}" if len(self.links) < LINKS_LIMIT else f"there are more than {LINKS_LIMIT}"
            if path not in self._untrusted:
                self._untrusted.add(path)
                yield Gap(kind="link", what=f"the link /{shown(path)} is not gone through", why=why, seen_at=Location(shown(path)))
            return
        self.links[path] = canonical
        for number, met in following:
            self.patterns.derive(number, met, canonical)

    def _canonical(self, path: str) -> tuple[int, str]:
        """Owner of a link, and the directory it leads to, without links. Raises OSError."""
        with self.root.parent(path, follow=False) as (directory, name):
            owner = os.stat(name, dir_fd=directory, follow_symlinks=False).st_uid
        with self.root.directory(path) as directory:
            found = Path(f"/proc/self/fd/{directory}").readlink()
        inside = os.path.relpath(found, self._root_path.resolve())
        if inside.startswith(".."):
            raise OSError(errno.ENOENT, "outside the root")
        return owner, "" if inside == "." else inside

    def _say_unwatched(self, nodes: Collection[Directory]) -> Said:
        reasons: dict[str, list[str]] = {}
        for node in nodes:
            reasons.setdefault(self.unwatched[node], []).append(f"/{shown(node.path)}")
        for reason, paths in sorted(reasons.items()):
            what = f"{len(paths)} directories, {min(paths)} the first of them" if len(paths) > 1 else paths[0]
            yield Gap(kind="not-watched", what=what, why=f"{reason}: what happens there is seen late, when it is read again, or not at all")
