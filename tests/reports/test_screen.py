"""Whole screens, as people see them. ``tests/data/screens/SOURCE.md`` says how they are made anew after a wanted change."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hullwatch.model import Gap, Location, Report, Severity, Target, TargetKind, Unfinished
from hullwatch.reports.look import Look, columns
from hullwatch.reports.screen import render, render_screen
from hullwatch.reports.summary import summarise

from .builders import DEBIAN_FEED, feed, waiver
from .generated import HOSTILE, reports
from .samples import clean_report, image_report, machine_report, nginx, ten_targets, unfinished_report

REPORTS = {"machine": machine_report, "image": image_report, "clean": clean_report, "unfinished": unfinished_report}
SCREENS = {
    "machine-100": Look(width=100),
    "machine-80": Look(width=80),
    "machine-160": Look(width=160),
    "machine-all": Look(width=100, all=True),
    "machine-piped": Look(piped=True),
    "image-100": Look(width=100),
    "image-80": Look(width=80),
    "image-160": Look(width=160),
    "image-piped": Look(piped=True),
    "clean-100": Look(width=100),
    "unfinished-100": Look(width=100),
}


def _spare(number: int) -> Target:
    return Target(kind=TargetKind.IMAGE, reference=f"docker:spare:{number}")


_CODES = re.compile(r"\x1b\[([0-9;]*)m")


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str, data: Path) -> None:
    """It is the recorded one, to the letter."""
    shown = render_screen(REPORTS[name.partition("-")[0]](), SCREENS[name])
    assert shown.stdout == (data / "screens" / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", [name for name in SCREENS if not name.endswith("piped")])
def test_no_line_is_wider_than_the_terminal(name: str) -> None:
    """With names of a common length."""
    shown = render_screen(REPORTS[name.partition("-")[0]](), SCREENS[name])
    assert max(columns(each) for each in shown.stdout.splitlines()) <= SCREENS[name].width


def test_colours_change_no_letter() -> None:
    """They are SGR codes of the terminal's own colours, each ended; without them the text is the same, and it says all that they say."""
    plain, painted = (render_screen(machine_report(), Look(width=100, color=color)).stdout for color in (False, True))
    assert _CODES.sub("", painted) == plain
    assert set(_CODES.findall(painted)) == {"0", "1", "1;7", "1;31", "31", "1;33"}
    assert "\x1b[1;7mEXPLOITED\x1b[0m" in painted
    assert "\x1b[1;31mcritical\x1b[0m" in painted
    assert "\x1b[1;33mNOT JUDGED\x1b[0m" in painted


def test_outside_utf_8_a_screen_is_ascii() -> None:
    """Dots, arrows and ellipses have plain forms."""
    shown = render_screen(image_report(), Look(width=100, unicode=False)).stdout
    assert shown.isascii()
    assert "COPY docker-entrypoint.sh / ... 5 layers" in shown


def test_a_report_higher_than_the_terminal_ends_with_its_verdict() -> None:
    """The first line again; a report that fits says it once."""
    high = render_screen(machine_report(), Look(width=100, height=30)).stdout.splitlines()
    assert high[0] == high[-1]
    low = render_screen(machine_report(), Look(width=100, height=200)).stdout.splitlines()
    assert low[0] != low[-1]


def test_piped_reports_of_unchanged_findings_are_the_same_bytes() -> None:
    """Another time, another duration, older feeds, another order of findings: standard output stays; standard error says the times."""
    report = machine_report()
    later = replace(
        report,
        made_at=report.made_at.replace(day=5),
        seconds=9.9,
        targets=tuple(
            replace(each, findings=tuple(replace(found, new=False) for found in reversed(each.findings)), mended=(), seconds=1.0)
            for each in report.targets
        ),
    )
    first, second = (render_screen(each, Look(piped=True)) for each in (report, later))
    assert first.stdout == second.stdout
    assert "2027-01-04 09:12 UTC · 3.4 s · since 2027-01-03: 2 new, 17 mended" in first.stderr
    assert "data: alpine 2 h" in first.stderr
    assert "next: hullwatch explain" in first.stderr


def test_piped_every_finding_is_a_line_with_target_and_id() -> None:
    """So grep finds each of them, and where."""
    report = machine_report()
    lines = render_screen(report, Look(piped=True)).stdout.splitlines()
    for target in report.targets:
        for each in target.findings:
            if each.finding.verdict == "fail":
                wanted = {each.finding.target, each.finding.rule}
                assert any(wanted <= set(line.split()) for line in lines), each.finding


def test_a_file_is_the_piped_report() -> None:
    """Without colour, whatever the terminal can do."""
    report = machine_report()
    assert render(report, Look(color=True)).decode() == render_screen(report, Look(piped=True)).stdout


