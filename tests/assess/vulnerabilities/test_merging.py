"""One flaw has one finding, whatever its publishers call it."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from hullwatch.model import Advisory, Finding, Scheme

from ..builders import PYPI_FEED, advisory, inventory, judge, python


def found(*said: Advisory) -> list[Finding]:
    """Findings on one Python package that all of these affect."""
    return list(judge(inventory(python("six", "1"), distribution=None), {"osv/PyPI": said}, feeds=[PYPI_FEED]).findings)


def flaw(id_: str, *aliases: str, fixed: str = "2") -> Advisory:
    """An advisory on that package."""
    return advisory(id_, "six", fixed, scheme=Scheme.PEP440, aliases=aliases)


def test_the_cve_is_the_rule_and_all_ids_are_kept() -> None:
    """Three publishers, one flaw."""
    (finding,) = found(flaw("PYSEC-1", "CVE-2024-0001"), flaw("GHSA-1", "CVE-2024-0001"), flaw("SNYK-1", "GHSA-1"))
    assert (finding.rule, finding.aliases) == ("CVE-2024-0001", ("GHSA-1", "PYSEC-1", "SNYK-1"))
    assert len(finding.evidence) == 3


def test_an_id_of_any_length_has_its_place() -> None:
    """What is too long for a CVE is an id like others."""
    (finding,) = found(flaw("CVE-2024-1", "CVE-2024-" + "9" * 5000))
    assert finding.rule == "CVE-2024-1"


def test_ids_link_through_ids_that_nobody_published() -> None:
    """Two advisories that name the same third one are about one flaw."""
    (finding,) = found(flaw("PYSEC-1", "GHSA-1"), flaw("OSV-1", "GHSA-1"))
    assert (finding.rule, finding.aliases) == ("OSV-1", ("GHSA-1", "PYSEC-1"))


def test_without_a_cve_the_publishers_id_is_the_rule() -> None:
    """Not an alias that no advisory here is named by."""
    (finding,) = found(flaw("PYSEC-1", "GHSA-1"))
    assert finding.rule == "PYSEC-1"


def test_a_bundle_is_as_many_flaws_as_it_names_cves() -> None:
    """Waiving one must not hide another; what names no CVE belongs to each."""
    findings = found(flaw("GHSA-1", "CVE-2024-0001", "CVE-2024-0002"), flaw("CVE-2024-0001"), flaw("PYSEC-1", "GHSA-1"))
    assert [(each.rule, each.aliases, len(each.evidence)) for each in findings] == [
        ("CVE-2024-0001", ("GHSA-1", "PYSEC-1"), 3),
        ("CVE-2024-0002", ("GHSA-1", "PYSEC-1"), 2),
    ]


ids = st.sampled_from(["CVE-2024-0001", "CVE-2024-0002", "CVE-2023-10000", "GHSA-1", "GHSA-2", "PYSEC-1", "PYSEC-2"])
flaws = st.lists(st.builds(lambda id_, aliases: flaw(id_, *(aliases - {id_})), ids, st.frozensets(ids, max_size=3)), min_size=1, max_size=6)


@given(flaws)
def test_nothing_is_lost_and_nothing_is_told_twice(said: list[Advisory]) -> None:
    """Every id is in some finding, every CVE is the rule of exactly one, no two findings share a rule."""
    findings = found(*said)
    named = {id_ for each in said for id_ in (each.id, *each.aliases)}
    assert {id_ for each in findings for id_ in (each.rule, *each.aliases)} == named
    assert len({each.rule for each in findings}) == len(findings) == len({each.id for each in findings})
    assert {each.rule for each in findings if each.rule.startswith("CVE-")} == {id_ for id_ in named if id_.startswith("CVE-")}
    assert all(not alias.startswith("CVE-") for each in findings for alias in each.aliases)


@given(flaws, st.randoms())
def test_the_order_of_advisories_does_not_matter(said: list[Advisory], random: Random) -> None:
    """Rules, aliases and fixes are the same however a feed is sorted."""
    shuffled = list(said)
    random.shuffle(shuffled)
    told = [[(each.rule, each.aliases, each.fixed_in, each.installed) for each in found(*order)] for order in (said, shuffled)]
    assert told[0] == told[1]
