"""Facts of layers in the cache, under diff ID × reader × revision.

A layer's facts are kept only when its diff ID was said by the local engine of a directory on this machine, or was computed from the
very bytes that were read: else an image could plant facts in a layer that others share.
"""

from collections.abc import Callable, Collection, Mapping
from hashlib import sha256
from typing import TypeVar

import msgspec
from msgspec import Struct

from ...model import Digest
from ...ports import FactCache
from ...readers.catalogue import Fact, Reader
from .layer_facts import SHAPE, Budget, LayerFacts, Skeleton, weight
from .wanted import Wanted

FORMAT = 1
"""Raised when what is kept, or what a walk notices, changes."""
Covers = Callable[[Collection[str]], Collection[str]]
T = TypeVar("T")
_FACTS = msgspec.msgpack.Decoder(dict[str, tuple[Fact, ...]])
_SKELETON = msgspec.msgpack.Decoder(Skeleton)
_PATHS = msgspec.msgpack.Decoder(list[str])
_encode = msgspec.msgpack.Encoder().encode


class Kept(Struct):
    """What is kept of one layer."""

    facts: dict[str, dict[str, tuple[Fact, ...]]]
    """Of those readers whose facts are there."""
    skeleton: Skeleton | None
    missing: tuple[Reader, ...]
    """Readers that must read the layer."""

    def whole(self) -> LayerFacts | None:
        """The layer, when nothing of it is missing."""
        return None if self.missing or self.skeleton is None else LayerFacts(self.facts, self.skeleton)


class UnknownCover(Exception):
    """A layer's answer is not kept: its bytes must be asked."""


class KeptFacts:
    """The cache of facts as the layers of one target use it."""

    def __init__(self, cache: FactCache, wanted: Wanted, budget: Budget) -> None:
        self._cache = cache
        self._wanted = wanted
        self._budget = budget

    def load(self, diff_ids: Collection[Digest]) -> dict[Digest, Kept]:
        """What is there of these layers, asked for at once."""
        layers = tuple(dict.fromkeys(diff_ids))
        found = self._cache.load([key for each in layers for key in (self._skeleton_key(each), *self._fact_keys(each).values())])
        return {diff_id: self._kept(diff_id, found) for diff_id in layers}

    def save(self, diff_id: Digest, facts: LayerFacts) -> None:
        """Keep what hangs on the layer's bytes alone."""
        keys = self._fact_keys(diff_id)
        values = {keys[name]: _encode(by_path) for name, by_path in facts.facts.items() if name not in facts.unsettled}
        if SHAPE not in facts.unsettled:
            values[self._skeleton_key(diff_id)] = _encode(facts.skeleton)
        self._cache.save(values)

    def covers(self, diff_id: Digest, ask: Covers | None) -> Covers:
        """A layer's answers, asked and kept; without ``ask`` only those kept, and UnknownCover is raised for others."""

        def covering(paths: Collection[str]) -> Collection[str]:
            key = f"{FORMAT}:{diff_id}:covers:{sha256(chr(0).join(paths).encode()).hexdigest()[:32]}"
            if ask is not None:
                answer = list(ask(paths))
                self._cache.save({key: _encode(answer)})
                return answer
            kept = _decoded(_PATHS, self._cache.load([key]).get(key))
            if kept is None:
                raise UnknownCover
            return kept

        return covering

    def document(self, digest: Digest) -> bytes | None:
        """An image's configuration, as kept by ``save_document``."""
        key = f"{FORMAT}:{digest}:configuration"
        return self._cache.load([key]).get(key)

    def save_document(self, digest: Digest, document: bytes) -> None:
        """Keep the configuration that the local engine gave for this image."""
        self._cache.save({f"{FORMAT}:{digest}:configuration": document})

    def _kept(self, diff_id: Digest, found: Mapping[str, bytes]) -> Kept:
        facts = {}
        for name, key in self._fact_keys(diff_id).items():
            by_path = _decoded(_FACTS, found.get(key))
            if by_path is not None:
                self._budget.holds(sum(weight(fact) for facts in by_path.values() for fact in facts))
                facts[name] = by_path
        missing = tuple(reader for name, reader in self._wanted.readers.items() if name not in facts)
        return Kept(facts, _decoded(_SKELETON, found.get(self._skeleton_key(diff_id))), missing)

    def _fact_keys(self, diff_id: Digest) -> dict[str, str]:
        return {name: f"{FORMAT}:{diff_id}:{name}:{reader.revision}" for name, reader in self._wanted.readers.items()}

    def _skeleton_key(self, diff_id: Digest) -> str:
        return f"{FORMAT}:{diff_id}:skeleton:{self._wanted.digest}"


def _decoded(decoder: "msgspec.msgpack.Decoder[T]", data: bytes | None) -> T | None:
    """What was kept; None when it is not there, or was kept by a version of ours that knew other records."""
    try:
        return None if data is None else decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
