"""Which paths the readers of one run ask for, in a form that a walk over millions of names can afford."""

import re
from collections.abc import Collection, Sequence
from hashlib import sha256

from msgspec import Struct

from ...model.reads import Reads, compiled
from ...readers.catalogue import Reader

_NONE: tuple[Reader, ...] = ()


class NameTest(Struct, frozen=True):
    """Whether the last component of a path may be wanted: cheap, and never false for one that is."""

    names: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    """For globs that are neither a name nor a suffix."""

    def __call__(self, name: str) -> bool:
        return name in self.names or name.endswith(self.suffixes) or (self.pattern is not None and bool(self.pattern.fullmatch(name)))


class Wanted:
    """The readers of one run and what they read. ``skeleton`` holds every path that is named in full and every directory above one."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self.readers = {name_of(reader): reader for reader in readers}
        self.exact: dict[str, tuple[Reader, ...]] = {}
        for reader in readers:
            for path in sorted(reader.reads.exact):
                self.exact[path] = (*self.exact.get(path, _NONE), reader)
        self.rooted = tuple((*split, reader) for reader in readers for glob in reader.reads.patterns if (split := _rooted(glob)))
        """Directory, glob for names in it, and reader, of each pattern whose directory is named in full."""
        named = {*self.exact, *(directory for directory, _, _ in self.rooted)}
        self.skeleton = frozenset(above for path in named for above in (path, *parents(path)))
        self.skeleton_directories = frozenset(path.rpartition("/")[0] for path in self.skeleton)
        self._patterns = [(compiled(glob), reader) for reader in readers for glob in reader.reads.patterns]
        self._anywhere, self._inside = _name_tests([reader.reads for reader in readers])
        self.digest = _digest(readers)

    def test_in(self, directory: str) -> NameTest:
        """The test for names in ``directory`` (no slash at either end)."""
        return self._inside.get(directory, self._anywhere)

    def readers_of(self, path: str) -> tuple[Reader, ...]:
        """The readers that declare ``path``."""
        declared = self.exact.get(path, _NONE)
        matched = tuple(reader for pattern, reader in self._patterns if pattern.fullmatch(path) is not None)
        return tuple(dict.fromkeys(declared + matched)) if matched else declared


def name_of(reader: Reader) -> str:
    """A reader's short name, as in ``Inventory.readers``."""
    return reader.__name__.rpartition(".")[2]


def parents(path: str) -> list[str]:
    """The directories above a path, outermost first, the root left out."""
    above = []
    end = path.find("/")
    while end > 0:
        above.append(path[:end])
        end = path.find("/", end + 1)
    return above


def _digest(readers: Collection[Reader]) -> str:
    """Changes whenever another set of paths is declared."""
    declared = sorted({*(f"={path}" for reader in readers for path in reader.reads.exact), *(g for r in readers for g in r.reads.patterns)})
    return sha256("\0".join(declared).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _rooted(glob: str) -> tuple[str, str] | None:
    """Directory and rest of a pattern whose directory is named in full; None for others."""
    directory, _, last = glob.rpartition("/")
    return None if set("*?") & set(directory) else (directory, last)


def _name_tests(reads: Collection[Reads]) -> tuple[NameTest, dict[str, NameTest]]:
    """The test for names anywhere, and for each directory that is named in full the test for names there."""
    anywhere: set[str] = set()
    inside: dict[str, set[str]] = {}
    names: dict[str, set[str]] = {}
    for path in (path for each in reads for path in each.exact):
        directory, _, name = path.rpartition("/")
        names.setdefault(directory, set()).add(name)
    for glob in (glob for each in reads for glob in each.patterns):
        if rooted := _rooted(glob):
            inside.setdefault(rooted[0], set()).add(rooted[1])
        else:
            anywhere.add(glob.rpartition("/")[2])
    directories = {*names, *inside}
    return _name_test(set(), anywhere), {
        each: _name_test(names.get(each, set()), inside.get(each, set()) | anywhere) for each in directories
    }


def _name_test(names: set[str], globs: set[str]) -> NameTest:
    plain = {glob for glob in globs if not set("*?") & set(glob)}
    suffixes = {glob for glob in globs - plain if glob[0] == "*" and not set("*?") & set(glob[1:])}
    others = sorted(compiled(glob).pattern for glob in globs - plain - suffixes)
    pattern = re.compile("|".join(others), re.DOTALL) if others else None
    return NameTest(frozenset(names | plain), tuple(sorted(each[1:] for each in suffixes)), pattern)
