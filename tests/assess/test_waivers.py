"""Waivers: what they match, when they end, and that nothing vanishes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.assess import waivers as module
from hullwatch.assess.waivers import ending, unused, waive
from hullwatch.model import Finding, FindingKind, Gap, Target, TargetKind, Verdict, Waiver

from .builders import waiver

TODAY = date(2026, 11, 25)
NGINX = Target(kind=TargetKind.IMAGE, reference="docker:nginx:1.25")
HOST = Target(kind=TargetKind.HOST, reference="host", identifiers={"hostname": "web-1"})


def finding(rule: str = "CVE-2023-45853", subject: str = "zlib", *aliases: str, verdict: Verdict = Verdict.FAIL) -> Finding:
    """A finding of this rule."""
    return Finding(
        id=rule + subject, kind=FindingKind.VULNERABILITY, rule=rule, target="t", subject=subject, aliases=aliases, verdict=verdict
    )


def is_waived(what: Finding, by: Waiver, target: Target | str = NGINX) -> bool:
    """Whether this one waiver covers it."""
    ((_, found),) = waive([what], [], [by], target=target, today=TODAY).findings
    return found is not None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"rule": "CVE-2023-45853"}, True),
        ({"rule": "cve-2023-45853"}, True),
        ({"rule": "CVE-2023-*"}, True),
        ({"rule": "GHSA-mq29-*"}, True),
        ({"rule": "CVE-2023-4585"}, False),
        ({"rule": "CVE-2023-45853", "subject": "zlib"}, True),
        ({"rule": "CVE-2023-45853", "subject": "z*"}, True),
        ({"rule": "CVE-2023-45853", "subject": "minizip"}, False),
        ({"rule": "*", "target": "docker:nginx:*"}, True),
        ({"rule": "*", "target": "nginx:1.25"}, True),
        ({"rule": "*", "target": "host"}, False),
        ({"gap": "*"}, False),
        ({"rule": "*", "until": TODAY}, True),
        ({"rule": "*", "until": TODAY - timedelta(days=1)}, False),
    ],
)
def test_what_a_waiver_matches(given: dict[str, object], expected: bool) -> None:
    """Rule or alias whatever the case, subject, target by reference or name; until its last day."""
    assert is_waived(finding("CVE-2023-45853", "zlib", "GHSA-mq29-j5xf-cjwr"), waiver(**given)) is expected


@pytest.mark.parametrize(("rule", "expected"), [("5.13", True), ("read-only-root", True), ("5.*", True), ("5.1", False), ("5.12", False)])
def test_a_check_by_its_name_or_number(rule: str, expected: bool) -> None:
    """The number that reports show: that of the newest edition. Another edition gave it to another check."""
    check = Finding(
        id="f",
        kind=FindingKind.BENCHMARK,
        rule="read-only-root",
        target="daemon",
        subject="container:web",
        numbers={"1.5": "5.12", "1.10": "5.13", "1.6": "5.12"},
    )
    assert is_waived(check, waiver(rule=rule)) is expected


def test_thousands_of_waivers_are_looked_up() -> None:
    """Those that name a rule are found by it and never compiled; of several that match the first is named."""
    many = [waiver(rule=f"CVE-2024-{number:05}") for number in range(10_000)]
    patterns = [waiver(rule="CVE-2024-0000?", reason="pattern"), *many]
    findings = [finding(f"CVE-2024-{number:05}") for number in range(3_000)]
    module._compiled.cache_clear()
    found = waive(findings, [], patterns, target=NGINX, today=TODAY)
    assert [by.reason if by else "" for _, by in found.findings[8:12]] == ["pattern", "pattern", many[0].reason, many[0].reason]
    assert len(found.used) == 3_001
    assert module._compiled.cache_info().misses == 1


def test_a_host_by_reference_or_name() -> None:
    """Both are what users see."""
    assert is_waived(finding(), waiver(rule="*", target="host"), HOST)
    assert is_waived(finding(), waiver(rule="*", target="web-*"), HOST)
    assert is_waived(finding(), waiver(rule="*", target="nginx:1.25"), "docker:nginx:1.25")


def test_what_passes_needs_no_waiver() -> None:
    """A waiver that matches only what passes is stale, and shows up as unused."""
    by = waiver(rule="inter-container-traffic")
    waived = waive([finding("inter-container-traffic", "daemon", verdict=Verdict.PASS)], [], [by], target="daemon", today=TODAY)
    assert waived.findings[0][1] is None
    assert unused([by], waived.used) == (by,)


def test_gaps_by_kind_and_what_they_are_about() -> None:
    """An unprivileged run can reach 0 only by a waiver with reason and end."""
    denied, missing = (
        Gap(kind="denied", what="check 1.1.4", why="root only"),
        Gap(kind="feed-missing", what="debian/bookworm", why="offline"),
    )
    waived = waive([], [denied, missing], [waiver(gap="Feed-*")], target=HOST, today=TODAY)
    assert (waived.gaps, waived.waived_gaps) == ((denied,), (missing,))
    assert waive([], [denied], [waiver(gap="denied", subject="check 2*")], target=HOST, today=TODAY).gaps == (denied,)
    assert waive([], [denied], [waiver(gap="denied", subject="check 1*")], target=HOST, today=TODAY).gaps == ()


def test_unused_and_ending() -> None:
    """Ended ones are unused; ending is within seven days, today among them."""
    ended, soon, later, stale = (
        waiver(rule="*", until=TODAY - timedelta(days=1)),
        waiver(rule="*", until=TODAY + timedelta(days=7)),
        waiver(rule="CVE-*", until=TODAY + timedelta(days=8)),
        waiver(rule="CVE-1999-0001"),
    )
    all_of_them = (ended, soon, later, stale)
    waived = waive([finding()], [], all_of_them, target=NGINX, today=TODAY)
    assert waived.used == (soon, later)
    assert waived.findings[0][1] == soon
    assert unused(all_of_them, waived.used) == (ended, stale)
    assert ending(all_of_them, TODAY) == (soon,)


words = st.sampled_from(["CVE-2024-0001", "cve-*", "*", "zlib", "z?ib", "[z]*", "[", "host", "docker:*", ""])
waivers = st.lists(
    st.builds(
        Waiver,
        reason=st.just("r"),
        until=st.dates(date(2026, 11, 20), date(2026, 11, 30)),
        rule=words,
        gap=words,
        target=words,
        subject=words,
    ),
    max_size=5,
)
findings = st.lists(st.builds(finding, words, words, verdict=st.sampled_from(Verdict)), max_size=5)
gaps = st.lists(st.builds(Gap, kind=words, what=words, why=st.just("w")), max_size=5)


@given(findings, gaps, waivers)
def test_nothing_vanishes(what: list[Finding], missing: list[Gap], by: list[Waiver]) -> None:
    """Findings and gaps are all still there, in order; used and unused are all waivers; ended ones cover nothing."""
    waived = waive(what, missing, by, target=HOST, today=TODAY)
    assert [each for each, _ in waived.findings] == what
    assert sorted([*waived.gaps, *waived.waived_gaps], key=repr) == sorted(missing, key=repr)
    assert set(waived.used) | set(unused(by, waived.used)) == set(by)
    assert not set(waived.used) & set(unused(by, waived.used))
    assert all(each.until >= TODAY for each in waived.used)
    assert {each for _, each in waived.findings if each} <= set(waived.used)
