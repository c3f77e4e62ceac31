"""This machine's apt configuration."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.advisories.apt_sources import Entry, archives_of, parse_deb822, parse_one_line, parse_settings, read_archives
from hullwatch.advisories.places import DIRECT, Archive, Place

MAIN, SECURITY = "http://deb.debian.org/debian", "http://deb.debian.org/debian-security"


def test_one_line_entries() -> None:
    """Options, comments and lines that are none, as sources.list(5) has them."""
    text = """
    # deb http://off.example/ bookworm main
    deb [arch=amd64 signed-by=/x.gpg] http://apt.corp/debian bookworm main contrib # comment
    deb-src http://apt.corp/debian bookworm main
    nonsense
    """
    assert list(parse_one_line(text)) == [
        Entry("http://apt.corp/debian", "bookworm", ("main", "contrib")),
        Entry("http://apt.corp/debian", "bookworm", ("main",)),
    ]


def test_deb822_entries() -> None:
    """Several addresses and suites in one paragraph, comments inside, and one that is switched off."""
    first = "# a\nTypes: deb\nURIs: http://a/debian\n http://b/debian\nSuites: bookworm bookworm-updates\n# c\nComponents: main\n"
    text = f"{first}\n \nEnabled: no\nURIs: http://off/\nSuites: x\n"
    assert [(entry.address, entry.suite) for entry in parse_deb822(text)] == [
        ("http://a/debian", "bookworm"),
        ("http://a/debian", "bookworm-updates"),
        ("http://b/debian", "bookworm"),
        ("http://b/debian", "bookworm-updates"),
    ]


def test_settings_in_both_spellings() -> None:
    """Nested and in full, with every kind of comment."""
    text = """
    // Acquire::http::Proxy "http://comment:1";
    # Acquire::http::Proxy "http://comment:2";
    Acquire { http { Proxy "http://proxy:3128"; Proxy::apt.corp "DIRECT"; /* Timeout "1"; */ }; };
    acquire::https::proxy "http://tls:3128"; APT::Architectures { "amd64"; };
    """
    assert parse_settings(text) == {
        "acquire::http::proxy": "http://proxy:3128",
        "acquire::http::proxy::apt.corp": "DIRECT",
        "acquire::https::proxy": "http://tls:3128",
    }


def test_debians_archives_are_known_by_suite_and_component() -> None:
    """Others' repositories stay out, and so do methods that need a program."""
    entries = [
        Entry("http://a/debian/", "bookworm", ("main",)),
        Entry("https://apt.example/", "bookworm-tool", ("main",)),
        Entry("https://docker.example/", "bookworm", ("stable",)),
        Entry("http://s/debian-security", "bookworm-security", ("main",)),
        Entry("http://s/old", "buster/updates", ("main",)),
        Entry("cdrom:[x]/", "bookworm", ("main",)),
        Entry("copy:/srv/debian", "stable", ("main",)),
        Entry("file:/srv/debian", "stable-updates", ("main",)),
    ]
    assert archives_of(entries, {}) == (
        Archive(published=MAIN, places=(Place("http://a/debian"), Place("file:///srv/debian"))),
        Archive(published=SECURITY, places=(Place("http://s/debian-security"), Place("http://s/old"))),
    )


@pytest.mark.parametrize(
    ("address", "proxy"),
    [("http://a/debian", "http://proxy:1"), ("http://direct/debian", DIRECT), ("https://a/debian", "http://proxy:1"), ("file:///a", "")],
)
def test_apts_proxies(address: str, proxy: str) -> None:
    """A host's own setting first; https falls back on http's."""
    settings = {"acquire::http::proxy": "http://proxy:1", "acquire::http::proxy::direct": "DIRECT"}
    [archive] = archives_of([Entry(address, "bookworm", ("main",))], settings)
    assert archive.places[0].proxy == proxy


def test_the_configuration_of_a_machine(tmp_path: Path) -> None:
    """Files that apt does not read are not read; later settings win."""
    apt = tmp_path / "etc/apt"
    (apt / "sources.list.d").mkdir(parents=True)
    (apt / "apt.conf.d").mkdir()
    (apt / "sources.list").write_text("deb http://a/debian bookworm main\n")
    (apt / "sources.list.d/b.sources").write_text(
        "Types: deb\nURIs: http://b/debian-security\nSuites: bookworm-security\nComponents: main\n"
    )
    (apt / "sources.list.d/c.list.save").write_text("deb http://c/debian bookworm main\n")
    (apt / "apt.conf.d/10proxy").write_text('Acquire::http::Proxy "http://first:1";')
    (apt / "apt.conf.d/20proxy~").write_text('Acquire::http::Proxy "http://backup:1";')
    (apt / "apt.conf").write_text('Acquire::http::Proxy "http://last:1";')
    assert read_archives(tmp_path) == (
        Archive(published=MAIN, places=(Place("http://a/debian", "http://last:1"),)),
        Archive(published=SECURITY, places=(Place("http://b/debian-security", "http://last:1"),)),
    )
    assert read_archives(tmp_path / "nowhere") == ()


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from('{};"/#*:[]\n ')))
def test_hostile_configuration_raises_nothing(text: str) -> None:
    """Whatever an administrator wrote."""
    archives_of([*parse_one_line(text), *parse_deb822(text)], parse_settings(text))
