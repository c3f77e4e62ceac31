"""Merging layers: the one place where it is decided which facts of which layer are seen, and which layer brought them.

Rules: image specification, "Whiteouts"; overlayfs documentation, "Upper and Lower", "whiteouts and opaque directories". Held are the
facts, the places where they lie and the links on the way to exact paths, never a tree of the whole file system.
"""

import posixpath
from collections.abc import Callable, Collection, Iterator, Sequence

from msgspec import Struct

from ...model import Digest, Package
from ...readers.catalogue import Fact, Reader
from .layer_facts import ROOT, Kind, LayerFacts, Stands, paths_in
from .wanted import Wanted, name_of

LINKS_FOLLOWED = 40
"""As many as Linux follows."""
Origins = dict[tuple[str, str, str, str | None], int]
"""Which layer brought a package, by what identifies it in its database."""


class LayerRead(Struct):
    """One layer, as read."""

    facts: LayerFacts
    covers: Callable[[Collection[str]], Collection[str]]
    """Of the paths given, those where this layer has something that is no directory: nothing below them in lower layers is seen."""
    diff_id: Digest | None = None
    number: int = 0


class Seen(Struct):
    """The facts that one reader found in one file that is seen once all layers lie on each other."""

    path: str
    facts: tuple[Fact, ...]
    layer: int
    """Index of the layer that the file lies in, from 0, the bottom."""
    origins: Origins
    """For each package the index of the layer since which it has been there in this version, in every form of its database."""


class Unread(Struct, frozen=True):
    """A declared path that links lead to a place nobody declared: ``place``, as far as the links are known."""

    path: str
    place: str
    reader: Reader
    glob: str = ""
    """Set when both are directories: for the names wanted in them."""


class _Node:
    __slots__ = ("children", "seen", "stands")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.stands: Stands | None = None
        self.seen: dict[str, Seen] = {}

    @property
    def is_bare(self) -> bool:
        """Whether nothing is known of it any more: layers took away what had been in it."""
        return not self.children and self.stands is None and not self.seen


