"""Ended support is a gap, limited support a note."""

from datetime import date

from hullwatch.assess.vulnerabilities.lifecycles import END_OF_LIFE, ended_on, judge_support
from hullwatch.model import Distribution, Gap, Lifecycle

from ..builders import ALPINE, BOOKWORM

TODAY = date(2026, 11, 25)


def said(*lifecycles: Lifecycle, distribution: Distribution = BOOKWORM, sources: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Kind of record with its kind, and what it is about."""
    return [(f"{type(each).__name__} {each.kind}", each.what) for each in judge_support(distribution, lifecycles, sources, TODAY)]


def test_the_latest_end_counts() -> None:
    """Others go on when the publisher stops."""
    first, last = Lifecycle(subject="debian 12", ends=date(2026, 6, 10)), Lifecycle(subject="Debian bookworm", ends=date(2028, 6, 30))
    assert said(first) == [("Gap end-of-life", "Debian 12")]
    assert said(first, last) == []


def test_another_release_says_nothing() -> None:
    """Nor does it count as a pattern of packages."""
    assert said(Lifecycle(subject="debian 11", ends=date(2024, 8, 14)), sources=("zlib",)) == []


def test_the_release_file_knows_too() -> None:
    """Where no feed says when support ends, os-release may."""
    distribution = Distribution(id="alpine", release="3.9", end_of_life=date(2020, 11, 1))
    assert said(distribution=distribution) == [("Gap end-of-life", "Alpine 3.9")]
    assert said(Lifecycle(subject="alpine 3.9", ends=date(2030, 1, 1)), distribution=distribution) == []


def test_the_day_can_be_read_back() -> None:
    """The mend names it."""
    (gap,) = judge_support(ALPINE, [Lifecycle(subject="alpine 3.9", ends=date(2020, 11, 1))], (), TODAY)
    assert isinstance(gap, Gap)
    assert gap.kind == END_OF_LIFE
    assert ended_on(gap) == "2020-11-01"


def test_packages_by_pattern() -> None:
    """Ended is a gap, limited a note, what is not installed neither."""
    lifecycles = (
        Lifecycle(subject="golang.*", limited=True, text="see the release notes"),
        Lifecycle(subject="qtwebkit*", ends=date(2024, 1, 1)),
        Lifecycle(subject="openjdk-17", ends=date(2030, 1, 1)),
        Lifecycle(subject="zabbix", limited=True),
    )
    sources = ("golang-1.19", "qtwebkit-opensource-src", "openjdk-17", "zlib")
    assert said(*lifecycles, sources=sources) == [("Note limited-support", "golang-1.19"), ("Gap support-ended", "qtwebkit-opensource-src")]


def test_without_a_distribution_nothing_is_known() -> None:
    """That gap is another's."""
    assert list(judge_support(None, [Lifecycle(subject="debian 12", ends=date(2020, 1, 1))], (), TODAY)) == []
