"""The file system of a host reached over SSH, for tables: what they declare is asked for at once, and that is one round trip."""

import stat
from collections.abc import Iterator

from ...config import Limits
from ...errors import Denied, LimitExceeded, Misuse
from ...model import FileState, Gap, Location
from ...model.reads import Reads
from ...ports import File
from ..files import shown
from ..machine import KINDS
from .address import Access, Address
from .client import Connection
from .records import Fetched
from .remote import Remote

ROUND_TRIPS_LIMIT = 20
"""Of one statement. What asks file by file is not for a network."""


class SshFiles:
    """Port ``Files``. Paths are resolved by the host's own kernel."""

    def __init__(self, remote: Remote, declared: Reads) -> None:
        """``declared``: what will be asked for; all of it is fetched when the first is wanted."""
        self._remote = remote
        self._declared = declared
        self._known = Reads()
        self._fetched: dict[str, Fetched] = {}
        self._asked = 0

    def open_each(self, reads: Reads) -> Iterator[File | Gap]:
        """Each regular file that is declared and there, in path order; a gap for one that cannot be read. Raises Unreachable."""
        self._have(reads)
        for path in sorted(self._fetched):
            if reads.matches(path):
                fetched = self._fetched[path]
                yield _gap(path, fetched) if fetched.complaint else fetched.lend(path, self._remote.limits)

    def open(self, path: str) -> File | None:
        """One regular file, links followed; None when there is none. Raises Denied, Unreachable."""
        self._have(Reads(frozenset((path,))))
        fetched = self._fetched.get(path)
        if fetched is not None and fetched.complaint:
            raise Denied(f"/{shown(path)}: {fetched.complaint.why}", remedy="let the user there become root by sudo")
        return fetched.lend(path, self._remote.limits) if fetched else None

    def names(self, directory: str) -> tuple[str, ...]:
        """Sorted names in a directory; empty when there is none. Raises Denied, Unreachable."""
        if directory == "proc":
            raise Misuse(
                f"processes of {self._remote.name} are not listed over SSH", remedy="ask for one by its pid, or run hullwatch there"
            )
        return self._ask().names(directory)

    def state(self, path: str, *, digest: bool = False) -> FileState | None:
        """The state of a path itself; None when nothing stands there. Times are whole seconds. Raises Misuse for a digest, Unreachable."""
        if digest:
            raise Misuse("digests of files are not asked for over SSH", remedy="run hullwatch there")
        found = self._ask().look(path)
        if found is None:
            return None
        return FileState(
            path=shown(path), kind=KINDS[stat.S_IFMT(found.mode)], mode=stat.S_IMODE(found.mode), uid=found.uid, gid=found.gid,
            size_bytes=found.size_bytes, modified_at_ns=found.modified_at_s * 10**9, changed_at_ns=found.changed_at_s * 10**9,
            inode=found.inode, link_target=shown(found.target),
        )  # fmt: skip

    def link(self, path: str) -> str:
        """Target of a symbolic link as written; empty when it is none. Raises Unreachable."""
        found = self._ask().look(path)
        return found.target if found else ""

    def _have(self, reads: Reads) -> None:
        """Fetch what is not known yet; the first time all that was declared."""
        wanted = Reads(reads.exact - self._known.exact, tuple(each for each in reads.patterns if each not in self._known.patterns))
        if not (wanted.exact or wanted.patterns):
            return
        wanted = wanted if self._asked else wanted | self._declared
        inside = [pattern.rpartition("/") for pattern in wanted.patterns]
        if any(set("*?") & set(directory) for directory, _, _ in inside):
            raise Misuse("searches through directories are not asked for over SSH", remedy="run hullwatch there")
        for fetched in self._ask().fetch(sorted(wanted.exact), [(directory, glob) for directory, _, glob in inside], follow=True):
            self._fetched.setdefault(fetched.path.replace("/./", "/"), self._fetched.get(fetched.same_as.replace("/./", "/"), fetched))
        self._known |= wanted

    def _ask(self) -> Remote:
        self._asked += 1
        if self._asked > ROUND_TRIPS_LIMIT:
            raise LimitExceeded(
                f"{self._remote.name}: more than {ROUND_TRIPS_LIMIT} questions for one statement",
                remedy="ask for less, or run hullwatch there",
            )
        return self._remote


def _gap(path: str, fetched: Fetched) -> Gap:
    why = fetched.complaint.why if fetched.complaint else "it cannot be read"
    return Gap(kind="file-unreadable", what=shown(path), why=why, seen_at=Location(shown(path)))


def open_ssh_files(address: Address, access: Access, declared: Reads, limits: Limits) -> SshFiles:
    """Connect, and have the files of a host. Raises Denied, Untrusted, Unreachable, NotFound (no OpenSSH client here)."""
    remote = Remote(Connection(address, identity_file=access.identity_file, timeout_s=access.timeout_s), limits)
    remote.about(sudo=access.sudo)
    return SshFiles(remote, declared)
