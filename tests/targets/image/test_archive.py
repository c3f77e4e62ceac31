"""Archives of docker save: whole, compressed, damaged and hostile."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from hullwatch.config import Limits
from hullwatch.errors import HullwatchError, LimitExceeded, Malformed, NotFound, Untrusted
from hullwatch.model import Inventory
from tests.doubles import MemoryCache

from ..image_making import (
    OS_RELEASE,
    Hard,
    Item,
    Layer,
    Link,
    Special,
    digest,
    make,
    metadata,
    new_archive,
    old_archive,
    places,
    saved,
    status,
    take,
    tar_of,
)

BASE: Layer = {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": status(("zlib", "1.2"))}
IMAGE = make("app:1", BASE, {"x-1.egg-info": metadata("x", "1")}, User="app", Labels={"a": "b"}, Healthcheck={"Test": ["CMD", "true"]})


def read(tmp_path: Path, data: bytes, limits: Limits | None = None) -> Inventory:
    """The inventory of an archive."""
    return take(saved(tmp_path, data), limits=limits)


def rewritten(image: bytes, **changes: object) -> bytes:
    """An archive whose manifest says something else."""
    with tarfile.open(fileobj=io.BytesIO(image)) as tar:
        content = {entry.name: (tar.extractfile(entry) or io.BytesIO()).read() for entry in tar if entry.isfile()}
    (manifest,) = json.loads(content["manifest.json"])
    return tar_of(content | {"manifest.json": json.dumps([manifest | changes]).encode()})


def test_an_archive_says_what_the_image_says_of_itself(tmp_path: Path) -> None:
    """From its configuration, and the names from its manifest."""
    inventory = read(tmp_path, old_archive(IMAGE))

    assert inventory.image is not None
    assert (inventory.image.image_id, inventory.image.names) == (IMAGE.id, ("app:1",))
    assert (inventory.image.user, inventory.image.labels, inventory.image.has_health_check) == ("app", {"a": "b"}, True)
    assert inventory.target.identifiers == {"image_id": IMAGE.id}
    assert places(inventory) == [("zlib", "1.2", [("var/lib/dpkg/status", 1)]), ("x", "1", [("x-1.egg-info", 2)])]


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(old_archive(IMAGE)),
        zstandard.compress(old_archive(IMAGE)),
        new_archive(IMAGE, compress=gzip.compress),
        new_archive(IMAGE, compress=zstandard.compress),
        gzip.compress(new_archive(IMAGE, compress=gzip.compress)),
    ],
    ids=["whole by gzip", "whole by zstd", "layers by gzip", "layers by zstd", "both"],
)
def test_a_compressed_archive_is_the_same_image(tmp_path: Path, packed: bytes) -> None:
    """Diff IDs are those of the bytes before compression."""
    assert read(tmp_path, packed) == read(tmp_path, old_archive(IMAGE))


def test_layers_that_an_archive_holds_once_may_be_named_by_links(tmp_path: Path) -> None:
    """As older engines save an image that has the same layer twice."""
    entries: dict[str, Item] = {"a/layer.tar": IMAGE.layers[0], "b/layer.tar": Link("../a/layer.tar"), "c/layer.tar": Link("/b/layer.tar")}
    image = make("app:1", IMAGE.layers[0], IMAGE.layers[0])
    manifest = [{"Config": "config.json", "Layers": ["a/layer.tar", "c/layer.tar"], "RepoTags": None}]
    archive = tar_of({**entries, "config.json": image.configuration, "manifest.json": json.dumps(manifest).encode()})

    assert places(read(tmp_path, archive)) == [("zlib", "1.2", [("var/lib/dpkg/status", 1)])]


def test_of_several_images_the_first_is_read_and_the_others_are_gaps(tmp_path: Path) -> None:
    """Nothing that is in the archive goes unmentioned."""
    inventory = read(tmp_path, old_archive(IMAGE, make("other:2", BASE)))

    assert inventory.image is not None
    assert inventory.image.names == ("app:1",)
    assert [(gap.kind, gap.what) for gap in inventory.gaps] == [("archive", "other:2")]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", Malformed),
        (b"no archive", Malformed),
        (tar_of({"a": b"1"}), Malformed),
        (tar_of({"../manifest.json": b"[]"}), Malformed),
        (tar_of({"manifest.json": b"[]"}), Malformed),
        (tar_of({"manifest.json": b'[{"Layers": 1}]'}), Malformed),
        (tar_of({"manifest.json": b'[{"Config": "absent.json", "Layers": []}]'}), Malformed),
        (tar_of({"manifest.json": b'[{"Config": "c.json", "Layers": []}]', "c.json": b"{]"}), Malformed),
        (tar_of({"manifest.json": b'[{"Config": "c.json", "Layers": []}]', "c.json": b'{"rootfs": {"diff_ids": ["x"]}}'}), Malformed),
        (rewritten(old_archive(IMAGE), Layers=["absent/layer.tar"] * 2), Malformed),
        (rewritten(old_archive(IMAGE), Layers=[]), Untrusted),
        (old_archive(IMAGE)[:5000], Malformed),
        (gzip.compress(old_archive(IMAGE))[:-100], Malformed),
    ],
)
def test_what_is_no_archive_of_docker_save_is_an_error(tmp_path: Path, data: bytes, error: type[HullwatchError]) -> None:
    """It says so and what to do, whatever is wrong with it."""
    with pytest.raises(error):
        read(tmp_path, data)


def test_a_layer_with_another_digest_than_declared_is_not_trusted_and_plants_nothing(tmp_path: Path) -> None:
    """Its facts are kept under the digest that its bytes have, never under the one that the image claims."""
    honest = make("app:1", BASE)
    swapped = tar_of({"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": status(("zlib", "9.9"))})
    lying = honest._replace(layers=(swapped,))
    cache = MemoryCache()

    with pytest.raises(Untrusted):
        take(saved(tmp_path, old_archive(lying)), cache=cache)

    assert not any(digest(honest.layers[0]) in key for key in cache.kept)
    assert any(digest(swapped) in key for key in cache.kept)


def test_a_configuration_with_another_digest_than_its_name_is_not_trusted(tmp_path: Path) -> None:
    """The image id is the digest of the configuration."""
    archive = old_archive(IMAGE).replace(b'"architecture": "amd64"', b'"architecture": "arm64"')

    with pytest.raises(Untrusted):
        read(tmp_path, archive)


def test_absent_and_unsuitable_files_are_errors(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(NotFound):
        take(f"archive:{tmp_path}/absent.tar")
    with pytest.raises(Malformed):
        take(f"archive:{tmp_path}")


HOSTILE: Layer = {
    "../outside-1.dist-info/METADATA": metadata("outside", "1"),
    "a/../../up-1.dist-info/METADATA": metadata("up", "1"),
    "/absolute-1.dist-info/METADATA": metadata("absolute", "1"),
    "./b/.././c//x-1.dist-info/METADATA": metadata("x", "1"),
    "out-1.dist-info/METADATA": Hard("../../etc/passwd"),
    "lost-1.dist-info/METADATA": Hard("nowhere"),
    "pipe-1.dist-info/METADATA": Special(tarfile.FIFOTYPE),
    "device-1.dist-info/METADATA": Special(tarfile.BLKTYPE),
    "d/.wh...": b"",
    "s-1.dist-info/METADATA": Special(tarfile.GNUTYPE_SPARSE),
}


def test_hostile_entries_are_gaps_and_lead_nowhere(tmp_path: Path) -> None:
    """Names and links out of the root; what is no file is never read; a whiteout of the directory above is none."""
    inventory = read(tmp_path, old_archive(make("app:1", BASE, HOSTILE)))

    assert [package.name for package in inventory.packages] == ["zlib", "absolute", "x"]
    assert [(gap.what, gap.why) for gap in inventory.gaps] == [
        ("../outside-1.dist-info/METADATA, a/../../up-1.dist-info/METADATA", "its name leads out of the root"),
        ("d/.wh...", "a whiteout of nothing"),
        ("lost-1.dist-info/METADATA", "a hard link to a file that had flowed by"),
        ("out-1.dist-info/METADATA", "a hard link that leads out of the root"),
        ("s-1.dist-info/METADATA", "a sparse file, which is not unfolded"),
    ]
    assert all(gap.seen_at and gap.seen_at.layer_number == 2 for gap in inventory.gaps)


def test_files_below_a_link_of_the_same_layer_lie_where_it_leads(tmp_path: Path) -> None:
    """As they would once unpacked; below anything else that is no directory they cannot be, and that is a gap."""
    layer: Layer = {
        "lib": Link("usr/lib"),
        "lib/apk/db/installed": b"P:musl\nV:1.2\n\n",
        "app": b"file",
        "app/x-1.dist-info/METADATA": metadata("x", "1"),
    }
    inventory = read(tmp_path, old_archive(make("app:1", {"etc/os-release": b"ID=alpine\nVERSION_ID=3.20.1\n"}, layer)))

    assert places(inventory) == [("musl", "1.2", [("usr/lib/apk/db/installed", 2)])]
    assert [(gap.what, gap.why) for gap in inventory.gaps] == [("app/x-1.dist-info/METADATA", "lies below what is no directory")]


@pytest.mark.parametrize(
    ("limits", "layer", "key"),
    [
        (Limits(entries=3), {str(number): b"" for number in range(5)}, "entries"),
        (Limits(wanted_files=3), {f"{number}.egg-info": metadata("x", "1") for number in range(5)}, "wanted_files"),
        (Limits(wanted_files=3), {f"{number}.egg-info": Link("x") for number in range(5)}, "wanted_files"),
        (Limits(wanted_files=3), {"a.egg-info": b"", **{f"{number}.egg-info": Hard("a.egg-info") for number in range(5)}}, "wanted_files"),
        (Limits(facts=3), {"a.egg-info": b"", **{f"{number}.egg-info": Hard("a.egg-info") for number in range(5)}}, "facts"),
        (Limits(facts=3), {"var/lib/dpkg/info/a.list": b"/x.egg-info\n" * 5}, "facts"),
        (Limits(facts=3), {"var/lib/dpkg/status": status(*((f"p{number}", "1") for number in range(9)))}, "facts"),
        (Limits(whiteouts=3), {f".wh.{number}": b"" for number in range(5)}, "whiteouts"),
        (Limits(layer_bytes=4000), {"a": bytes(9000)}, "layer_bytes"),
        (Limits(document_bytes=10), {}, "document_bytes"),
        (Limits(layers=0), {}, "layers"),
    ],
)
def test_more_than_a_limit_is_an_error_that_names_the_setting(tmp_path: Path, limits: Limits, layer: Layer, key: str) -> None:
    """Whoever means it can raise it."""
    with pytest.raises(LimitExceeded, match=key):
        read(tmp_path, old_archive(make("app:1", layer)), limits=limits)


def test_a_file_too_large_to_hold_and_a_name_too_long_are_gaps(tmp_path: Path) -> None:
    """The rest of the image is read."""
    layer: Layer = {"etc/os-release": OS_RELEASE, "big-1.egg-info": metadata("big", "1") + bytes(5000), "n" * 300 + "-1.egg-info": b""}
    inventory = read(tmp_path, old_archive(make("app:1", layer)), limits=Limits(file_bytes=4000, path_bytes=200))

    assert inventory.distribution is not None
    assert {gap.kind for gap in inventory.gaps} == {"file", "limit", "package-database"}


def test_paths_and_links_that_no_kernel_would_follow_are_gaps(tmp_path: Path) -> None:
    """Thousands of directories in each other, a link's target of thousands, a file below a link that leads as deep: the rest is read."""
    deep = "d/" * 300
    layer: Layer = {
        **BASE,
        f"{deep}a-1.egg-info": metadata("a", "1"),
        "b-1.egg-info": Link("x/" * 2500),
        "usr/lib/python3": Link("y/" * 250),
        "usr/lib/python3/c-1.egg-info": metadata("c", "1"),
    }
    inventory = read(tmp_path, old_archive(make("app:1", layer)))

    assert [package.name for package in inventory.packages] == ["zlib"]
    assert [(gap.kind, gap.what[:20]) for gap in inventory.gaps] == [
        ("archive-entry", "usr/lib/python3/c-1."),
        ("limit", "b-1.egg-info"),
        ("limit", "d/d/d/d/d/d/d/d/d/d/"),
    ]


@pytest.mark.parametrize("item", [b"{}", Link("x")])
def test_an_archive_of_nothing_but_names_is_refused(tmp_path: Path, item: Item) -> None:
    """Documents and links are held until the manifest comes: there are a few for each layer, not thousands."""
    with pytest.raises(LimitExceeded, match="documents and links"):
        read(tmp_path, tar_of({str(number): item for number in range(10_001)} | {"manifest.json": b"[]"}))


ARCHIVE = old_archive(IMAGE)


@settings(max_examples=150)
@given(position=st.integers(0, len(ARCHIVE) - 1), value=st.binary(min_size=1, max_size=30), end=st.integers(5000, len(ARCHIVE)))
def test_whatever_is_damaged_nothing_but_our_errors_comes_out(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: bytes, end: int
) -> None:
    """Bytes replaced anywhere, and the end cut off: an error, or the same packages as ever."""
    data = (ARCHIVE[:position] + value + ARCHIVE[position + len(value) :])[:end]
    try:
        inventory = read(tmp_path_factory.mktemp("damaged"), data)
    except HullwatchError:
        return
    assert [package.name for package in inventory.packages] == ["zlib", "x"]