@settings(max_examples=60)
@given(reports(HOSTILE))
def test_hostile_text_reaches_no_terminal(report: Report) -> None:
    """Whatever a target calls things: no control character but the line's end and our own codes, no bidirectional one."""
    for look in (Look(width=80, color=True), Look(width=100, all=True), Look(width=160, unicode=False), Look(piped=True)):
        shown = render_screen(report, look)
        text = _CODES.sub("", shown.stdout + shown.stderr)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_more_than_twenty_targets_fold_to_the_worst() -> None:
    """In the report's order, with a line for the rest; ``--all`` shows them."""
    spare = [replace(nginx(), inventory=replace(nginx().inventory, target=_spare(index)), findings=()) for index in range(25)]
    report = replace(machine_report(), targets=(*spare, *ten_targets()))
    folded = render_screen(report, Look(width=100)).stdout
    assert "image spare:9 " in folded
    assert "image spare:24 " not in folded
    assert "+15 more with 0 findings to mend and 0 gaps (--all)" in folded
    assert "image spare:24 " in render_screen(report, Look(width=100, all=True)).stdout


def test_more_than_six_mends_fold() -> None:
    """The rest is one line."""
    report = machine_report()
    halves = [replace(mend, findings=mend.findings[start::2]) for mend in report.mends for start in (0, 1)]
    shown = render_screen(replace(report, mends=tuple(halves)), Look(width=100)).stdout
    assert "\n+6 more, for " in shown
    assert "(--all)" in shown


def test_long_names_are_cut_in_the_middle_and_ids_never() -> None:
    """A name of 120 characters on 80 columns: the tag stays, and so does every id."""
    name = f"registry.example/{'team/' * 20}service:2.4"
    target = nginx()
    renamed = replace(target, inventory=replace(target.inventory, target=replace(target.inventory.target, reference=f"docker:{name}")))
    shown = render_screen(replace(machine_report(), targets=(renamed, *ten_targets()[:1])), Look(width=100, all=True)).stdout
    row = next(line for line in shown.splitlines() if line.startswith("image registry") and "debian" in line)
    assert columns(row) <= 100
    assert "…" in row
    assert row.split("…")[1].startswith(("eam/service:2.4", "service:2.4")) or "service:2.4 " in row
    assert all(each.finding.rule in shown for each in target.findings)


def test_what_cannot_be_known_is_a_question_mark() -> None:
    """Where no source speaks of a target's packages, neither fixable nor unfixed ones are none."""
    report = replace(clean_report(), targets=(replace(clean_report().targets[0], feeds=()), clean_report().targets[1]))
    row = next(line for line in render_screen(report, Look(width=100)).stdout.splitlines() if line.startswith("host web-1"))
    assert "INCOMPLETE, exit 0\n412 packages not judged: no source of advisories speaks of them\n" in render_screen(report, Look()).stdout
    assert row.split()[5:] == ["?", "-", "-", "-", "?", "-", "-", "-"]


def test_exploited_without_a_fix_is_said_in_the_header() -> None:
    """It is no part of what can be mended."""
    target = nginx()
    found = tuple(replace(each, finding=replace(each.finding, fixed_in="")) for each in target.findings)
    shown = render_screen(replace(image_report(), targets=(replace(target, findings=found),), mends=()), Look(width=100)).stdout
    assert "23 have no fix yet · 1 exploited without a fix · 3 waived" in shown
    assert "MEND NOW" not in shown


def test_a_clean_report_says_what_it_looked_at() -> None:
    """And what it cannot know."""
    assert "CLEAN: 412 packages and 71 checks judged, 0 gaps, data 1 d old" in render_screen(clean_report(), Look()).stdout
    blind = replace(clean_report(), targets=(replace(clean_report().targets[0], feeds=(feed("debian/bookworm", knows_unfixed=False),)),))
    assert "CLEAN: 412 packages judged, 0 gaps, data 2 h old\nhow many have no fix yet: not known" in render_screen(blind, Look()).stdout


@pytest.mark.parametrize(
    ("fail_on", "status", "why"),
    [
        ("high,fixable", 1, "exit 1: findings >= high with a fix"),
        ("critical,low", 1, "exit 1: findings >= low"),
        ("Low , critical", 1, "exit 1: findings >= low"),
        ("exploited", 1, "exit 1: exploited findings"),
        ("fixable", 0, "exit 0: no findings with a fix"),
        ("NEVER", 0, "exit 0: --fail-on never"),
    ],
)
def test_why_a_run_ends_as_it_does(fail_on: str, status: int, why: str) -> None:
    """In the words of the threshold, of which the lowest severity counts."""
    report = replace(image_report(), fail_on=fail_on, exit_status=status)
    assert why in render_screen(report, Look(piped=True)).stdout.splitlines()


