"""Changelogs out of sources and binary packages."""

import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.advisories.debian import pool as debian_pool
from hullwatch.advisories.debian.changelog import Changelog
from hullwatch.advisories.debian.pool import SMALL, Binary, read_changelog
from hullwatch.advisories.debian.sources import Offer, Place
from hullwatch.advisories.records import Listed, Remote
from hullwatch.errors import NotFound, Unreachable

from ..debian_mirror import changelog, deb, documented, tar

TEXT = changelog(("1:3-1", "CVE-2026-0003"), ("1:2-1", "CVE-2026-0002"), ("1:1-1", "CVE-2026-0001"))
LONG = changelog(*((f"1:3.{number}-1", f"CVE-2026-{number:04}") for number in range(900, 0, -1)))


def offer(version: str, name: str, size: int = 1000) -> Offer:
    return Offer("x", version, (Place("bookworm", "http://a/pool", Listed(name, "", size)),))


def archive(**files: bytes) -> Callable[[str, Listed | None], Remote]:
    """An archive of these files; underscores twice stand for a dot."""
    content = {name.replace("__", "."): data for name, data in files.items()}

    def open_(address: str, listed: Listed | None) -> Remote:
        name = address.rpartition("/")[2]
        if name not in content:
            raise NotFound(f"{name} is not there")
        return Remote(io.BytesIO(content[name]), len(content[name]))

    return open_


def read(
    wanted: Offer, open_: Callable[[str, Listed | None], Remote], *versions: str, binaries: Sequence[tuple[str, int]] = ()
) -> Changelog:
    named = [Binary(f"http://a/pool/{name}", Listed(name, "", size)) for name, size in binaries]
    return read_changelog(wanted, versions, open_, lambda: named)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.debian.tar.xz", lzma.compress(tar(debian__source__format="3.0", debian__changelog=TEXT))),
        ("x.debian.tar.gz", gzip.compress(tar(debian__changelog=TEXT))),
        ("x.tar.xz", lzma.compress(tar(**{"x-3__README": "CVE", "x-3__debian__changelog": TEXT, "x-3__y__debian__changelog": "no"}))),
        (
            "x.diff.gz",
            gzip.compress(
                b"--- x.orig/a\n+++ x/a\n@@ -1 +1 @@\n+y (9) z; u=v\n+++ \n+++ b/debian/changelog\n"
                b"--- x.orig/debian/changelog\n+++ x-3/debian/changelog\n@@ -0,0 +1,9 @@\n"
                + b"".join(b"+" + line + b"\n" for line in TEXT.encode().splitlines())
            ),
        ),
    ],
)
def test_every_form_of_source_holds_its_changelog(name: str, data: bytes) -> None:
    """Quilt, native, and the diff of format 1.0."""
    found = read(offer("1:3-1", name), archive(**{name.replace(".", "__"): data}), "1:1-1")
    assert [entry.version for entry in found.entries] == ["1:3-1", "1:2-1", "1:1-1"]
    assert found.whole


def test_a_large_source_is_read_as_far_as_needed() -> None:
    """Then nothing is said of what stands below."""
    data = lzma.compress(tar(debian__changelog=LONG))
    found = read(offer("1:3.900-1", "x.debian.tar.xz", SMALL + 1), archive(x__debian__tar__xz=data), "1:3.890-1")
    assert [entry.version for entry in found.entries] == [f"1:3.{number}-1" for number in range(900, 889, -1)]
    assert not found.whole


def test_a_small_source_is_read_a_little_further() -> None:
    """It was fetched anyway, and may name a flaw that is named again above."""
    data = lzma.compress(tar(debian__changelog=LONG))
    found = read(offer("1:3.900-1", "x.debian.tar.xz"), archive(x__debian__tar__xz=data), "1:3.890-1")
    assert len(found.entries) > 11
    assert len(found.entries) < 30


def test_small_files_are_checked_against_their_digest() -> None:
    """The opener is told of it; of a large one only the head is asked for."""
    told: list[Listed | None] = []

    def open_(address: str, listed: Listed | None) -> Remote:
        told.append(listed)
        raise NotFound("x")

    for size in (SMALL, SMALL + 1):
        read(offer("1", "x.debian.tar.xz", size), open_, "0")
    assert [listed is not None for listed in told] == [True, False]


def test_where_the_source_is_missing_a_binary_package_tells() -> None:
    """The smallest that is not empty."""
    found = read(
        offer("1:3-1", "gone.debian.tar.xz"),
        archive(meta__deb=deb(tar()), big__deb=b"never opened", small__deb=deb(documented("small", TEXT))),
        "1:1-1",
        binaries=[("big.deb", 9_000_000), ("meta.deb", 1000), ("small.deb", 5000)],
    )
    assert [entry.version for entry in found.entries] == ["1:3-1", "1:2-1", "1:1-1"]


