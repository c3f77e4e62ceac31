"""Ratings from what is published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.assess.vulnerabilities.severity import rate
from hullwatch.model import PublishedSeverity, Severity

CRITICAL_V3 = PublishedSeverity("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
LOW_V3 = PublishedSeverity("CVSS_V3", "CVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N")
CRITICAL_V4 = PublishedSeverity("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")
MEDIUM_V2 = PublishedSeverity("CVSS_V2", "AV:N/AC:L/Au:N/C:N/I:P/A:N")
NONE_V3 = PublishedSeverity("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N")


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ([], Severity.UNRATED),
        ([CRITICAL_V3], Severity.CRITICAL),
        ([LOW_V3], Severity.LOW),
        ([CRITICAL_V4], Severity.CRITICAL),
        ([MEDIUM_V2], Severity.MEDIUM),
        ([NONE_V3], Severity.NEGLIGIBLE),
        ([MEDIUM_V2, LOW_V3], Severity.LOW),
        ([PublishedSeverity("CVSS_V3", "7.5")], Severity.HIGH),
        ([PublishedSeverity("CVSS_V3", "CVSS:3.1/AV:N")], Severity.UNRATED),
        ([PublishedSeverity("CVSS_V3", "nan")], Severity.UNRATED),
        ([PublishedSeverity("CVSS_V3", "11")], Severity.UNRATED),
        ([PublishedSeverity("debian", "unimportant")], Severity.NEGLIGIBLE),
        ([PublishedSeverity("redhat", "Important"), CRITICAL_V3], Severity.HIGH),
        ([PublishedSeverity("debian", "not yet assigned"), CRITICAL_V3], Severity.CRITICAL),
        ([PublishedSeverity("github", "MODERATE")], Severity.MEDIUM),
    ],
)
def test_one_advisory(published: list[PublishedSeverity], expected: Severity) -> None:
    """The publisher's word, else the newest kind of vector; what is not understood is unrated, never low."""
    assert rate([tuple(published)]) is expected


def test_the_worst_of_several_advisories() -> None:
    """Who says nothing does not count."""
    assert rate([(), (LOW_V3,), (MEDIUM_V2,)]) is Severity.MEDIUM
    assert rate([(), ()]) is Severity.UNRATED


@given(
    st.sampled_from(["CVSS_V2", "CVSS_V3", "CVSS_V4", "word"]),
    st.one_of(st.text(), st.text().map("CVSS:3.1/".__add__), st.text().map("CVSS:4.0/".__add__)),
)
def test_nothing_raises(kind: str, value: str) -> None:
    """Feeds are input."""
    assert rate([(PublishedSeverity(kind, value),)]) in Severity
