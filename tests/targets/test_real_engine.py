"""The same on a real engine: what it makes of layers, says of them, and streams."""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from hullwatch.errors import NotFound
from hullwatch.model import Inventory
from hullwatch.ports import Docker
from hullwatch.targets.engine import connect
from tests.doubles import MemoryCache

from .image.test_layers import comparable
from .image_making import (
    OS_RELEASE,
    Directory,
    Hard,
    Layer,
    Link,
    Made,
    OverlayEngine,
    in_place,
    make,
    metadata,
    old_archive,
    places,
    saved,
    status,
    take,
    tar_of,
)

pytestmark = pytest.mark.docker
NAME = "hullwatch-test-layers:1"
LAYERS: tuple[Layer, ...] = (
    {
        "etc/os-release": Link("../usr/lib/os-release"),
        "usr/lib/os-release": OS_RELEASE,
        "var/lib/dpkg/status": status(("zlib", "1.2"), ("curl", "7")),
    },
    {f"opt/{name}-1.dist-info/METADATA": metadata(name, "1") for name in ("kept", "gone", "opaque")}
    | {"srv/a/b-1.egg-info": metadata("b", "1")},
    {
        "cache/again-1.dist-info/METADATA": metadata("again", "1"),
        "opt/again-1.dist-info/METADATA": Hard("cache/again-1.dist-info/METADATA"),
    },
    {
        "var/lib/dpkg/status": status(("zlib", "1.3"), ("curl", "7")),
        "opt/.wh.gone-1.dist-info": b"",
        "opt/opaque-1.dist-info/": Directory(),
        "opt/opaque-1.dist-info/.wh..wh..opq": b"",
        "srv/.wh.a": b"",
        "srv/a": Link("/opt"),
    },
)


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    """The engine of this machine."""
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def image(client: docker.DockerClient) -> Iterator[Made]:
    """An image that the engine loaded, and forgets after the tests."""
    made = make(NAME, *LAYERS)
    client.images.load(old_archive(made))
    yield made
    with suppress(ImageNotFound):
        client.images.remove(NAME, force=True)


@pytest.fixture
def engine() -> Docker:
    """The engine as hullwatch asks it."""
    return connect("", timeout_s=60)


class Elsewhere(OverlayEngine):
    """The engine, as if it were on another machine."""

    def __init__(self, engine: Docker) -> None:
        self.endpoint = "tcp://elsewhere:2376"
        self.get = engine.get  # type: ignore[method-assign]  # all that is asked goes to the real one
        self.stream = engine.stream  # type: ignore[method-assign]  # likewise


@in_place
def test_an_image_is_the_same_in_place_streamed_and_saved(image: Made, engine: Docker, client: docker.DockerClient, tmp_path: Path) -> None:
    """Whiteouts, an opaque directory, links and hard links as the engine lays them out and packs them again."""
    here = take(f"docker:{NAME}", docker=engine)
    saved_by_engine = b"".join(client.images.get(NAME).save(named=True))

    assert places(here) == [
        ("curl", "7", [("var/lib/dpkg/status", 1)]),
        ("zlib", "1.3", [("var/lib/dpkg/status", 4)]),
        ("again", "1", [("cache/again-1.dist-info/METADATA", 3), ("opt/again-1.dist-info/METADATA", 3)]),
        ("kept", "1", [("opt/kept-1.dist-info/METADATA", 2)]),
    ]
    assert (here.gaps, [layer.diff_id for layer in here.layers]) == ((), image.diff_ids)
    assert take(f"docker:{NAME}", docker=Elsewhere(engine)) == here
    assert comparable(take(saved(tmp_path, saved_by_engine))) == comparable(here)


def test_a_container_s_own_changes_are_seen_in_place_and_exported(image: Made, engine: Docker, client: docker.DockerClient) -> None:
    """Files copied into it and its image's; where layers are not known the packages are the same."""
    container = client.containers.create(NAME, command=["/none"], name="hullwatch-test-container")
    try:
        container.put_archive("/", io.BytesIO(tar_of({"opt/own-1.dist-info/METADATA": metadata("own", "1")})))
        here = take("container:hullwatch-test-container", docker=engine)
        exported = take("container:hullwatch-test-container", docker=Elsewhere(engine))
    finally:
        container.remove(force=True)

    assert here.container is not None
    assert (here.container.image_id, here.container.tag_image_id, here.container.state) == (image.id, image.id, "created")
    assert names(here) == names(exported) == ["curl", "zlib", "again", "kept", "own"]
    assert [each.seen_at[0].layer_number for each in exported.packages] == [0] * 5


def test_what_is_gone_is_not_found(engine: Docker) -> None:
    """As the engine says."""
    for reference in ("docker:hullwatch-test-absent:1", "container:hullwatch-test-absent"):
        with pytest.raises(NotFound):
            take(reference, docker=engine, cache=MemoryCache())


def names(inventory: Inventory) -> list[str]:
    """Of its packages."""
    return [package.name for package in inventory.packages]
