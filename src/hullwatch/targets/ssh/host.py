"""A host reached over SSH: read as this machine is, by the same readers, in at most four round trips.

What it is; a walk over its local disks for what readers want; the content of that; and what links lead to. Nothing is written there.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from ...model import Gap, Location, Note
from ...model.reads import compiled
from ..files import BytesFile, shown
from ..host import CONTAINER_STORAGE, UNLISTED, USER_STORAGE, HostRead, joined, notes_of
from ..image.layer_facts import Kind, Stands, read_file
from ..image.layers import LayerRead, Seen, Unread
from ..image.taking import Contents, Taking
from ..image.wanted import name_of
from ..mounts import LeftOut, is_below, left_out, parse_mountinfo
from .address import Access, Address
from .client import Connection
from .records import About, Complaint, Fetched, Found
from .remote import Remote
from .script import Skip

_PLAIN = re.compile(r"/[A-Za-z0-9/._-]{1,4000}")
"""A directory whose name means nothing to a shell or to find."""


class _Docker(Struct):
    data_root: str = msgspec.field(default="", name="data-root")
    graph: str = ""


def read_ssh_host(address: Address, access: Access, taking: Taking) -> HostRead:
    """Read a host. Raises Denied, Untrusted, Unreachable, NotFound (no OpenSSH client here), Malformed, LimitExceeded."""
    with (
        taking.progress.step(f"reading {access.name or address.reference} over SSH") as step,
        Connection(address, identity_file=access.identity_file, timeout_s=access.timeout_s) as connection,
    ):
        remote = Remote(connection, taking.limits)
        about = remote.about(sudo=access.sudo)
        host = _Host(remote, about, access, taking)
        skipped = host.walk()
        step.advance()
        contents = host.read()
        identifiers = {"inventory_name": access.name, "hostname": about.hostname, "machine_id": about.machine_id}
        notes = (*notes_of(skipped), *host.notes())
        return HostRead(contents, {key: value for key, value in identifiers.items() if value}, about.kernel, notes)


class _Host:
    """One host while it is read."""

    def __init__(self, remote: Remote, about: About, access: Access, taking: Taking) -> None:
        self._remote = remote
        self._about = about
        self._taking = taking
        self._wanted = taking.wanted
        self._collector = taking.collector()
        self._to_fetch: list[str] = []
        self._was_denied = False
        self._closed = _why_closed(about, access)

    def walk(self) -> tuple[LeftOut, ...]:
        """See what is there. What is not walked is the answer."""
        listed, usual = self._about.mountinfo, [each.path for each in UNLISTED]
        mounts = left_out(parse_mountinfo(listed), self._about.removable) if listed else ()
        candidates = (*CONTAINER_STORAGE, *_data_root(self._about.docker_settings), *(() if listed else usual))
        globs = dict.fromkeys(glob for reader in self._wanted.readers.values() for glob in reader.reads.patterns)
        found = self._remote.find(
            sorted(self._wanted.skeleton), tuple(globs), Skip([each.path for each in mounts], candidates, USER_STORAGE)
        )
        unlisted = [each for each in UNLISTED if not listed and each.path in found.storage]
        skipped = joined([*mounts, *unlisted], [path for path in found.storage if path not in [each.path for each in unlisted]])
        self._note_what_stands(found, [each.path for each in skipped])
        return skipped

    def read(self) -> Contents:
        """Read what readers want, then what links lead to."""
        for fetched in self._remote.fetch(sorted(self._to_fetch)) if self._to_fetch else ():
            if fetched.complaint:
                self._cannot(fetched.complaint)
            elif fetched.same_as:
                self._repeat(fetched)
            elif readers := self._wanted.readers_of(fetched.path):
                self._collector.read(shown(fetched.path), readers, fetched.lend(fetched.path, self._taking.limits))
        contents = self._taking.lay([LayerRead(self._collector.finish(), lambda _: ())])
        if unread := list(contents.merged.unread()):
            self._follow(unread, contents)
        return contents

    def notes(self) -> Iterator[Note]:
        """That root could not be had, where that did not matter; else the gaps say it."""
        if self._about.refusal and not self._was_denied:
            yield Note(kind="sudo", what=f"root on {self._about.hostname}", why=f"sudo refuses: {self._about.refusal}")

    def _note_what_stands(self, found: Found, skipped: Collection[str]) -> None:
        """As a walk of our own would: nothing behind links, nothing below what is left out."""
        collector = self._collector
        named = dict(_standing(found.named, skipped))
        for path, stands in named.items():
            if path not in found.files or not self._wanted.readers_of(path):
                collector.stand(path, stands.kind, shown(stands.target))
        for path, target in found.links.items():
            if path not in found.named and self._wanted.readers_of(path) and not _is_below_one(path, skipped):
                collector.stand(shown(path), Kind.LINK, shown(target))
        for path, size_bytes in found.files.items():
            if path in named or (path not in found.named and not _is_below_one(path, skipped)):
                self._want(path, size_bytes)
        for complaint in found.complaints:
            self._cannot(complaint)

    def _want(self, path: str, large_bytes: int) -> None:
        readers, limits = self._wanted.readers_of(path), self._taking.limits
        if not readers:
            return
        if path.count("/") > limits.depth:
            self._collector.cannot("limit", f"more than {limits.depth} directories deep (depth below [limits])", shown(path))
        elif large_bytes:
            file = BytesFile(shown(path), None, size_bytes=large_bytes, mode=0, kept_bytes=limits.file_bytes)
            self._collector.read(shown(path), readers, file)
        else:
            self._to_fetch.append(path)

    def _cannot(self, complaint: Complaint) -> None:
        if complaint.is_denial:
            self._was_denied = True
            self._collector.cannot("denied", self._closed, shown(complaint.path))
        else:
            self._collector.cannot("unreadable", shown(complaint.why), shown(complaint.path))

    def _repeat(self, fetched: Fetched) -> None:
        readers = self._wanted.readers_of(fetched.path)
        if not self._collector.repeat(shown(fetched.path), shown(fetched.same_as), readers):
            self._cannot(Complaint(fetched.path, f"a hard link to {fetched.same_as}, which was read otherwise"))

    def _follow(self, unread: Sequence[Unread], contents: Contents) -> None:
        """Read what links lead to, wherever that is on the host: there the kernel follows them."""
        singles = [each for each in unread if not each.glob]
        inside = [each for each in unread if each.glob]
        directories = dict.fromkeys((each.place, each.glob) for each in inside)
        for fetched in self._remote.fetch(dict.fromkeys(each.place for each in singles), directories, follow=True):
            directory, _, name = fetched.path.rpartition("/./")
            for each in singles:
                if each.place == fetched.path:
                    self._read_at(each.path, each, fetched, contents)
            for each in inside:
                if each.place == directory and compiled(each.glob).fullmatch(name):
                    self._read_at(f"{each.path}/{shown(name)}", each, fetched, contents)

    def _read_at(self, path: str, unread: Unread, fetched: Fetched, contents: Contents) -> None:
        if fetched.complaint or fetched.same_as:
            complaint = fetched.complaint or Complaint(fetched.path, f"a hard link to {fetched.same_as}, which was sent once")
            why = self._closed if complaint.is_denial else complaint.why
            self._was_denied = self._was_denied or complaint.is_denial
            contents.gaps.append(Gap(kind="file", what=path, why=f"{fetched.path} cannot be read: {why}", seen_at=Location(path)))
            return
        self._taking.budget.reads()
        facts, _ = read_file(unread.reader, fetched.lend(path, self._taking.limits), self._taking.budget)
        contents.seen.append((name_of(unread.reader), Seen(path, facts, 0, {})))


def _standing(named: Mapping[str, Stands], skipped: Collection[str]) -> Iterator[tuple[str, Stands]]:
    """What stands at its own path, and not behind a link or below what is left out."""
    directories = {""}
    for path in sorted(named):
        if path.rpartition("/")[0] in directories and not any(is_below(path, each) and path != each for each in skipped):
            if named[path].kind is Kind.DIRECTORY:
                directories.add(path)
            yield path, named[path]


def _is_below_one(path: str, directories: Collection[str]) -> bool:
    return any(is_below(path, each) for each in directories)


def _data_root(settings: bytes) -> tuple[str, ...]:
    """Where the host's engine keeps everything, when its settings say so (dockerd(8))."""
    try:
        said = msgspec.json.decode(settings, type=_Docker) if settings else _Docker()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()  # the usual places are left out all the same
    return tuple(path.strip("/") for path in (said.data_root, said.graph) if _PLAIN.fullmatch(path))


def _why_closed(about: About, access: Access) -> str:
    """Why the user may not read something, and what would help."""
    user = about.user or "the user"
    if about.refusal:
        return f"{user} may not read it there, and sudo refuses ({about.refusal}); allow {user} to run sh by sudo without a password"
    if not access.sudo:
        return f"{user} may not read it there, and sudo is not wished"
    return f"{user} may not read it there"