@pytest.mark.parametrize("name", ["data.tar", "data.tar.xz"])
def test_data_may_be_packed_or_not(name: str) -> None:
    """deb(5) allows both."""
    found = read(offer("1:3-1", "gone"), archive(a__deb=deb(documented("a", TEXT), name=name)), "1:1-1", binaries=[("a.deb", 5000)])
    assert found.entries


def test_a_linked_documentation_directory_is_followed() -> None:
    """openjdk's packages keep their documentation in the largest one."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as data:
        link = tarfile.TarInfo("./usr/share/doc/small")
        link.type, link.linkname = tarfile.SYMTYPE, "../doc/large"
        data.addfile(link)
    linked = deb(stream.getvalue())
    names = [f"small{number}_1_amd64" for number in range(4)]
    files = {f"{name}__deb": linked for name in names} | {"large_1_amd64__deb": deb(documented("large", TEXT))}
    binaries = [*((f"{name}.deb", 5000) for name in names), ("other_1_amd64.deb", 6000), ("large_1_amd64.deb", 900_000)]
    assert read(offer("1:3-1", "gone"), archive(**files), "1:1-1", binaries=binaries).entries
    without = read(offer("1:3-1", "gone"), archive(**dict(list(files.items())[:4])), "1:1-1", binaries=binaries)
    assert without.failure == "no package that was tried holds it"


def test_a_changelog_of_something_else_is_none() -> None:
    """What the software calls its changelog, or that of another version."""
    data = lzma.compress(tar(debian__changelog=TEXT))
    assert "begins with 1:3-1 instead of 4" in read(offer("4", "x.debian.tar.xz"), archive(x__debian__tar__xz=data), "1").failure


def test_what_cannot_be_had_is_said() -> None:
    """A broken connection may pass, a missing file stays missing."""

    def broken(address: str, listed: Listed | None) -> Remote:
        raise Unreachable("connection reset")

    assert read(offer("1", "x.debian.tar.xz"), broken, "0").may_pass
    missing = read(offer("1", "x.debian.tar.xz"), archive(), "0")
    assert (missing.failure, missing.may_pass) == ("neither its source nor a binary package lies in the archive", False)


def test_a_changelog_that_does_not_reach_down_is_kept_as_far_as_it_does() -> None:
    """A binary package's is cut off; better than none."""
    text = changelog(("3", "CVE-2026-0003"), ("2", "y")) + "# Older entries have been removed\n"
    found = read(offer("3", "gone"), archive(a__deb=deb(documented("a", text))), "1", binaries=[("a.deb", 5000)])
    assert (len(found.entries), found.cut, found.whole) == (2, True, False)
    assert not found.reaches("1")


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the changelog or in it."""
    monkeypatch.setattr(debian_pool, "UNPACKED_LIMIT", 100_000)
    data = lzma.compress(tar(debian__a=bytes(200_000), debian__changelog=TEXT))
    assert "unpacks to more" in read(offer("1:3-1", "x.debian.tar.xz"), archive(x__debian__tar__xz=data), "1").failure
    bomb = deb(documented("a", " no entry\n" * 20_000))
    found = read(offer("1:3-1", "gone"), archive(a__deb=bomb), "1", binaries=[("a.deb", 5000)])
    assert "unpacks to more" in found.failure


@given(st.binary(), st.sampled_from(["debian.tar.xz", "diff.gz", "tar.zst", "tar.bz2", "tar.gz"]), st.booleans())
def test_hostile_files_are_failures(data: bytes, suffix: str, well_packed: bool) -> None:
    """Whatever bytes an archive sends, packed well or not; so is a binary package."""
    packed = gzip.compress(data) if suffix.endswith("gz") and well_packed else data
    wanted = offer("1", f"x.{suffix}")
    files = {f"x.{suffix}": packed, "a.deb": b"!<arch>\n" + data, "b.deb": deb(data, name="data.tar")}
    open_ = archive(**{name.replace(".", "__"): content for name, content in files.items()})
    assert read(wanted, open_, "0", binaries=[("a.deb", 5000), ("b.deb", 5000)]).failure


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_damaged_files_are_failures_or_changelogs(place: int, damage: bytes) -> None:
    """A few bytes changed anywhere: an answer, and no exception."""
    data = bytearray(deb(documented("a", TEXT)))
    data[place : place + len(damage)] = damage
    read(offer("1:3-1", "gone"), archive(a__deb=bytes(data)), "1:1-1", binaries=[("a.deb", 5000)])
