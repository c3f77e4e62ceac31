"""Merging layers: the same image must give the same inventory in place, as the engine streams it, and from archives."""

import tarfile
from pathlib import Path

import pytest
from msgspec.structs import replace

from hullwatch.model import Inventory

from ..image_making import (
    OS_RELEASE,
    Directory,
    Hard,
    Layer,
    Link,
    Made,
    OverlayEngine,
    Special,
    in_place,
    make,
    metadata,
    new_archive,
    old_archive,
    places,
    saved,
    status,
    take,
)

SITE = "usr/lib/python3/dist-packages"
BASE: Layer = {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": status(("zlib", "1.2"), ("curl", "7.1"))}


def taken_in_place(tmp_path: Path, image: Made) -> Inventory:
    engine = OverlayEngine(tmp_path / "docker")
    engine.add(image)
    inventory = take(f"docker:{image.name}", docker=engine)
    assert not any(path.endswith("/get") for path in engine.asked), "it was streamed"
    return inventory


def streamed(tmp_path: Path, image: Made) -> Inventory:
    engine = OverlayEngine(tmp_path, endpoint="tcp://engine.example:2376")
    engine.add(image, on_disk=False)
    return take(f"docker:{image.name}", docker=engine)


def comparable(inventory: Inventory) -> Inventory:
    """Without what an archive cannot know."""
    image = inventory.image
    assert image is not None
    return replace(inventory, target=replace(inventory.target, reference=""), image=replace(image, registry_digests=(), tag_moved_at=None))


def everywhere(tmp_path: Path, *layers: Layer) -> Inventory:
    """The inventory, which must be the same in every way of reading."""
    image = make("app:1", *layers)
    first = taken_in_place(tmp_path, image)
    assert streamed(tmp_path / "streamed", image) == first
    for archive in (old_archive(image), new_archive(image)):
        assert comparable(take(saved(tmp_path, archive))) == comparable(first)
    return first


@in_place
def test_a_database_counts_in_its_newest_form_and_packages_remember_the_layer_that_brought_them(tmp_path: Path) -> None:
    """What an upper layer upgraded or removed is gone; what it left alone belongs to the layer below."""
    inventory = everywhere(tmp_path, BASE, {"var/lib/dpkg/status": status(("zlib", "1.3"), ("curl", "7.1"), ("jq", "1.6"))})

    at = "var/lib/dpkg/status"
    assert places(inventory) == [("curl", "7.1", [(at, 1)]), ("jq", "1.6", [(at, 2)]), ("zlib", "1.3", [(at, 2)])]
    assert [layer.instruction for layer in inventory.layers] == ["RUN step 1", "RUN step 2"]
    assert inventory.packages[0].seen_at[0].layer == inventory.layers[0].diff_id
    assert inventory.distribution is not None
    assert inventory.gaps == ()


@in_place
def test_a_version_that_went_and_came_back_belongs_to_the_layer_that_brought_it_back(tmp_path: Path) -> None:
    """Its files are those of the upper layer."""
    upgraded: Layer = {"var/lib/dpkg/status": status(("zlib", "1.3"), ("curl", "7.1"))}
    inventory = everywhere(tmp_path, BASE, upgraded, {"var/lib/dpkg/status": status(("zlib", "1.2"), ("curl", "7.1"))})

    assert places(inventory) == [("curl", "7.1", [("var/lib/dpkg/status", 1)]), ("zlib", "1.2", [("var/lib/dpkg/status", 3)])]


@in_place
def test_language_packages_of_all_layers_are_there_unless_whited_out_or_replaced(tmp_path: Path) -> None:
    """A whiteout of a file, of a directory above it, an opaque directory, and a newer file at the same path."""
    inventory = everywhere(
        tmp_path,
        BASE,
        {f"{SITE}/{name}-1.dist-info/METADATA": metadata(name, "1") for name in ("kept", "file", "directory", "replaced", "touched")}
        | {"opt/old/x-1.dist-info/METADATA": metadata("opaque", "1"), "opt/gone/y-1.dist-info/METADATA": metadata("above", "1")},
        {
            f"{SITE}/file-1.dist-info/.wh.METADATA": b"",
            f"{SITE}/.wh.directory-1.dist-info": b"",
            f"{SITE}/replaced-1.dist-info/METADATA": metadata("replaced", "2"),
            f"{SITE}/touched-1.dist-info/METADATA": metadata("touched", "1"),
            "opt/old/": Directory(),
            "opt/old/.wh..wh..opq": b"",
            "opt/old/z-1.dist-info/METADATA": metadata("anew", "1"),
            "opt/.wh.gone": b"",
        },
    )

    assert places(inventory)[2:] == [
        ("anew", "1", [("opt/old/z-1.dist-info/METADATA", 3)]),
        ("kept", "1", [(f"{SITE}/kept-1.dist-info/METADATA", 2)]),
        ("replaced", "2", [(f"{SITE}/replaced-1.dist-info/METADATA", 3)]),
        ("touched", "1", [(f"{SITE}/touched-1.dist-info/METADATA", 2)]),
    ]
    assert inventory.gaps == ()


@in_place
@pytest.mark.parametrize("item", [Link("elsewhere"), b"a file"], ids=["link", "file"])
def test_what_lies_below_a_directory_that_became_something_else_is_gone(tmp_path: Path, item: Link | bytes) -> None:
    """No whiteout says so: the file or link alone hides the directory."""
    brought: Layer = {"srv/app/lib/x-1.dist-info/METADATA": metadata("x", "1"), "srv/else/y-1.dist-info/METADATA": metadata("y", "1")}
    inventory = everywhere(tmp_path, BASE, brought, {"srv/app": item})

    assert [package.name for package in inventory.packages] == ["curl", "zlib", "y"]


@in_place
def test_a_database_behind_a_link_of_another_layer_is_read_once_and_keeps_its_history(tmp_path: Path) -> None:
    """Alpine's lib became a link to usr/lib: both spellings are declared, one file is there."""
    installed = b"P:musl\nV:1.2.4-r2\nA:x86_64\no:musl\n\n"
    inventory = everywhere(
        tmp_path,
        {"etc/os-release": b"ID=alpine\nVERSION_ID=3.22.0\n", "lib/apk/db/installed": installed},
        {".wh.lib": b"", "usr/lib/apk/db/installed": installed + b"P:zlib\nV:1.3-r0\nA:x86_64\no:zlib\n\n"},
        {"lib": Link("usr/lib")},
    )

    at = "usr/lib/apk/db/installed"
    assert places(inventory) == [("musl", "1.2.4-r2", [(at, 1)]), ("zlib", "1.3-r0", [(at, 2)])]


@in_place
def test_a_link_on_the_way_that_an_upper_layer_replaced_by_a_directory_is_none_any_more(tmp_path: Path) -> None:
    """The upper layer's directory counts, even where its tar has no entry for it."""
    inventory = everywhere(
        tmp_path,
        {"etc/os-release": b"ID=alpine\nVERSION_ID=3.22.0\n", "lib": Link("usr/lib"), "usr/lib/apk/db/installed": b"P:a\nV:1\n\n"},
        {"lib/apk/db/installed": b"P:b\nV:2\n\n"},
    )

    assert [package.name for package in inventory.packages] == ["a", "b"]


@in_place
def test_links_lead_nowhere_but_into_the_root(tmp_path: Path) -> None:
    """An absolute link begins at the target's root, and .. ends there; the machine's own files are never read."""
    secret = tmp_path / "outside"
    secret.mkdir()
    (secret / "status").write_bytes(status(("stolen", "1")))
    for target in (f"{secret}", f"../../../../../../../../..{secret}"):
        image = make("app:1", {"etc/os-release": OS_RELEASE, "var/lib/dpkg": Link(target)})
        found = taken_in_place(tmp_path / target.replace("/", "_"), image)
        assert found.packages == ()
        assert [gap.kind for gap in found.gaps] == ["package-database"]


@in_place
def test_a_database_that_links_lead_away_from_is_read_where_it_lies(tmp_path: Path) -> None:
    """Through a chain of links over several layers; streamed bytes are gone by then, which is a gap."""
    image = make(
        "app:1",
        {"etc/os-release": OS_RELEASE, "data/dpkg/status": status(("zlib", "1.2")), "data/dpkg/info/zlib.list": b"/x-1.egg-info\n"},
        {"var/lib/dpkg": Link("../../mnt/current/dpkg"), "x-1.egg-info": metadata("x", "1")},
        {"mnt/current": Link("/data")},
    )
    found = taken_in_place(tmp_path, image)

    assert places(found) == [("zlib", "1.2", [("var/lib/dpkg/status", 1)]), ("x", "1", [("x-1.egg-info", 2)])]
    assert found.packages[1].owned_by == "zlib"
    assert found.gaps == ()
    assert {gap.kind for gap in streamed(tmp_path / "s", image).gaps} == {"link", "package-database"}


@in_place
def test_a_ring_of_links_is_no_database(tmp_path: Path) -> None:
    """It ends, and nothing is there."""
    inventory = everywhere(tmp_path, {"etc/os-release": OS_RELEASE, "var/lib": Link("/var/lib")})

    assert [gap.kind for gap in inventory.gaps] == ["package-database"]


@in_place
def test_one_record_stands_for_one_package_at_all_its_places(tmp_path: Path) -> None:
    """Unless a package of the distribution owns one of them."""
    inventory = everywhere(
        tmp_path,
        {
            **BASE,
            f"{SITE}/six-1.egg-info": metadata("six", "1"),
            "var/lib/dpkg/info/python3-six.list": f"/.\n/{SITE}/six-1.egg-info\n".encode(),
        },
        {"opt/a/six-1.dist-info/METADATA": metadata("six", "1")},
        {"opt/b/six-1.dist-info/METADATA": metadata("six", "1")},
    )

    six = [(package.owned_by, [at.path for at in package.seen_at]) for package in inventory.packages if package.name == "six"]
    assert six == [
        ("", ["opt/a/six-1.dist-info/METADATA", "opt/b/six-1.dist-info/METADATA"]),
        ("python3-six", [f"{SITE}/six-1.egg-info"]),
    ]


@in_place
def test_hard_links_are_files_like_others(tmp_path: Path) -> None:
    """In a tar the second name has no bytes of its own."""
    inventory = everywhere(
        tmp_path,
        {**BASE, "cache/x-1.dist-info/METADATA": metadata("x", "1"), "venv/x-1.dist-info/METADATA": Hard("cache/x-1.dist-info/METADATA")},
        {"etc/passwd": b"root:x:0:0::/root:/bin/sh\n"},
    )

    assert places(inventory)[2:] == [("x", "1", [("cache/x-1.dist-info/METADATA", 1), ("venv/x-1.dist-info/METADATA", 1)])]


@in_place
def test_an_image_from_scratch_has_neither_packages_nor_gaps(tmp_path: Path) -> None:
    """A note says that there is no system."""
    inventory = everywhere(tmp_path, {"app": b"\x7fELF"})

    assert (inventory.packages, inventory.gaps, inventory.distribution) == ((), (), None)
    assert [note.kind for note in inventory.notes] == ["no-system"]


@in_place
def test_a_system_without_a_package_database_is_a_gap_and_so_is_the_other_way_round(tmp_path: Path) -> None:
    """Silence is never a pass."""
    system = everywhere(tmp_path / "system", {"etc/os-release": b"ID=fedora\nVERSION_ID=41\nPRETTY_NAME='Fedora 41'\n"})
    database = everywhere(tmp_path / "database", {"var/lib/dpkg/status": status(("zlib", "1.2"))})

    assert [(gap.kind, gap.what) for gap in system.gaps] == [("package-database", "packages of Fedora 41")]
    assert [gap.kind for gap in database.gaps] == ["distribution"]


@in_place
@pytest.mark.parametrize("item", [Special(tarfile.FIFOTYPE), Directory()])
def test_what_stands_where_a_database_should_and_is_no_file_is_a_gap(tmp_path: Path, item: Special | Directory) -> None:
    """It is not opened, and not passed over either."""
    inventory = everywhere(tmp_path, {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": item})

    assert ("file", "var/lib/dpkg/status") in [(gap.kind, gap.what) for gap in inventory.gaps]


@in_place
@pytest.mark.parametrize("emptied", [b"", b"\n\n\n", b"Package: zlib\nStatus: deinstall ok config-files\nVersion: 1\n"])
def test_a_database_without_packages_is_a_gap(tmp_path: Path, emptied: bytes) -> None:
    """Whoever empties it does not make the system clean."""
    inventory = everywhere(tmp_path, {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": emptied})

    assert [(gap.kind, gap.what) for gap in inventory.gaps] == [("package-database", "var/lib/dpkg/status")]


@in_place
def test_names_that_are_not_utf_8_are_shown_and_counted(tmp_path: Path) -> None:
    """A report can hold them."""
    inventory = everywhere(tmp_path, {**BASE, "opt/\udcff/x-1.dist-info/METADATA": metadata("x", "1")})

    assert places(inventory)[2:] == [("x", "1", [("opt/\\xff/x-1.dist-info/METADATA", 1)])]


@in_place
def test_a_database_that_moved_behind_a_link_keeps_its_history(tmp_path: Path) -> None:
    """Packages belong to the layers that brought them, not to the one that moved the database."""
    image = make(
        "app:1",
        BASE,
        {"usr/share/dpkg-db/status": status(("zlib", "1.2"), ("jq", "1.6")), "var/lib/.wh.dpkg": b""},
        {"var/lib/dpkg": Link("../../usr/share/dpkg-db")},
    )
    moved_at_once = make(
        "app:1", BASE, {"usr/share/dpkg-db/status": status(("zlib", "1.2"), ("jq", "1.6")), "var/lib/dpkg": Link("../../usr/share/dpkg-db")}
    )
    at = "var/lib/dpkg/status"

    for made in (image, moved_at_once):
        found = taken_in_place(tmp_path / made.id[7:], made)
        assert places(found) == [("jq", "1.6", [(at, 2)]), ("zlib", "1.2", [(at, 1)])]


@in_place
def test_whiteouts_at_the_root_are_applied(tmp_path: Path) -> None:
    """Where nothing else is held of the layers below."""
    inventory = everywhere(tmp_path, {"x-1.egg-info": metadata("x", "1"), "y-1.egg-info": metadata("y", "1")}, {".wh.x-1.egg-info": b""})

    assert [package.name for package in inventory.packages] == ["y"]


@in_place
def test_a_place_that_layers_emptied_may_hold_something_else_by_now(tmp_path: Path) -> None:
    """What was known of it is not known any more."""
    image = make(
        "app:1",
        {"etc/os-release": OS_RELEASE, "a/x-1.dist-info/METADATA": metadata("x", "1")},
        {"a": Directory(), "a/.wh..wh..opq": b""},
        {"a": status(("zlib", "1.2")), "var/lib/dpkg/status": Link("/a")},
    )

    assert places(taken_in_place(tmp_path, image)) == [("zlib", "1.2", [("var/lib/dpkg/status", 3)])]
