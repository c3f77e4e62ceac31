"""Debian's releases: code names, where their suites lie, and how long they are supported (debian.csv of the package distro-info-data)."""

from datetime import date

from msgspec import Struct

from ...model import Distribution

ARCHIVE = "http://deb.debian.org/debian"
SECURITY = "http://deb.debian.org/debian-security"
"""Where Debian publishes. Plain HTTP is enough: every index is signed."""
KEYRING = "debian-archive-keyring"
SUITE_NAMES = ("stable", "oldstable", "oldoldstable", "testing", "unstable", "sid")


class Release(Struct, frozen=True):
    """What is known of a release beforehand."""

    number: str
    ends: date | None = None
    """Last day of Debian's own security support."""
    lts_ends: date | None = None
    """Last day of the LTS team's, in the same suites."""


RELEASES = {
    "stretch": Release("9", date(2020, 7, 18), date(2022, 6, 30)),
    "buster": Release("10", date(2022, 9, 10), date(2024, 6, 30)),
    "bullseye": Release("11", date(2024, 8, 14), date(2026, 8, 31)),
    "bookworm": Release("12", date(2026, 7, 11), date(2028, 6, 30)),
    "trixie": Release("13", date(2028, 8, 9), date(2030, 6, 30)),
    "forky": Release("14"),
    "duke": Release("15"),
}


class Suite(Struct, frozen=True):
    """One suite of a release, as the archives name it."""

    name: str
    """``bookworm-security``; also its Codename field."""
    archive: str

    @property
    def address(self) -> str:
        """Where its indexes lie."""
        return f"{self.archive}/dists/{self.name}"


def code_name(distribution: Distribution | None) -> str:
    """The code name of a Debian release; empty for other distributions and for a release that names none."""
    if distribution is None or distribution.id != "debian":
        return ""
    by_number = {release.number: name for name, release in RELEASES.items()}
    name = distribution.code_name or by_number.get(distribution.release, "")
    return name if name.isascii() and name.isalnum() else ""


def suites(code: str) -> tuple[Suite, ...]:
    """Main, updates and security of a release. Before bullseye the security suite was called otherwise."""
    old = code in ("stretch", "buster")
    security = Suite(f"{code}/updates" if old else f"{code}-security", SECURITY)
    return (Suite(code, ARCHIVE), Suite(f"{code}-updates", ARCHIVE), security)
