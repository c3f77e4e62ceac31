"""Containers: their image's layers and their own changes, in place; their files in one piece as the engine exports them."""

from pathlib import Path

import pytest

from hullwatch.errors import NotFound
from hullwatch.model import Location
from tests.doubles import MemoryCache

from ..image_making import OS_RELEASE, Layer, OverlayEngine, in_place, make, metadata, places, status, take, tar_of

BASE: Layer = {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": status(("zlib", "1.2"))}
APP: Layer = {"opt/x-1.dist-info/METADATA": metadata("x", "1"), "opt/y-1.dist-info/METADATA": metadata("y", "1")}
IMAGE = make("app:1", BASE, APP)
CHANGES: Layer = {"var/lib/dpkg/status": status(("zlib", "1.2"), ("nmap", "7.9")), "opt/.wh.x-1.dist-info": b""}


@pytest.fixture
def engine(tmp_path: Path) -> OverlayEngine:
    """An engine on this machine that has the image."""
    engine = OverlayEngine(tmp_path / "docker")
    engine.add(IMAGE)
    return engine


@in_place
def test_a_container_is_its_image_and_what_it_changed_itself(engine: OverlayEngine) -> None:
    """What the image brought keeps its layer; what the container brought has none."""
    engine.run("web", IMAGE, CHANGES)
    inventory = take("container:web", docker=engine)

    at = "var/lib/dpkg/status"
    assert places(inventory) == [("nmap", "7.9", [(at, 0)]), ("zlib", "1.2", [(at, 1)]), ("y", "1", [("opt/y-1.dist-info/METADATA", 2)])]
    assert inventory.packages[0].seen_at == (Location(at),)
    assert [layer.instruction for layer in inventory.layers] == ["RUN step 1", "RUN step 2"]


@in_place
def test_only_the_image_s_layers_are_kept(engine: OverlayEngine) -> None:
    """A container's own changes have no digest, and may change at any time."""
    cache = MemoryCache()
    engine.run("web", IMAGE, CHANGES)
    take("container:web", docker=engine, cache=cache)

    assert {key.split(":")[2] for key in cache.kept} == {diff_id.partition(":")[2] for diff_id in IMAGE.diff_ids}


@in_place
def test_an_inventory_holds_what_the_engine_says_of_the_container(engine: OverlayEngine) -> None:
    """Its image, the name that it was created by and what that points to now, ports, state; mounts are notes."""
    bindings = [{"HostIp": "127.0.0.1", "HostPort": "443"}, {"HostIp": "::", "HostPort": "443"}]
    mounts = [{"Type": "volume", "Source": "/x", "Destination": "/var/lib/db"}, {"Type": "bind", "Source": "/etc", "Destination": "/conf"}]
    engine.run("web", IMAGE, {}, NetworkSettings={"Ports": {"8443/tcp": bindings, "80/tcp": None}}, Mounts=mounts)
    newer = make("app:1", BASE)
    engine.add(newer)
    inventory = take("container:web", docker=engine)

    assert inventory.container is not None
    assert (inventory.container.name, inventory.container.state) == ("web", "running")
    assert (inventory.container.image_id, inventory.container.image_name, inventory.container.tag_image_id) == (IMAGE.id, "app:1", newer.id)
    assert inventory.container.ports == ("127.0.0.1:443->8443/tcp", ":::443->8443/tcp")
    assert inventory.target.identifiers == {"container_id": f"{'web':0<64}", "image_id": IMAGE.id}
    assert [note.what for note in inventory.notes] == ["/conf (bind)", "/var/lib/db (volume)"]


def test_a_container_elsewhere_is_exported_and_its_layers_are_not_known(engine: OverlayEngine) -> None:
    """Names that look like whiteouts are files in an export."""
    engine.run("web", IMAGE, {}, on_disk=False)
    engine.streams[f"/containers/{'web':0<64}/export"] = tar_of({**BASE, **APP, "opt/.wh.y-1.dist-info": b""})
    inventory = take("container:web", docker=engine)

    assert places(inventory)[1:] == [("x", "1", [("opt/x-1.dist-info/METADATA", 0)]), ("y", "1", [("opt/y-1.dist-info/METADATA", 0)])]
    assert inventory.layers == ()


def test_a_container_whose_image_is_gone_can_still_be_exported(engine: OverlayEngine) -> None:
    """Nothing points to it any more."""
    engine.run("web", IMAGE, {})
    engine.streams[f"/containers/{'web':0<64}/export"] = tar_of(BASE)
    for name in (IMAGE.id, "app:1"):
        del engine.answers[f"/images/{name}/json"]
    inventory = take("container:web", docker=engine)

    assert inventory.container is not None
    assert inventory.container.tag_image_id is None
    assert len(inventory.packages) == 1


def test_an_absent_container_is_not_found_and_says_what_to_do(engine: OverlayEngine) -> None:
    """Nor is one that goes while it is read."""
    with pytest.raises(NotFound, match="docker ps"):
        take("container:absent", docker=engine)

    engine.run("web", IMAGE, {}, on_disk=False)
    with pytest.raises(NotFound, match="while it was read"):
        take("container:web", docker=engine)
