"""All that a local engine has, as targets."""

from pathlib import Path

import pytest

from hullwatch.errors import Malformed
from hullwatch.targets.listing import list_local

from .docker_double import MemoryDocker

BASE = "sha256:dbcc7a9b87fc677ae295b4b4bef7c1f9a92c37ba4f0233e7845e55c4ad472809"


def test_recorded_engine(data: Path) -> None:
    """One target per image, named by its first tag, and one per running container, with what they are known by behind it."""
    recorded = data / "docker-engine-20.10.24"
    containers = (recorded / "containers.json").read_bytes()
    local = list_local(MemoryDocker({"/images/json": (recorded / "images.json").read_bytes(), "/containers/json": containers}))
    assert [target.reference for target in local.images] == [
        "docker:hullwatch-base:bookworm",
        "docker:rec/healthy:1",
        "docker:rec/silent:1",
    ]
    assert [target.name for target in local.containers] == ["rec-batch", "rec-side", "rec-web"]
    assert [note.what for note in local.notes] == ["1 container that does not run"]
    assert local.images[0].identifiers == {"image_id": BASE}
    assert all(target.identifiers["image_id"] == BASE and len(target.identifiers["container_id"]) == 64 for target in local.containers)


def test_images_without_tags() -> None:
    """One that no container runs from is left out; one that runs is named by its id, also when the list has forgotten it."""
    untagged = b'{"Id": "sha256:a", "RepoTags": null}, {"Id": "sha256:b", "RepoTags": ["<none>:<none>"]}'
    images = b"[" + untagged + b', {"Id": "sha256:c", "RepoTags": ["z:1", "a:2"]}]'
    containers = b'[{"Id": "1", "Names": ["/web/db", "/db"], "ImageID": "sha256:b", "State": "paused"}, '
    containers += b'{"Id": "2", "Names": null, "ImageID": "sha256:d", "State": "running"}]'
    local = list_local(MemoryDocker({"/images/json": images, "/containers/json": containers}))
    assert [target.reference for target in local.images] == ["docker:a:2", "docker:sha256:b", "docker:sha256:d"]
    assert [target.reference for target in local.containers] == ["container:2", "container:db"]
    assert [note.what for note in local.notes] == ["1 image without a name"]


def test_what_is_left_out_is_said() -> None:
    """An image without a name of which nothing runs, containers that have ended; both may be named."""
    images = b'[{"Id": "sha256:a", "RepoTags": null}, {"Id": "sha256:b", "RepoTags": null}]'
    ended = b'{"Id": "1", "Names": ["/a"], "ImageID": "sha256:a", "State": "exited"}'
    local = list_local(MemoryDocker({"/images/json": images, "/containers/json": b"[" + ended + b"," + ended + b"]"}))
    assert (local.images, local.containers) == ((), ())
    assert [note.what for note in local.notes] == ["2 images without a name", "2 containers that do not run"]


def test_nothing() -> None:
    """An engine may be empty."""
    local = list_local(MemoryDocker({"/images/json": b"[]", "/containers/json": b"[]"}))
    assert (local.images, local.containers) == ((), ())


@pytest.mark.parametrize("odd", [b"", b"{}", b"[{}]", b'[{"Id": 1}]', b"\xff", b"[" * 100_000])
def test_odd_lists(odd: bytes) -> None:
    """A list that is not what we know is an error and never an empty list."""
    with pytest.raises(Malformed):
        list_local(MemoryDocker({"/images/json": odd, "/containers/json": b"[]"}))
    with pytest.raises(Malformed):
        list_local(MemoryDocker({"/images/json": b"[]", "/containers/json": odd}))
