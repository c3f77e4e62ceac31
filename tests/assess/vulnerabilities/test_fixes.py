"""fixed_in: the lowest version that no advisory of the flaw calls affected."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.assess.vulnerabilities.matching import speaks_of
from hullwatch.model import Advisory, AdvisoryClass, Finding, Range, Scheme, Status
from hullwatch.versions.order import key

from ..builders import PYPI_FEED, advisory, deb, inventory, judge, python


def on_six(*said: Advisory, installed: tuple[str, ...] = ("1",)) -> list[Finding]:
    """Findings on a Python package of these versions."""
    packages = [python("six", version, path=f"srv/{version}/METADATA") for version in installed]
    return list(judge(inventory(*packages, distribution=None), {"osv/PyPI": said}, feeds=[PYPI_FEED]).findings)


def flaw(id_: str, *ranges: Range, **more: Any) -> Advisory:
    """What one publisher says of CVE-2024-0001."""
    return advisory(id_, "six", scheme=Scheme.PEP440, aliases=["CVE-2024-0001"], ranges=ranges, **more)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([flaw("A", Range(fixed="2"))], "2"),
        ([flaw("A", Range(fixed="2")), flaw("B", Range(fixed="2.1"))], "2.1"),
        ([flaw("A", Range(fixed="1.5"), Range(introduced="2", fixed="2.5"))], "1.5"),
        ([flaw("A", Range(fixed="1.5")), flaw("B", Range(introduced="1.2", fixed="1.8"))], "1.8"),
        ([flaw("A", Range(fixed="2")), flaw("B", Range())], ""),
        ([flaw("A", Range(fixed="2")), flaw("B", status=Status.UNFIXED)], ""),
        ([flaw("A", Range(last_affected="2"))], ""),
        ([flaw("A", Range(last_affected="2")), flaw("B", Range(fixed="1.9")), flaw("C", Range(fixed="2.2"))], "2.2"),
        ([flaw("A", versions=("1", "1.1")), flaw("B", Range(fixed="1.1")), flaw("C", Range(fixed="1.2"))], "1.2"),
        ([flaw("A", Range(fixed="2")), flaw("B", Range(fixed="9"), status=Status.WITHDRAWN)], "2"),
        ([flaw("A", Range(fixed="2")), flaw("B", Range(fixed="not a version"))], ""),
        ([flaw("A", Range(fixed="2"), status=Status.WILL_NOT_FIX)], ""),
    ],
)
def test_the_lowest_that_all_agree_on(said: list[Advisory], expected: str) -> None:
    """After the upgrade there must be no finding left."""
    (finding,) = on_six(*said)
    assert finding.fixed_in == expected
    assert (finding.status is Status.FIXED) is bool(expected)


def test_all_installed_versions_are_mended() -> None:
    """Where one has no fix in its branch, there is none for both."""
    branches = (Range(fixed="1.5"), Range(introduced="2", fixed="2.3"))
    assert on_six(flaw("A", *branches), installed=("1", "2.1"))[0].fixed_in == "2.3"
    assert on_six(flaw("A", branches[0], Range(introduced="2")), installed=("1", "2.1"))[0].fixed_in == ""
    assert on_six(flaw("A", *branches), installed=("1", "3"))[0].fixed_in == "1.5"


def test_a_rebuild_is_mended_by_what_the_archive_has_newer() -> None:
    """The flaw's own bound sorts below the listed version that is installed."""
    said = [
        advisory("CVE-2024-0001", "jetty9", "1.2-3~deb12u1", versions=("1.2-3",)),
        advisory("U", "jetty9", "1.2-3+deb12u4", advisory_class=AdvisoryClass.UPDATE),
    ]
    (finding,) = judge(inventory(deb("jetty9", "1.2-3")), {"debian/bookworm": said}).findings
    assert finding.fixed_in == "1.2-3+deb12u4"
    (finding,) = judge(inventory(deb("jetty9", "1.2-3")), {"debian/bookworm": said[:1]}).findings
    assert finding.fixed_in == ""


def test_what_other_architectures_wait_for_does_not_count() -> None:
    """A flaw unfixed elsewhere is mended here."""
    said = [
        advisory("CVE-2024-0001", "a", "2", qualifiers={"architecture": ("amd64",)}),
        advisory("CVE-2024-0001", "a", status=Status.UNFIXED, qualifiers={"architecture": ("arm64",)}),
    ]
    (finding,) = judge(inventory(deb("a", "1")), {"debian/bookworm": said}).findings
    assert finding.fixed_in == "2"


versions = st.sampled_from(["1", "1.1", "1.2", "2", "2.1", "3", ""])
bounds = st.builds(Range, introduced=versions, fixed=versions, last_affected=versions)


@given(st.lists(st.lists(bounds, min_size=1, max_size=3), min_size=1, max_size=4))
def test_whoever_upgrades_is_rid_of_it(said: list[list[Range]]) -> None:
    """The version named is affected by none of the flaw's advisories, and lies above what is installed."""
    advisories = [flaw(f"X-{number}", *ranges) for number, ranges in enumerate(said)]
    for finding in on_six(*advisories):
        if finding.fixed_in:
            assert not any(speaks_of(finding.fixed_in, Scheme.PEP440, each)[0] for each in advisories)
            assert key(finding.fixed_in, Scheme.PEP440) > key("1", Scheme.PEP440)
            assert on_six(*advisories, installed=(finding.fixed_in,)) == []
