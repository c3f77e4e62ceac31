from hypothesis import given, settings
from msgspec.structs import replace

from hullwatch.model import Report, Verdict
from hullwatch.reports.lines import render
from hullwatch.reports.look import Look

from .generated import HOSTILE, reports
from .samples import clean_report, image_report, machine_report


def test_one_finding_is_one_line_of_nine_values() -> None:
    """Severity, exploited, id, package, installed, fixed, target, layer, status; sorted by target, package and id."""
    rows = [line.split("\t") for line in render(image_report(), Look(piped=True)).decode().splitlines()]
    assert len(rows) == 14 + 9 + 3
    assert ["high", "yes", "CVE-2023-44487", "nghttp2", "1.0-1", "1.0-1+deb12u1", "docker:nginx:1.25", "1", "fixed"] in rows
    assert ["critical", "no", "CVE-2023-45853", "zlib", "1.0-1", "-", "docker:nginx:1.25", "-", "waived"] in rows
    keys = [(row[6], row[3], row[2]) for row in rows]
    assert keys == sorted(keys)


def test_checks_that_fail_are_lines_too() -> None:
    """Under the check's name, which never changes; passes are not shown."""
    rows = [line.split("\t") for line in render(machine_report(), Look(piped=True)).decode().splitlines()]
    assert ["critical", "no", "docker-socket-mount", "container:worker-1", "-", "-", "daemon", "-", "fail"] in rows
    assert sum(row[6] == "daemon" for row in rows) == 10


def test_no_finding_is_no_line() -> None:
    """So that wc -l counts them."""
    assert render(clean_report(), Look(piped=True)) == b""


def test_the_order_of_findings_does_not_matter() -> None:
    """Two runs that found the same are the same bytes."""
    report = image_report()
    turned = replace(report, targets=(replace(report.targets[0], findings=tuple(reversed(report.targets[0].findings))),))
    assert render(turned, Look()) == render(report, Look())


@settings(max_examples=50)
@given(reports(HOSTILE))
def test_hostile_text_breaks_no_line(report: Report) -> None:
    """Tabs and line ends in a name are escaped."""
    failing = sum(each.finding.verdict is Verdict.FAIL for target in report.targets for each in target.findings)
    rows = render(report, Look(piped=True)).decode().splitlines()
    assert len(rows) == failing
    assert all(row.count("\t") == 8 for row in rows)
