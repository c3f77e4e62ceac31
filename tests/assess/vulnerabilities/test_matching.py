"""affecting: a match with its comparison, or a gap; never "not affected" for want of one."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.assess.vulnerabilities.installed import Installed, by_folded_name, by_source
from hullwatch.assess.vulnerabilities.matching import Match, affecting
from hullwatch.model import Advisory, Ecosystem, Gap, Package, Range, Scheme, Status

from ..builders import advisory, apk, deb, python


def of(*packages: Package) -> Installed:
    """The one version that these packages are."""
    (versions,) = by_source(packages).values()
    (installed,) = versions
    return installed


def python_package(version: str) -> Installed:
    """A Python package of this version."""
    return by_folded_name([python("six", version)], Ecosystem.PYPI)["six"][0]


def answers(installed: Installed, *advisories: Advisory) -> list[tuple[str, str]]:
    """What comes out: ``match`` and id, or the gap's kind and what it is about."""
    return [("match", each.advisory.id) if isinstance(each, Match) else (each.kind, each.what) for each in affecting(installed, advisories)]


@pytest.mark.parametrize(
    ("version", "affected", "expected"),
    [
        ("1.0", Range(fixed="1.0"), False),
        ("1.0~rc1", Range(fixed="1.0"), True),
        ("1.0", Range(introduced="1.0"), True),
        ("1.0", Range(introduced="0", fixed="2"), True),
        ("0.9", Range(introduced="1.0", fixed="2"), False),
        ("1.0", Range(last_affected="1.0"), True),
        ("1.1", Range(last_affected="1.0"), False),
        ("1.0", Range(), True),
    ],
)
def test_bounds(version: str, affected: Range, expected: bool) -> None:
    """introduced ≤ version < fixed, or ≤ last affected; an open bound holds."""
    assert bool(answers(of(deb("a", version)), advisory("X", "a", ranges=(affected,)))) is expected


def test_any_of_several_ranges() -> None:
    """The range that holds is kept as evidence."""
    ranges = (Range(fixed="1"), Range(introduced="2", fixed="3"))
    (match,) = affecting(of(deb("a", "2.5")), [advisory("X", "a", ranges=ranges)])
    assert isinstance(match, Match)
    assert match.affected == ranges[1]


def test_versions_one_by_one() -> None:
    """A version that is listed is affected though it lies in no range: a rebuild sorts below what it rebuilds."""
    flaw = advisory("CVE-2024-0001", "a", "1.2-3~deb12u1", versions=("1.2-3",))
    (match,) = affecting(of(deb("a", "1.2-3")), [flaw])
    assert isinstance(match, Match)
    assert match.affected is None
    assert answers(of(deb("a", "1.2-3~deb12u1")), flaw) == []


@pytest.mark.parametrize(("installed", "expected"), [("1.0", True), ("1.0.0", True), ("v1", True), ("1.0.1", False), ("11.0", False)])
def test_listed_versions_in_other_spellings(installed: str, expected: bool) -> None:
    """PEP 440 spells one version in several ways."""
    flaw = advisory("X", "six", scheme=Scheme.PEP440, versions=("0.9", "1.0", "not a version"))
    assert bool(answers(python_package(installed), flaw)) is expected


def test_an_installed_version_without_order_is_one_gap() -> None:
    """All advisories that need the order are one gap; what needs none is judged all the same."""
    found = answers(
        of(apk("zlib", "1.3_x")),
        advisory("CVE-2024-0001", "zlib", "1.4", scheme=Scheme.APK),
        advisory("CVE-2024-0002", "zlib", "1.5", scheme=Scheme.APK),
        advisory("CVE-2024-0003", "zlib", scheme=Scheme.APK, status=Status.UNFIXED),
        advisory("CVE-2024-0004", "zlib", scheme=Scheme.APK, versions=("1.3_x",)),
    )
    assert found == [("match", "CVE-2024-0003"), ("match", "CVE-2024-0004"), ("version-order", "CVE-2024-0001 and 1 more on zlib")]


def test_the_gap_says_where_and_why() -> None:
    """Someone can mend it."""
    (gap,) = affecting(of(apk("zlib", "1.3_x")), [advisory("CVE-2024-0001", "zlib", "1.4", scheme=Scheme.APK)])
    assert isinstance(gap, Gap)
    assert gap.what == "CVE-2024-0001 on zlib"
    assert "1.3_x" in gap.why
    assert gap.seen_at is not None
    assert gap.seen_at.path == "lib/apk/db/installed"


