"""A host at the other end of a connection, as questions and typed answers; each is one round trip."""

from collections.abc import Iterable, Iterator, Sequence

from ...config import Limits
from ...errors import Denied, Malformed, Unreachable
from ..files import shown
from ..image.flow import Counted, read_exactly
from ..image.layer_facts import Kind, Stands, over
from ..image.tar import Tar
from .answer import Answer
from .client import Connection
from .records import About, Complaint, Fetched, Found, Standing, complaints_of, size_of, standing_of, tell, unhexed
from .script import Skip, about, fetch, find, look

WALK_LIMIT_S = 1800
"""How long a walk over all local disks may take there."""


class Remote:
    """One host. ``as_root`` once it said that root may be had."""

    def __init__(self, connection: Connection, limits: Limits) -> None:
        self.connection = connection
        self.as_root = False
        self.limits = limits
        self.name = connection.address.reference

    def about(self, *, sudo: bool) -> About:
        """Ask what it is; with ``sudo`` also whether root may be had, which is used from then on. Raises what connecting raises."""
        told = About()
        with self.connection.ask(about(sudo=sudo)) as answer:
            for kind in answer.kinds():
                tell(told, kind, answer)
        if told.system != "Linux":
            raise Unreachable(f"{self.name} runs {told.system[:40] or 'something unknown'}; only Linux can be read over SSH")
        self.as_root = told.may_be_root
        return told

    def find(self, named: Iterable[str], globs: Sequence[str], skip: Skip) -> Found:
        """Walk it. Raises Unreachable, LimitExceeded."""
        script = find(named, globs, skip, large_bytes=self.limits.file_bytes, limit_s=WALK_LIMIT_S)
        names = frozenset(named)
        found = Found()
        with self.connection.ask(script, as_root=self.as_root, patience_s=WALK_LIMIT_S) as answer:
            for kind in answer.kinds():
                self._note(found, kind, answer, names)
                if len(found.files) + len(found.links) > self.limits.entries:
                    raise over("entries", self.limits.entries, "files and directories")
        return found

    def fetch(self, paths: Iterable[str], directories: Iterable[tuple[str, str]] = (), *, follow: bool = False) -> Iterator[Fetched]:
        """Content of regular files as it flows, in no order; those that are gone by now are left out. Raises Unreachable, LimitExceeded."""
        script = fetch(paths, directories, follow=follow, limit_s=WALK_LIMIT_S)
        with self.connection.ask(script, as_root=self.as_root, patience_s=2 * self.connection.timeout_s) as answer:
            whole = Counted(answer, self.limits)
            for kind in answer.kinds():
                match kind:
                    case "P":
                        path = answer.path()
                        yield Fetched(path, complaint=Complaint(path, "Permission denied"))
                    case "C":
                        path = answer.path()
                        data = unhexed(answer.field())
                        yield Fetched(path, None, data, len(data), 0o444)
                    case "T":
                        answer.field()
                        yield from self._unpack(whole, answer)
                    case "Q":
                        self._check(answer.text(), "tar")
                    case "E":
                        yield from (Fetched(each.path, complaint=each) for each in complaints_of(answer.text()))
                    case other:
                        raise self._nonsense(other)

    def look(self, path: str) -> "Standing | None":
        """What stands at a path itself; None when nothing does. Raises Unreachable."""
        found = None
        with self.connection.ask(look((path,), ()), as_root=self.as_root) as answer:
            for kind in answer.kinds():
                if kind != "V":
                    raise self._nonsense(kind)
                answer.field()
                found = standing_of(answer.text(), answer.field().decode("utf-8", "surrogateescape"))
        return found

    def names(self, directory: str) -> tuple[str, ...]:
        """Sorted names in a directory; empty when there is none. Raises Denied, Unreachable."""
        names = []
        with self.connection.ask(look((), (directory,)), as_root=self.as_root) as answer:
            for kind in answer.kinds():
                field = answer.field()
                if kind == "P":
                    raise Denied(
                        f"{self.name}: /{shown(directory)} is closed to this user", remedy="let the user there become root by sudo"
                    )
                if kind == "Y":
                    names.append(field.decode("utf-8", "surrogateescape"))
        return tuple(sorted(names))

    def _unpack(self, whole: Counted, answer: Answer) -> Iterator[Fetched]:
        tar = Tar(whole)
        for entry in tar:
            if entry.kind == "0" and not entry.sparse:
                data = read_exactly(tar, entry.size_bytes) if entry.size_bytes <= self.limits.file_bytes else None
                yield Fetched(entry.name.lstrip("/"), None, data, entry.size_bytes, entry.mode)
            elif entry.kind == "1":  # the same file under another name, where tar cannot be told to send it again
                yield Fetched(entry.name.lstrip("/"), same_as=entry.link.lstrip("/"))
        answer.unread(tar.rest())

    def _note(self, found: Found, kind: str, answer: Answer, named: frozenset[str]) -> None:
        match kind:
            case "S":
                found.storage.append(answer.path())
                return
            case "Q":
                self._check(answer.text(), "find")
                return
            case "E":
                found.complaints.extend(complaints_of(answer.text()))
                return
        path = answer.path()
        match kind:
            case "D":
                stands = Stands(Kind.DIRECTORY)
            case "L":
                stands = Stands(Kind.LINK, answer.field().decode("utf-8", "surrogateescape"))
                found.links[path] = stands.target
            case "F" | "B":
                stands = Stands(Kind.OTHER)
                found.files[path] = size_of(answer.text()) or self.limits.file_bytes + 1 if kind == "B" else 0
            case "O":
                stands = Stands(Kind.OTHER)
            case other:
                raise self._nonsense(other)
        if path in named:
            found.named[path] = stands

    def _check(self, status: str, program: str) -> None:
        """A program that ran, if not without complaints; 124 is what timeout(1) ends with."""
        if status == "124":
            raise Unreachable(f"{self.name}: {program} took longer there than {WALK_LIMIT_S} s", remedy="see what its disks are busy with")
        if status not in ("0", "1", "2"):
            raise Unreachable(f"{self.name}: {program} ended there with status {status[:20]}", remedy=f"it needs {program}")

    def _nonsense(self, kind: str) -> Malformed:
        return Malformed(f"{self.name}: an answer that makes no sense ({kind!r})", remedy="something there prints into it; scan again")
