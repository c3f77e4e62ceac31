"""Debian changelogs, and what follows from them for installed versions."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.advisories.debian.changelog import BELOW, Changelog, Entry, Mention, Reading, signed
from hullwatch.advisories.debian.flaws import advisories_of
from hullwatch.advisories.debian.sources import Offer
from hullwatch.model import AdvisoryClass, Scheme
from hullwatch.versions.order import within

from ..debian_mirror import CHANGELOGS, changelog


def read(text: str) -> list[Entry]:
    return list(Reading(text.splitlines()).entries())


def recorded(name: str) -> list[Entry]:
    return read((CHANGELOGS / name).read_text())


def lacks(entries: list[Entry], installed: str) -> set[str]:
    """The flaws that a version has according to the advisories made of a changelog."""
    top = entries[0].version
    found = advisories_of(Offer("x", top, ()), "bookworm", Changelog(version=top, entries=tuple(entries)))
    flaws = [each for each in found if each.advisory_class is AdvisoryClass.VULNERABILITY]
    return {each.id for each in flaws if installed in each.versions or any(within(installed, bound, Scheme.DEB) for bound in each.ranges)}


def test_a_rebuild_leaves_the_flaw_in_the_entry_below() -> None:
    """jetty9: the entry for bookworm-security names none, the one for unstable below does; 9.4.57-1 lacks the fix, ~deb12u1 has it."""
    entries = recorded("jetty9_9.4.57-1.1~deb12u1")
    assert entries[0].flaws == ()
    assert [mention.id for mention in entries[1].flaws] == ["CVE-2025-5115"]
    assert "CVE-2025-5115" in lacks(entries, "9.4.57-1")
    assert "CVE-2025-5115" in lacks(entries, "9.4.50-4+deb12u3")
    assert "CVE-2025-5115" not in lacks(entries, "9.4.57-1.1~deb12u1")
    assert "CVE-2024-22201" not in lacks(entries, "9.4.57-1")


def test_a_signed_kernel_holds_entries_of_linux() -> None:
    """6.1.170+1 signs 6.1.170-1, which the order of versions alone would put above 6.1.170-2."""
    entries = [signed(entry) for entry in recorded("linux-signed-amd64_6.1.170+3")]
    assert [entry.version for entry in entries][:4] == ["6.1.170+3", "6.1.170+2", "6.1.170+1", "6.1.164+1"]
    fixed_last = {mention.id for mention in entries[2].flaws}
    assert len(fixed_last) > 50
    assert fixed_last <= lacks(entries, "6.1.164+1")
    assert not fixed_last & lacks(entries, "6.1.170+1")
    fixed_in_between = Entry("6.1.170+2", (Mention("CVE-2026-0001", ""),))
    assert "CVE-2026-0001" in lacks([entries[0], fixed_in_between, *entries[2:]], "6.1.170+1")


def test_a_flaw_named_again_was_fixed_incompletely() -> None:
    """libxml2 names CVE-2025-49794 twice: who has the first fix only is told so; the flaw is one and its fix is the last."""
    entries = recorded("libxml2_2.9.10+dfsg-6.7+deb11u10")
    assert "CVE-2025-49796" in {mention.id for mention in entries[0].flaws}
    offer = Offer("libxml2", entries[0].version, ())
    [advisory] = [
        each
        for each in advisories_of(offer, "bullseye", Changelog(version=entries[0].version, entries=tuple(entries)))
        if each.id == "CVE-2025-49794"
    ]
    assert [bound.fixed for bound in advisory.ranges] == ["2.9.10+dfsg-6.7+deb11u10", "2.9.10+dfsg-6.7+deb11u8"]
    assert "named before in 2.9.10+dfsg-6.7+deb11u8: an incomplete fix or a regression" in advisory.text
    assert "CVE-2025-49794" in lacks(entries, "2.9.10+dfsg-6.7+deb11u9")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Fix CVE-2025-0001 and cve-2025-00022.", ["CVE-2025-0001", "CVE-2025-00022"]),
        ("CVE-2025-49794 and -49796", ["CVE-2025-49794", "CVE-2025-49796"]),
        ("CVE-2016-9577/9578, CVE-2019-{1000, 1001}", ["CVE-2016-9577", "CVE-2016-9578", "CVE-2019-1000", "CVE-2019-1001"]),
        ("CVE‑2020‑1234, CVE=2022-3598, previously fixed CVE 2026-33416", ["CVE-2020-1234", "CVE-2022-3598", "CVE-2026-33416"]),
        ("CVE-2023-\n    1234", ["CVE-2023-1234"]),
        ("CVE-2020-1234, 2021-01-02; CVE-2020-12, XCVE-2020-1111", ["CVE-2020-1234"]),
    ],
)
def test_ids_are_found_as_people_write_them(text: str, ids: list[str]) -> None:
    """Real changelogs hold each of these."""
    [entry] = read(changelog(("1", text)))
    assert [mention.id for mention in entry.flaws] == ids


def test_each_mention_has_its_own_sentence() -> None:
    """An entry of the kernel names hundreds."""
    text = "one (CVE-2020-0001)\n    - two\n      more (CVE-2020-0002)\n  * three CVE-2020-0003"
    [entry] = read(changelog(("1", text)))
    assert [(mention.id[-1], mention.text) for mention in entry.flaws] == [
        ("1", "one (CVE-2020-0001)"),
        ("2", "two more (CVE-2020-0002)"),
        ("3", "three CVE-2020-0003"),
    ]


def test_other_ids_are_kept_apart() -> None:
    """xz-utils named a GHSA alone."""
    [entry] = read(changelog(("1", "fix for GHSA-5qpq-xqfv-j9pg, XSA-297 and DSA-5677-1")))
    assert (entry.flaws, entry.others) == ((), ("GHSA-5qpq-xqfv-j9pg", "XSA-297", "DSA-5677-1"))


def test_a_version_that_the_changelog_does_not_name_is_placed_by_order() -> None:
    """openjdk-17 17.0.15 stands in no newer changelog."""
    entries = read(changelog(("17.0.21-1~deb12u1", "rebuild"), ("17.0.21-1", "CVE-2026-0002"), ("17.0.16-1", "CVE-2026-0001")))
    assert lacks(entries, "17.0.15-1~deb12u1") == {"CVE-2026-0001", "CVE-2026-0002"}
    assert lacks(entries, "17.0.19-1~deb12u1") == {"CVE-2026-0002"}
    assert lacks(entries, "17.0.21-1~deb12u1") == set()


def test_a_rebuild_that_the_changelog_does_not_name_has_the_fixes_of_what_it_rebuilds() -> None:
    """openjdk-17 17.0.6+10-1~deb11u1 (DSA-5335-1) has what 17.0.6+10-1 has, and stands in no newer changelog."""
    entries = read(changelog(("17.0.16-1~deb11u1", "rebuild"), ("17.0.16-1", "CVE-2025-0001"), ("17.0.6+10-1", "CVE-2023-21835")))
    assert lacks(entries, "17.0.6+10-1~deb11u1") == {"CVE-2025-0001"}
    assert lacks(entries, "17.0.5+8-2") == {"CVE-2025-0001", "CVE-2023-21835"}


def test_position_counts_before_the_order_of_versions() -> None:
    """A higher version that stands below was branched off before the fix, and lacks it."""
    entries = read(changelog(("1.2-3", "CVE-2026-0001"), ("1.3~exp1", "new"), ("1.2-2", "old")))
    assert lacks(entries, "1.3~exp1") == {"CVE-2026-0001"}
    assert lacks(entries, "1.2-2") == {"CVE-2026-0001"}
    assert lacks(entries, "1.2-3") == set()


VERSION = st.builds(
    "{}{}".format, st.sampled_from(["1.0-1", "1.0-2", "1.1-1", "2.0-1", "1:0.9-1"]), st.sampled_from(["", "~deb12u1", "+deb12u1", "+b1"])
)


@given(st.lists(st.tuples(VERSION, st.sets(st.sampled_from("ABC"))), min_size=1, max_size=8, unique_by=lambda entry: entry[0]))
def test_every_version_of_a_changelog_lacks_what_is_named_above_it(told: list[tuple[str, set[str]]]) -> None:
    """Whatever the order of versions says: a version has exactly the flaws of the entries above its own."""
    entries = [Entry(version, tuple(Mention(id_, "") for id_ in sorted(ids))) for version, ids in told]
    for position, (version, _) in enumerate(told):
        assert lacks(entries, version) == set().union(*(ids for _, ids in told[:position]))


def test_reading_is_enough_when_the_entry_was_seen_or_enough_older_ones() -> None:
    """Interleaved branches are shorter than that."""
    entries = tuple(Entry(f"1.{number}") for number in range(20, 10, -1))
    read_so_far = Changelog(version="1.20", entries=entries)
    assert read_so_far.reaches("1.11")
    assert not read_so_far.reaches("1.10")
    assert read_so_far.reaches("1.18.5")
    assert not read_so_far.reaches(f"1.{11 + BELOW - 2}.5")
    assert Changelog(version="1.20", entries=entries, whole=True).reaches("0.1")
    assert not read_so_far.reaches("not a version")


def test_a_changelog_that_was_cut_says_so() -> None:
    """Builders of binary packages leave old entries out."""
    reading = Reading((changelog(("2", "x"), ("1", "y")) + "# Older entries have been removed from this changelog.\n").splitlines())
    assert [entry.version for entry in reading.entries()] == ["2", "1"]
    assert reading.cut


def test_lines_outside_of_entries_are_passed_over() -> None:
    """A changelog of the software itself has no entries at all."""
    assert read("2.0 released\n\n * CVE-2020-0001\n") == []
    assert read("") == []


@given(st.text(alphabet=st.sampled_from("exm(1.0-~) ;*\n-CVE2024{},/&") | st.characters(codec="utf-8")))
def test_hostile_changelogs_raise_nothing(text: str) -> None:
    """And what is made of them can be compared."""
    entries = read(changelog(("1", text)) + text)
    assert entries
    lacks(entries, "0.5")


def test_recorded_changelogs_are_the_ones_described(data: Path) -> None:
    """Each is named in SOURCE.md."""
    source = (data / "debian-archive-2026-11-25/SOURCE.md").read_text()
    assert all(path.name in source for path in CHANGELOGS.iterdir())