def test_a_report_of_changes_is_not_clean_where_something_known_is_left_out() -> None:
    """Nothing new is no good news: what was there before still is, and is counted; what is gone is listed."""
    before = image_report()
    left = before.targets[0].findings[0].finding
    target = replace(before.targets[0], findings=(), known=23, mended=(left.id,), gone=(left,))
    changes = replace(before, targets=(target,), changes_only=True)
    for look in (Look(width=100), Look(piped=True)):
        shown = render_screen(changes, look).stdout
        assert "NOT CLEAN, exit 1" in shown.splitlines()[0]
        assert "nothing new to mend was found" in shown
        assert "23 findings known before, not shown (--diff)" in shown
        assert "GONE SINCE THE LAST RUN" in shown
        assert left.rule in shown
        assert "CLEAN:" not in shown
    assert not summarise(changes).clean


def test_data_of_a_mirror_that_stands_still_is_not_called_fresh() -> None:
    """Fetched two hours ago, published years before: both are said, and the publisher's date also where nothing is wrong."""
    old = replace(DEBIAN_FEED, published_at=datetime(2024, 10, 10, tzinfo=UTC))
    report = replace(clean_report(), targets=(replace(clean_report().targets[0], feeds=(old,)),))
    shown = render_screen(report, Look(width=100)).stdout
    assert "CLEAN: 412 packages judged, 0 gaps, data published 2024-10-10, fetched 2 h ago" in shown
    assert "data: debian 2 h old; debian published 2024-10-10" in shown
    assert "0 gaps, data published 2024-10-10\n" in render_screen(report, Look(piped=True)).stdout


def test_a_waiver_that_ends_soon_is_said_on_standard_error_when_piped() -> None:
    """It changes with the day and with nothing else."""
    shown = render_screen(image_report(), Look(piped=True))
    assert "waivers that end soon: CVE-2023-45853 in 6 days" in shown.stderr
    assert "end soon" not in shown.stdout
    assert "waivers that match nothing: CVE-2019-1010022 (waivers.yaml:2)" in shown.stdout


def test_notes_are_folded_on_a_screen() -> None:
    """Those of the run are shown, those of targets counted."""
    report = replace(machine_report(), notes=(machine_report().targets[0].notes[0],))
    shown = render_screen(report, Look(width=100)).stdout
    assert "note: /var/lib/docker: container storage is not walked\n+1 note (--all)" in shown


def test_upgrades_join_a_packages_flaws() -> None:
    """Where one version is known to mend all flaws of a source package, it has one row; else a row for each version."""
    target = nginx()
    found = tuple(
        replace(each, finding=replace(each.finding, subject="openssl", severity=Severity.HIGH, fixed_in=f"3.0.{index % 3}"))
        for index, each in enumerate(target.findings[:6])
    )
    report = replace(image_report(), targets=(replace(target, findings=found),))
    apart = render_screen(report, Look(width=100)).stdout
    joined = render_screen(replace(report, targets=(replace(target, findings=found, upgrades={"openssl": "3.0.17"}),)), Look()).stdout
    assert len([line for line in apart.splitlines() if line.startswith("openssl ")]) == 3
    assert [line.split()[:5] for line in joined.splitlines() if line.startswith("openssl ")] == [["openssl", "1.0-1", "3.0.17", "2", "6"]]


def test_waivers_of_gaps_are_counted() -> None:
    """A gap that is waived is no gap, and is not forgotten."""
    target = replace(nginx(), waived_gaps=(unfinished_report().unfinished[0].gap,))
    assert "0 gaps (1 more waived)" in render_screen(replace(image_report(), targets=(target,), unused_waivers=(waiver(),)), Look()).stdout


def test_gaps_of_one_reason_share_a_line() -> None:
    """Many of them are folded, long paths cut in the middle; what is the target itself is not said twice."""
    paths = [f"usr/lib/python3/{'deep/' * 30}{index}.egg-info" for index in range(9)]
    gaps = tuple(Gap(kind="package-record", what="Python package", why="no name", seen_at=Location(path)) for path in paths)
    feed = Unfinished(reference="debian/bookworm", gap=Gap(kind="feed-unreachable", what="debian/bookworm", why="no route to the mirror"))
    report = replace(image_report(), targets=(replace(nginx(), gaps=gaps),), unfinished=(feed,))
    shown = render_screen(report, Look(width=100)).stdout
    assert "debian/bookworm  no route to the mirror\n" in shown
    row = next(line for line in shown.splitlines() if line.startswith("nginx:1.25       Python"))
    assert row.endswith(".egg-info +8: no name")
    assert "…" in row
    assert "· 10 gaps ·" in shown
    assert render_screen(report, Look(piped=True)).stdout.count("package-record") == 9
