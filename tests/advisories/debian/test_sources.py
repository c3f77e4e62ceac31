"""What is newest in a Debian release."""

from pathlib import Path

from hullwatch.advisories.debian.releases import suites
from hullwatch.advisories.debian.sources import Offer, Stanza, newest, stanzas

INDEXES = "debian-archive-2026-11-25/indexes"
MAIN, _, SECURITY = suites("bookworm")


def offers(data: Path) -> dict[str, Offer]:
    found: list[Stanza] = []
    for suite in (MAIN, SECURITY):
        found += stanzas((data / INDEXES / f"{suite.name}.Sources").read_bytes().split(b"\n\n"), suite)
    return newest(found, SECURITY.name)


def test_of_several_versions_the_highest_counts(data: Path) -> None:
    """Linux has seventeen paragraphs, some kept beside for the sake of their licence alone."""
    assert offers(data)["linux"].version == "6.1.192-2"
    assert offers(data)["linux-signed-amd64"].version == "6.1.192+2"


def test_the_security_suite_is_not_always_ahead(data: Path) -> None:
    """curl: deb12u5 there, deb12u15 in main; what the security team uploaded is remembered."""
    found = offers(data)
    assert (found["curl"].version, found["curl"].security) == ("7.88.1-10+deb12u15", "7.88.1-10+deb12u5")
    assert (found["xz-utils"].version, found["xz-utils"].security) == ("5.4.1-1+deb12u2", "5.4.1-1+deb12u2")
    assert (found["gcc-defaults"].version, found["gcc-defaults"].security) == ("1.203", "")


def test_a_version_lies_wherever_its_suites_have_it(data: Path) -> None:
    """jetty9 in both archives, with the file that holds its changelog; of a native package that is all of it."""
    places = offers(data)["jetty9"].places
    assert [place.suite for place in places] == ["bookworm", "bookworm-security"]
    assert places[1].directory == "http://deb.debian.org/debian-security/pool/updates/main/j/jetty9"
    assert [place.file.name for place in places if place.file] == ["jetty9_9.4.57-1.1~deb12u1.debian.tar.xz"] * 2
    [native] = offers(data)["linux-signed-amd64"].places
    assert native.file is not None
    assert native.file.name == "linux-signed-amd64_6.1.192+2.tar.xz"


def test_a_source_kept_beside_is_none() -> None:
    """Nor is one whose version has no place in the order, or whose name is none."""
    paragraphs = (
        b"Package: aa\nVersion: 2\nExtra-Source-Only: yes\nDirectory: pool/a",
        b"Package: aa\nVersion: 1\nDirectory: pool/a",
        b"Package: bb\nVersion: one two\nDirectory: pool/b",
        b"Package: ../c\nVersion: 1\nDirectory: pool/c",
        b"\xff\xfe",
    )
    assert [(stanza.source, stanza.version) for stanza in stanzas(paragraphs, MAIN)] == [("aa", "1")]
