"""Images of an engine: in place or streamed, what the engine says of them, and what is kept of their layers."""

import json
import os
import shutil
from pathlib import Path

import pytest

from hullwatch.errors import Malformed, NotFound, Unreachable, Untrusted
from hullwatch.model.reads import paths
from tests.doubles import MemoryCache

from ..image_making import OS_RELEASE, Layer, Made, OverlayEngine, Toy, in_place, make, metadata, old_archive, places, status, take

BASE: Layer = {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": status(("zlib", "1.2"))}
APP: Layer = {"opt/x-1.dist-info/METADATA": metadata("x", "1")}
IMAGE = make("app:1", BASE, APP)
pytestmark = in_place
STREAM = f"/images/{IMAGE.id}/get"


@pytest.fixture
def engine(tmp_path: Path) -> OverlayEngine:
    """An engine on this machine that has the image."""
    engine = OverlayEngine(tmp_path / "docker")
    engine.add(IMAGE)
    return engine


def remote(tmp_path: Path, image: Made = IMAGE) -> OverlayEngine:
    """An engine on another machine."""
    engine = OverlayEngine(tmp_path / "remote", endpoint="tcp://engine.example:2376")
    engine.add(image)
    return engine


def test_an_inventory_holds_what_the_engine_says_of_the_image(engine: OverlayEngine) -> None:
    """Names, registry digests, when the tag moved; layers with their instructions, empty ones passed over."""
    inventory = take("docker:app:1", docker=engine)

    assert inventory.image is not None
    assert inventory.image.names == ("app:1",)
    assert inventory.image.registry_digests == (f"example.org/app@sha256:{'a' * 64}",)
    assert str(inventory.image.tag_moved_at) == "2026-11-21 08:00:00.500000+00:00"
    assert str(inventory.image.created_at) == "2026-11-20 08:00:00.123456+00:00"
    assert [(layer.number, layer.diff_id, layer.instruction) for layer in inventory.layers] == [
        (1, IMAGE.diff_ids[0], "RUN step 1"),
        (2, IMAGE.diff_ids[1], "RUN step 2"),
    ]
    assert inventory.readers.keys() >= {"dpkg", "python_packages"}


def test_a_layer_that_two_images_share_is_read_once(engine: OverlayEngine) -> None:
    """And an unchanged image not at all."""
    engine.add(make("other:1", BASE, {"etc/passwd": b""}))
    toy, cache = Toy(paths("etc/os-release")), MemoryCache()

    for reference in ("docker:app:1", "docker:other:1", "docker:app:1"):
        assert len(take(reference, docker=engine, readers=[toy], cache=cache).gaps) == 1

    assert toy.lent == ["etc/os-release"]


def test_a_reader_of_another_revision_reads_again_and_the_others_do_not(engine: OverlayEngine) -> None:
    """Facts are kept under diff ID, reader and revision; one that asks for other paths reads them."""
    cache, same = MemoryCache(), Toy(paths("etc/os-release"), name="same")
    first, second = Toy(paths("etc/os-release")), Toy(paths("etc/os-release", "opt/x-1.dist-info/METADATA"), revision=2)

    take("docker:app:1", docker=engine, readers=[first, same], cache=cache)
    inventory = take("docker:app:1", docker=engine, readers=[second, same], cache=cache)

    assert (len(first.lent), len(same.lent)) == (1, 1)
    assert second.lent == ["etc/os-release", "opt/x-1.dist-info/METADATA"]
    assert [gap.kind for gap in inventory.gaps] == ["same", "toy", "toy"]
    assert inventory.readers == {"toy": 2, "same": 1}


def test_an_image_that_was_streamed_is_not_streamed_again(tmp_path: Path) -> None:
    """The engine's word on diff IDs says that nothing changed; a reader that is new asks for the bytes again."""
    engine, cache = remote(tmp_path), MemoryCache()
    first = take("docker:app:1", docker=engine, cache=cache)
    second = take("docker:app:1", docker=engine, cache=cache)

    assert first == second
    assert engine.asked.count(STREAM) == 1
    take("docker:app:1", docker=engine, cache=cache, readers=[Toy(paths("x"))])
    assert engine.asked.count(STREAM) == 2


def test_facts_that_were_read_in_place_serve_a_stream_too(engine: OverlayEngine, tmp_path: Path) -> None:
    """But for what only the bytes can answer: then they are streamed once."""
    cache = MemoryCache()
    here = take("docker:app:1", docker=engine, cache=cache)

    assert take("docker:app:1", docker=remote(tmp_path), cache=cache) == here


@pytest.mark.parametrize("tampered", ["cache-id", "diff", "order", "unreadable", "configuration"])
def test_layers_that_the_engine_s_own_database_does_not_confirm_are_streamed(engine: OverlayEngine, tmp_path: Path, tampered: str) -> None:
    """Facts must never be kept under the digest of another layer."""
    layerdb = tmp_path / "docker/image/overlay2/layerdb/sha256"
    bottom = layerdb / IMAGE.diff_ids[0].removeprefix("sha256:")
    answer = json.loads(engine.answers["/images/app:1/json"])
    match tampered:
        case "order":
            data = answer["GraphDriver"]["Data"]
            data["UpperDir"], data["LowerDir"] = data["LowerDir"], data["UpperDir"]
        case "unreadable":
            answer["GraphDriver"]["Data"]["UpperDir"] = "/nonexistent/overlay2/a/diff"
        case "configuration":
            (tmp_path / "docker/image/overlay2/imagedb/content/sha256" / IMAGE.id.removeprefix("sha256:")).write_text("{}")
        case _:
            (bottom / tampered).write_text("other")
    engine.answers["/images/app:1/json"] = json.dumps(answer).encode()

    inventory = take("docker:app:1", docker=engine)

    assert places(inventory) == [("zlib", "1.2", [("var/lib/dpkg/status", 1)]), ("x", "1", [("opt/x-1.dist-info/METADATA", 2)])]
    assert STREAM in engine.asked


def test_directories_named_by_the_short_links_of_overlay2_are_found(engine: OverlayEngine, tmp_path: Path) -> None:
    """The engine mounts by them, and some versions name them."""
    short = tmp_path / "docker/overlay2/l"
    short.mkdir()
    (short / "ABCDEF").symlink_to(f"../{engine.layer_directory(IMAGE, 1).parent.name}/diff")
    answer = json.loads(engine.answers["/images/app:1/json"])
    answer["GraphDriver"]["Data"]["LowerDir"] = str(short / "ABCDEF")
    engine.answers["/images/app:1/json"] = json.dumps(answer).encode()

    assert len(take("docker:app:1", docker=engine).packages) == 2
    assert STREAM not in engine.asked


@pytest.mark.parametrize(
    "driver", [None, {"Name": "vfs", "Data": {"UpperDir": "/"}}, {"Name": "overlay2", "Data": None}, {"Name": "overlayfs"}]
)
def test_other_storage_is_streamed(engine: OverlayEngine, driver: object) -> None:
    """Whatever the engine says of it."""
    answer = json.loads(engine.answers["/images/app:1/json"]) | {"GraphDriver": driver}
    engine.answers["/images/app:1/json"] = json.dumps(answer).encode()

    assert len(take("docker:app:1", docker=engine).packages) == 2


def test_a_stream_of_other_layers_than_the_engine_names_is_not_trusted(tmp_path: Path) -> None:
    """And plants nothing under their digests."""
    engine, cache = remote(tmp_path), MemoryCache()
    engine.streams[STREAM] = old_archive(make("app:1", BASE, {"etc/passwd": b""}))

    with pytest.raises(Untrusted):
        take("docker:app:1", docker=engine, cache=cache)
    assert not any(IMAGE.diff_ids[1] in key for key in cache.kept)


def test_an_image_without_layers_is_an_image(tmp_path: Path) -> None:
    """From scratch, with nothing in it."""
    empty = make("empty:1")
    inventory = take("docker:empty:1", docker=remote(tmp_path, empty))

    assert (inventory.packages, inventory.layers) == ((), ())
    assert [note.kind for note in inventory.notes] == ["no-system"]


def test_an_absent_image_is_not_found_and_says_what_to_do(engine: OverlayEngine) -> None:
    """Nor is one that goes while it is read."""
    with pytest.raises(NotFound, match="docker pull absent:1"):
        take("docker:absent:1", docker=engine)

    engine.endpoint, engine.streams = "tcp://engine.example:2376", {}
    with pytest.raises(NotFound, match="while it was read"):
        take("docker:app:1", docker=engine)


def test_an_answer_that_is_none_of_the_engine_s_is_an_error(engine: OverlayEngine) -> None:
    """Something else listens there."""
    engine.answers["/images/app:1/json"] = b"<html>"
    with pytest.raises(Unreachable):
        take("docker:app:1", docker=engine)


def test_without_an_engine_there_are_no_images() -> None:
    """It says so."""
    with pytest.raises(Unreachable, match="DOCKER_HOST"):
        take("docker:app:1")


def test_a_stream_that_ends_early_is_an_error(tmp_path: Path) -> None:
    """Never an image with fewer layers."""
    engine = remote(tmp_path)
    engine.streams[STREAM] = engine.streams[STREAM][:4000]
    with pytest.raises(Malformed):
        take("docker:app:1", docker=engine)


def test_an_image_whose_layers_go_while_they_are_read_is_not_found(engine: OverlayEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their directories were there a moment ago."""

    def removed(path: str, mode: int) -> bool:
        shutil.rmtree(path)
        return True

    monkeypatch.setattr(os, "access", removed)
    with pytest.raises(NotFound, match="while it was read"):
        take("docker:app:1", docker=engine)


def test_who_cannot_see_overlayfs_s_marks_has_images_streamed(engine: OverlayEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer would look as if it hid nothing, and that would be kept for everyone."""
    monkeypatch.setattr("hullwatch.targets.image.overlay.sees_marks", lambda: False)

    assert len(take("docker:app:1", docker=engine).packages) == 2
    assert STREAM in engine.asked
