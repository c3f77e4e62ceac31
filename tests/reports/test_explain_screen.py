import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hullwatch.errors import NotFound
from hullwatch.model import Change, Comparison, FileKind, FileState, FindingKind, Range, Report, Reported, Scheme
from hullwatch.reports.explain_screen import compared, render_explain
from hullwatch.reports.look import Look

from .builders import check
from .generated import HOSTILE, reports
from .samples import image_report, machine_report


def test_a_vulnerability_can_be_walked_back() -> None:
    """Package, place, layer with its instruction, advisory, the comparison made, feed and date, fix, mend, history."""
    assert render_explain(image_report(), Look(width=100), name="cve-2023-44487").splitlines() == [
        "CVE-2023-44487 on nghttp2 in image nginx:1.25",
        "  severity    high · published: CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H (CVSS_V3)",
        "  exploited   EXPLOITED since 2023-11-21, says CISA's list of known exploited vulnerabilities",
        "  package     nghttp2 1.0-1",
        "  seen in     var/lib/dpkg/status · layer 1, sha256:000000000000: ADD file:5ad08d7ef3a4c8d1 in /",
        "  advisory    DSA-2023-44487 · feed debian/bookworm",
        "  compared    1.0-1 < 1.0-1+deb12u1 by dpkg's order",
        "  feed        debian/bookworm · fetched 2027-01-04 07:12 UTC (2 h ago)",
        "  fix         1.0-1+deb12u1 mends it",
        "  remedy      upgrade nghttp2 to 1.0-1+deb12u1",
        "  mend        1: pull nginx:1.25, recreate web",
        "  first seen  2027-01-03 09:00 UTC (1 d ago)",
        "  id          5faf0e709ca82681",
    ]


def test_a_check_shows_what_was_found_and_what_should_be() -> None:
    """It can be named by its number."""
    shown = render_explain(machine_report(), Look(piped=True), name="2.14").splitlines()
    assert shown[:7] == [
        "2.14 no-new-privileges on daemon 20.10.24",
        "  what        new privileges allowed by default",
        "  benchmark   CIS 1.6.0, number 2.14",
        "  severity    high",
        "  where       /etc/docker/daemon.json",
        "  found       true",
        "  expected    false",
    ]


def test_a_waived_finding_says_so() -> None:
    """With who, why and until when."""
    shown = render_explain(image_report(), Look(piped=True), name="CVE-2023-45853")
    assert "CVE-2023-45853 on zlib in image nginx:1.25  waived\n" in shown
    assert "  waived      until 2027-03-01 by ops: minizip is not shipped (waivers.yaml:2)\n" in shown
    assert "  fix         none yet: unfixed\n" in shown


def test_every_meaning_is_shown() -> None:
    """A flaw in several targets, apart; without a name everything that the report has."""
    shown = render_explain(machine_report(), Look(piped=True), name="CVE-2023-4911")
    assert [line for line in shown.splitlines() if line.startswith("CVE-")] == [
        f"CVE-2023-4911 on glibc in {where}"
        for where in ("host web-1", "image python:3.11-slim", "image shop/api:2.4", "image shop/worker:2.4")
    ]
    assert render_explain(image_report(), Look()).count("\n\n") == 14 + 9 + 3 - 1


def test_an_alias_and_an_id_mean_it_too() -> None:
    """And what means nothing is not found."""
    report = image_report()
    first = report.targets[0].findings[0]
    aliased = replace(first, finding=replace(first.finding, aliases=("GHSA-qppj-fm5r-hxr3",)))
    report = replace(report, targets=(replace(report.targets[0], findings=(aliased,)),))
    assert render_explain(report, Look(), name="ghsa-QPPJ-fm5r-hxr3") == render_explain(report, Look(), name=first.finding.id)
    with pytest.raises(NotFound, match="CVE-1999-0001 is no finding"):
        render_explain(report, Look(), name="CVE-1999-0001")


@pytest.mark.parametrize(
    ("affected", "text"),
    [
        (Range(fixed="1.3.1-r1"), "1.3-r0 < 1.3.1-r1 by apk's order"),
        (Range(introduced="1.2", fixed="1.3.1-r1"), "1.2 <= 1.3-r0 < 1.3.1-r1 by apk's order"),
        (Range(introduced="0", last_affected="1.4"), "1.3-r0 <= 1.4 by apk's order"),
        (Range(), "every version is affected, 1.3-r0 too"),
        (None, "1.3-r0 is listed as affected"),
    ],
)
def test_comparisons_can_be_repeated(affected: Range | None, text: str) -> None:
    """By anyone who has the publisher's tool."""
    assert compared(Comparison(advisory="a", feed="f", subject="zlib", installed="1.3-r0", scheme=Scheme.APK, affected=affected)) == text


def test_a_changed_file_shows_both_states() -> None:
    """What it was, and what it is."""
    before = FileState(path="etc/passwd", kind=FileKind.FILE, mode=0o644, uid=0, gid=0, size_bytes=9, sha256="ab" * 32)
    finding = replace(
        check("file-changed", "", "etc/passwd"),
        kind=FindingKind.INTEGRITY,
        numbers={},
        evidence=(Change(path="etc/passwd", before=before),),
    )
    report = replace(image_report(), targets=(replace(image_report().targets[0], findings=(Reported(finding=finding),)),))
    shown = render_explain(report, Look(piped=True))
    assert f"  before      file, mode 0644, owner 0:0, 9 bytes, sha256 {'ab' * 32}\n  now         absent\n" in shown


@settings(max_examples=40)
@given(reports(HOSTILE))
def test_hostile_text_is_shown_as_text(report: Report) -> None:
    """In any state, or there is nothing to explain."""
    try:
        shown = render_explain(report, Look(width=80))
    except NotFound:
        return
    assert "\x1b" not in shown
