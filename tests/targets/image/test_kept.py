"""Facts in the cache: what comes back, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.config import Limits
from hullwatch.errors import LimitExceeded
from hullwatch.model import Digest, Distribution, Gap, Location, Package, Scheme, SourcePackage
from hullwatch.model.reads import paths
from hullwatch.readers.catalogue import Fact
from hullwatch.readers.ownership import OwnedPaths
from hullwatch.targets.image.kept import KeptFacts, UnknownCover
from hullwatch.targets.image.layer_facts import SHAPE, Budget, Kind, LayerFacts, Skeleton, Stands
from hullwatch.targets.image.wanted import Wanted
from tests.doubles import MemoryCache

from ..image_making import Toy

LAYER = Digest("sha256:" + "1" * 64)
FIRST, SECOND = Toy(paths("a"), name="first"), Toy(paths("b"), name="second")
PACKAGE = Package(name="x", version="1", scheme=Scheme.DEB, source=SourcePackage("y", "2"), seen_at=(Location("a"),))
FACTS: tuple[Fact, ...] = (PACKAGE, Distribution(id="debian"), OwnedPaths(package="x", paths=("p",)), Gap(kind="k", what="w", why="y"))
SKELETON = Skeleton({"a": Stands(Kind.LINK, "b"), "c": Stands(Kind.DIRECTORY)}, b"x\0y\0", b"/\0", (Gap(kind="k", what="w", why="y"),))


def kept(cache: MemoryCache, limits: Limits | None = None) -> KeptFacts:
    """The cache as one run uses it."""
    return KeptFacts(cache, Wanted([FIRST, SECOND]), Budget(limits or Limits()))


def test_what_was_kept_comes_back_as_it_was() -> None:
    """Every kind of fact, and the shape."""
    cache = MemoryCache()
    facts: dict[str, dict[str, tuple[Fact, ...]]] = {"first": {"a": FACTS}, "second": {"b": ()}}
    kept(cache).save(LAYER, LayerFacts(facts, SKELETON))

    assert kept(cache).load([LAYER, LAYER])[LAYER].whole() == LayerFacts(facts, SKELETON)


@pytest.mark.parametrize(("unsettled", "missing"), [({"second"}, ["second"]), ({SHAPE, "first", "second"}, ["first", "second"])])
def test_what_hangs_on_more_than_the_layer_is_not_kept(unsettled: set[str], missing: list[str]) -> None:
    """A limit or a permission of this run says nothing to the next."""
    cache = MemoryCache()
    kept(cache).save(LAYER, LayerFacts({"first": {"a": FACTS}, "second": {}}, SKELETON, unsettled))
    loaded = kept(cache).load([LAYER])[LAYER]

    assert [reader.__name__ for reader in loaded.missing] == missing
    assert loaded.whole() is None


def test_kept_facts_count_as_facts() -> None:
    """The limit holds for what is in memory, wherever it came from."""
    cache = MemoryCache()
    kept(cache).save(LAYER, LayerFacts({"first": {"a": FACTS}, "second": {}}, SKELETON))
    with pytest.raises(LimitExceeded):
        kept(cache, Limits(facts=3)).load([LAYER])


def test_an_answer_of_a_layer_is_kept_for_its_question() -> None:
    """Another question is another answer; without the layer's bytes it is unknown."""
    cache = MemoryCache()
    assert kept(cache).covers(LAYER, lambda paths: [path for path in paths if path == "a"])(("a", "b")) == ["a"]
    ask = kept(cache).covers(LAYER, None)

    assert ask(("a", "b")) == ["a"]
    with pytest.raises(UnknownCover):
        ask(("a", "c"))


@given(st.binary(max_size=60), st.sampled_from([0, 1, 2]))
def test_a_damaged_value_is_as_if_it_were_not_there(value: bytes, which: int) -> None:
    """Bytes that other versions or disks left."""
    cache = MemoryCache()
    kept(cache).save(LAYER, LayerFacts({"first": {"a": FACTS}, "second": {}}, SKELETON))
    cache.kept[sorted(cache.kept)[which]] = value

    kept(cache).load([LAYER])
