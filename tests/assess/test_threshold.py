"""What fails a run."""

from dataclasses import dataclass

import pytest

from hullwatch.assess.threshold import fails, parse_threshold
from hullwatch.errors import Misuse
from hullwatch.model import Finding, FindingKind, Reported, Score, Severity, TargetReport, Verdict

from .builders import inventory, waiver


@dataclass
class Case:
    """A finding in few words."""

    severity: Severity = Severity.HIGH
    fixed_in: str = "2"
    exploited: bool = False
    kind: FindingKind = FindingKind.VULNERABILITY
    verdict: Verdict = Verdict.FAIL
    waived: bool = False
    manual: bool = False

    def fails(self, fail_on: str) -> bool:
        """Whether it alone fails a run."""
        finding = Finding(
            id="i",
            kind=self.kind,
            rule="CVE-2024-0001",
            target="t",
            subject="s",
            severity=self.severity,
            fixed_in=self.fixed_in,
            scores=(Score(id="CVE-2024-0001", kind="kev"),) if self.exploited else (),
            verdict=self.verdict,
            manual=self.manual,
        )
        reported = Reported(finding=finding, waived_by=waiver(rule="*") if self.waived else None)
        return fails([TargetReport(inventory=inventory(), findings=(reported,))], fail_on)


CHECK = FindingKind.BENCHMARK


@pytest.mark.parametrize(
    ("case", "fail_on", "expected"),
    [
        (Case(), "high,fixable", True),
        (Case(fixed_in=""), "high,fixable", False),
        (Case(fixed_in=""), "high", True),
        (Case(Severity.CRITICAL), "high,fixable", True),
        (Case(Severity.MEDIUM), "high,fixable", False),
        (Case(Severity.MEDIUM), " Fixable , MEDIUM ", True),
        (Case(Severity.MEDIUM), "critical,medium", True),
        (Case(Severity.UNRATED), "high,fixable", True),
        (Case(Severity.UNRATED), "critical", False),
        (Case(Severity.NEGLIGIBLE), "low", False),
        (Case(Severity.NEGLIGIBLE), "fixable", True),
        (Case(Severity.NEGLIGIBLE, fixed_in=""), "fixable", False),
        (Case(Severity.LOW, fixed_in="", exploited=True), "critical,fixable", True),
        (Case(Severity.CRITICAL), "exploited", False),
        (Case(Severity.LOW, exploited=True), "exploited", True),
        (Case(Severity.CRITICAL, exploited=True), "never", False),
        (Case(waived=True), "low", False),
        (Case(exploited=True, waived=True), "exploited", False),
        (Case(kind=CHECK, fixed_in=""), "high,fixable", True),
        (Case(Severity.LOW, kind=CHECK, fixed_in=""), "high,fixable", False),
        (Case(kind=CHECK, verdict=Verdict.PASS), "low", False),
        (Case(kind=CHECK, verdict=Verdict.UNDETERMINED, manual=True), "low", False),
        (Case(kind=FindingKind.INTEGRITY, fixed_in=""), "high,fixable", True),
    ],
)
def test_what_fails(case: Case, fail_on: str, expected: bool) -> None:
    """Severity, whether it can be mended, whether it is exploited; waived, passed and manual ones do not count."""
    assert case.fails(fail_on) is expected


def test_nothing_found_fails_nothing() -> None:
    """Not even with the lowest threshold."""
    assert not fails([TargetReport(inventory=inventory())], "low")


@pytest.mark.parametrize("text", ["", " , ", "hihg", "high;fixable", "never,high", "unrated", "negligible"])
def test_misuse(text: str) -> None:
    """It is said before anything is scanned, with what is possible."""
    with pytest.raises(Misuse) as raised:
        parse_threshold(text)
    assert "critical, high, medium or low" in raised.value.remedy
