"""Where bytes may be had."""

from pathlib import Path

import pytest

from hullwatch.advisories.places import DIRECT, Archive, Place, mirror_address, path_of, places_of
from hullwatch.errors import Malformed, Misuse

ADDRESS = "http://deb.debian.org/debian/dists/bookworm/InRelease"
ARCHIVE = Archive(published="http://deb.debian.org/debian", places=(Place("http://apt.corp/debian/", DIRECT),))


def test_a_mirror_comes_first_then_the_machines_archives_then_the_publisher() -> None:
    """Laid out as host and path."""
    assert list(places_of(ADDRESS, mirror="https://mirror.corp/feeds/", archives=(ARCHIVE,))) == [
        Place("https://mirror.corp/feeds/deb.debian.org/debian/dists/bookworm/InRelease"),
        Place("http://apt.corp/debian/dists/bookworm/InRelease", DIRECT),
        Place(ADDRESS),
    ]


def test_an_archive_stands_for_what_lies_below_it_only() -> None:
    """debian-security lies beside debian, not below."""
    address = "http://deb.debian.org/debian-security/dists/bookworm-security/InRelease"
    assert list(places_of(address, archives=(ARCHIVE,))) == [Place(address)]


def test_an_address_cannot_lead_out_of_its_archive() -> None:
    """Directories and names of files come from indexes."""
    for path in ("/debian/../../etc/passwd", "/debian/%2e%2e/etc/passwd"):
        with pytest.raises(Malformed):
            list(places_of(f"http://deb.debian.org{path}", mirror="/srv/mirror"))


def test_a_mirror_may_be_a_directory(tmp_path: Path) -> None:
    """A path, or a file address."""
    (tmp_path / "with space").mkdir()
    address = mirror_address(str(tmp_path / "with space"))
    assert address == mirror_address(address)
    assert path_of(f"{address}/host/file") == tmp_path / "with space/host/file"


def test_other_kinds_of_mirrors_are_misuse() -> None:
    """The user is told what may be given."""
    with pytest.raises(Misuse, match="neither"):
        mirror_address("ftp://example.org")