class Merged:
    """All layers on each other: facts by place, and links."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._root = _Node()
        self._directories: set[str] | None = set()
        """All places that hold something; None when that must be looked up anew."""
        self._moved: dict[str, tuple[int, Origins]] = {}
        """By reader: the layer that last took away a file at an exact path, and that one's origins."""

    def add(self, layer: LayerRead, index: int) -> None:
        """Lay one more layer on top."""
        earlier = self._forms_of(layer.facts) if index else {}
        databases = self._databases()
        self._hide(layer)
        for path, stands in layer.facts.skeleton.stands.items():
            self._stand(path, stands)
        for reader, by_path in layer.facts.facts.items():
            for path, facts in by_path.items():
                self._place(reader, Seen(path, facts, index, _origins(facts, earlier.get((reader, path), {}), index)))
        for (reader, path), origins in databases.items():
            if not self._origins_at(path, reader):
                self._moved[reader] = (index, origins)

    def moved(self, reader: str, facts: tuple[Fact, ...], index: int) -> Origins:
        """Origins of a database found where links lead: those of the form that was seen below, if its layer took that one away."""
        since, origins = self._moved.get(reader, (index, {}))
        return _origins(facts, origins if since == index else {}, index)

    def exact_paths(self, reader: str) -> frozenset[str]:
        """What a reader names exactly."""
        return self._wanted.readers[reader].reads.exact

    def seen(self) -> Iterator[tuple[str, Seen]]:
        """Reader and facts of every file that is seen, in path order."""
        for _, node in self._nodes(self._root, ""):
            for reader in sorted(node.seen):
                yield reader, node.seen[reader]

    def misplaced(self) -> Iterator[tuple[str, str]]:
        """Reader and path of every file that a reader names exactly and where something stands that is neither a file nor a link."""
        for path, readers in sorted(self._wanted.exact.items()):
            node = self._find(path)
            if node is not None and not node.seen and (node.children or (node.stands is not None and node.stands.kind is not Kind.LINK)):
                yield from ((name_of(reader), path) for reader in readers)

    def resolve(self, path: str) -> tuple[str, bool]:
        """Follow links inside the root. The place, and whether the way there is known; else others must follow the rest."""
        left, at, hops = path.split("/"), "", 0
        while left:
            name = left.pop(0)
            if name in ("", "."):
                continue
            if name == "..":
                at = posixpath.dirname(at)
                continue
            at = f"{at}/{name}" if at else name
            node = self._find(at)
            if node is not None and node.stands is not None and node.stands.kind is Kind.LINK:
                hops += 1
                if hops > LINKS_FOLLOWED:
                    return path, True  # a ring of links: nothing is there
                left = node.stands.target.split("/") + left
                at = "" if node.stands.target.startswith("/") else posixpath.dirname(at)
            elif (node is None or node.is_bare) and at not in self._wanted.skeleton:
                return "/".join([at, *left]), False
        return at, True

    def unread(self) -> Iterator[Unread]:
        """What readers declare, is there through links, and was read at no place: to be read where it lies."""
        for path, readers in sorted(self._wanted.exact.items()):
            yield from self._unread(path, readers)
        for directory, glob, reader in self._wanted.rooted:
            place, _ = self.resolve(directory)
            if place != directory and not reader.reads.matches(f"{place}/{glob}"):
                yield Unread(directory, place, reader, glob)
        for path, node in self._nodes(self._root, ""):
            if node.stands is not None and node.stands.kind is Kind.LINK and path not in self._wanted.skeleton:
                yield from self._unread(path, self._wanted.readers_of(path))

    def _unread(self, path: str, readers: Sequence[Reader]) -> Iterator[Unread]:
        place, known = self.resolve(path)
        if place == path:
            return
        node = self._find(place)
        for reader in readers:
            if not reader.reads.matches(place) and (not known or _may_be_file(node)):
                yield Unread(path, place, reader)

    def _hide(self, layer: LayerRead) -> None:
        """Take away what this layer hides of those below."""
        if directories := self._known_directories():
            for path in layer.covers(directories):
                self._remove(path)
        for path in paths_in(layer.facts.skeleton.hidden):
            self._remove(path)
        for path in paths_in(layer.facts.skeleton.opaque):
            self._remove_content(path)

    def _databases(self) -> dict[tuple[str, str], Origins]:
        """The origins in every file that is seen at an exact path."""
        named = [(name, path) for name, reader in self._wanted.readers.items() for path in reader.reads.exact]
        return {(name, path): origins for name, path in named if (origins := self._origins_at(path, name))}

    def _forms_of(self, facts: LayerFacts) -> dict[tuple[str, str], Origins]:
        """For what a layer brings: which layers had brought the packages of the form that was seen below it."""
        forms: dict[tuple[str, str], Origins] = {}
        for reader, by_path in facts.facts.items():
            exact = self._wanted.readers[reader].reads.exact
            elsewhere: Origins = {}
            if not exact.isdisjoint(by_path):
                for path in sorted(exact):
                    elsewhere |= self._origins_at(path, reader)
            for path in by_path:
                forms[reader, path] = (elsewhere if path in exact else {}) | self._origins_at(path, reader)
        return forms

    def _origins_at(self, path: str, reader: str) -> Origins:
        node = self._find(path)
        return node.seen[reader].origins if node is not None and reader in node.seen else {}

    def _stand(self, path: str, stands: Stands) -> None:
        node = self._make(path)
        if stands.kind is not Kind.DIRECTORY:
            self._clear(node)
        node.stands = stands
        node.seen.clear()

    def _place(self, reader: str, seen: Seen) -> None:
        node = self._make(seen.path)
        node.stands = None
        self._clear(node)
        node.seen = {name: other for name, other in node.seen.items() if other.layer == seen.layer} | {reader: seen}

    def _find(self, path: str) -> _Node | None:
        node: _Node | None = self._root
        for name in path.split("/"):
            node = node.children.get(name) if node is not None else None
        return node

    def _make(self, path: str) -> _Node:
        """The node of a path; what lower layers have in its way and is no directory is replaced."""
        node, at = self._root, 0
        for name in path.split("/"):
            if node.stands is not None and node.stands.kind is not Kind.DIRECTORY:
                node.stands = None
            node.seen.clear()
            if name not in node.children:
                node.children[name] = _Node()
                if self._directories is not None and at:
                    self._directories.add(path[: at - 1])
            node = node.children[name]
            at += len(name) + 1
        return node

    def _remove(self, path: str) -> None:
        directory, _, name = path.rpartition("/")
        node = self._find(directory) if directory else self._root
        if node is not None and node.children.pop(name, None) is not None:
            self._directories = None

    def _remove_content(self, path: str) -> None:
        node = self._root if path == ROOT else self._find(path)
        if node is not None:
            self._clear(node)

    def _clear(self, node: _Node) -> None:
        if node.children:
            node.children.clear()
            self._directories = None

    def _known_directories(self) -> tuple[str, ...]:
        """A directory before what is in it."""
        if self._directories is None:
            self._directories = {path for path, node in self._nodes(self._root, "") if node.children}
        return tuple(sorted(self._directories))

    def _nodes(self, node: _Node, path: str) -> Iterator[tuple[str, _Node]]:
        for name in sorted(node.children):
            child = node.children[name]
            below = f"{path}/{name}" if path else name
            yield below, child
            yield from self._nodes(child, below)


def merge(layers: Sequence[LayerRead], wanted: Wanted) -> Merged:
    """Lay layers on each other, the bottom first."""
    merged = Merged(wanted)
    for index, layer in enumerate(layers):
        merged.add(layer, index)
    return merged


def identity(package: Package) -> tuple[str, str, str, str | None]:
    """What makes an entry of a database the same entry in an older form of it."""
    return (package.name, package.version, package.architecture, package.ecosystem)


def _may_be_file(node: _Node | None) -> bool:
    return node is not None and (bool(node.seen) or (node.stands is not None and node.stands.kind is Kind.OTHER))


def _origins(facts: tuple[Fact, ...], earlier: Origins, index: int) -> Origins:
    return {key: earlier.get(key, index) for key in (identity(fact) for fact in facts if isinstance(fact, Package))}