def test_a_bound_without_order() -> None:
    """It is a gap unless another range holds anyway."""
    broken = Range(fixed="1.3_x")
    assert answers(of(apk("a", "1")), advisory("X", "a", scheme=Scheme.APK, ranges=(broken,))) == [("version-order", "X on a")]
    assert answers(of(apk("a", "1")), advisory("X", "a", scheme=Scheme.APK, ranges=(broken, Range(fixed="2")))) == [("match", "X")]


def test_an_advisory_without_versions_is_a_gap() -> None:
    """ "Fixed", and nobody says where."""
    assert answers(of(deb("a", "1")), advisory("X", "a")) == [("version-order", "X on a")]


def test_another_scheme_is_a_gap() -> None:
    """Versions of two orders are not compared."""
    assert answers(of(deb("a", "1")), advisory("X", "a", "2", scheme=Scheme.APK)) == [("version-order", "X on a")]


def test_withdrawn_says_nothing_and_not_affected_matches() -> None:
    """What is called not affected is matched, so that it can cancel."""
    found = answers(of(deb("a", "1")), advisory("W", "a", "2", status=Status.WITHDRAWN), advisory("N", "a", status=Status.NOT_AFFECTED))
    assert found == [("match", "N")]


def test_not_built_into() -> None:
    """Packages that carry nothing of the flaw are left out; where all are, there is no match."""
    flaw = advisory("X", "linux", "6.2", qualifiers={"not_built_into": ("linux-libc-dev", "linux-doc*")})
    both = of(deb("linux-libc-dev", "6.1", source="linux"), deb("linux-image-6.1.0-1-amd64", "6.1", source="linux"))
    (match,) = affecting(both, [flaw])
    assert isinstance(match, Match)
    assert [package.name for package in match.packages] == ["linux-image-6.1.0-1-amd64"]
    assert answers(of(deb("linux-libc-dev", "6.1", source="linux"), deb("linux-doc-6.1", "6.1", source="linux")), flaw) == []


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [("amd64", "match"), ("all", "match"), ("arm64", None), ("", "qualifier")],
    ids=["same", "all", "other", "unknown"],
)
def test_architecture(architecture: str, expected: str | None) -> None:
    """An unknown architecture is a gap, not a "no"."""
    found = answers(of(deb("a", "1", architecture=architecture)), advisory("X", "a", "2", qualifiers={"architecture": ("amd64",)}))
    assert [kind for kind, _ in found] == ([expected] if expected else [])


def test_module_and_repository() -> None:
    """Without a module a package is in none; without a repository it is not known where it comes from."""
    assert answers(of(deb("a", "1")), advisory("X", "a", "2", qualifiers={"module": ("nodejs:18",)})) == []
    assert answers(of(deb("a", "1")), advisory("X", "a", "2", qualifiers={"repository": ("main",)})) == [("qualifier", "X on a")]


def test_an_unknown_qualifier_is_a_gap_only_where_the_version_is_affected() -> None:
    """A condition that we do not know may hold."""
    flaw = advisory("X", "a", "2", qualifiers={"phase of the moon": ("full",)})
    assert answers(of(deb("a", "1")), flaw) == [("qualifier", "X on a")]
    assert answers(of(deb("a", "2")), flaw) == []


versions = st.one_of(st.sampled_from(["", "1", "1.0-1", "2:1~rc1", "1.3_x", "1.0rc1", "~", "a b"]), st.text(max_size=6))
ranges = st.builds(Range, introduced=versions, fixed=versions, last_affected=versions)


@given(
    scheme=st.sampled_from(Scheme),
    version=versions,
    flaws=st.lists(
        st.tuples(st.lists(ranges, max_size=2), st.lists(versions, max_size=2), st.sampled_from(Status), st.sampled_from(Scheme)),
        max_size=4,
    ),
)
def test_whatever_is_said_there_is_an_answer(
    scheme: Scheme, version: str, flaws: list[tuple[list[Range], list[str], Status, Scheme]]
) -> None:
    """Nothing raises, and no advisory is answered twice."""
    installed = Installed("a", "a", version, scheme, (deb("a", version),))
    said = [
        advisory(f"X-{number}", "a", scheme=each, ranges=tuple(bounds), versions=tuple(listed), status=status)
        for number, (bounds, listed, status, each) in enumerate(flaws)
    ]
    matched = [each.advisory.id for each in _matches(affecting(installed, said))]
    assert len(matched) == len(set(matched))


def _matches(found: Iterable[Match | Gap]) -> Iterable[Match]:
    return (each for each in found if isinstance(each, Match))
