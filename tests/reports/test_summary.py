from hypothesis import given
from msgspec.structs import replace

from hullwatch.model import Report, Scheme, Severity, Verdict
from hullwatch.reports import sarif
from hullwatch.reports.look import Look
from hullwatch.reports.summary import Counts, Tally, add, count_target, rank, summarise

from .builders import ALPINE_FEED, DEBIAN_FEED, KEV_FEED, PYPI_FEED, feed, package
from .generated import reports
from .samples import clean_report, daemon, host, image_report, machine_report, python_package, unfinished_report


def test_the_screen_to_reach_has_these_counts() -> None:
    """Ten targets: the numbers of the header, as a reader would add them up."""
    summary = summarise(machine_report())
    tally = summary.total.vulnerabilities
    assert (tally.fix, tally.critical, tally.high, tally.lower, tally.unrated) == (149, 14, 50, 33, 52)
    assert (tally.exploited, summary.exploited_flaws) == (5, 2)
    assert (tally.unfixed, summary.total.blind, summary.total.waived) == (45, 1, 6)
    assert (summary.total.gaps, summary.total.new, summary.total.mended) == (5, 2, 17)
    assert summary.mends == (93, 23, 14, 7, 6, 6)


def test_a_check_counts_once_however_many_objects_it_judged() -> None:
    """Nine checks fail, one of them on two containers; all verdicts together are all checks."""
    checks = summarise(machine_report()).total.checks
    assert (checks.passed, checks.failed, checks.undetermined, checks.manual, checks.not_applicable) == (71, 9, 3, 18, 31)
    assert checks.total == 132


@given(reports())
def test_columns_add_up(report: Report) -> None:
    """FIX is what it is made of, the total is the sum of its targets, and MENDS adds up to the header."""
    summary = summarise(report)
    total = summary.total.vulnerabilities
    assert total.fix == total.critical + total.high + total.lower + total.unrated
    assert total.lower == total.medium + total.low
    assert total.exploited <= total.fix
    assert total == add([Tally(), *(counts.vulnerabilities for counts in summary.targets)], Tally)
    assert summary.total.gaps == sum(counts.gaps for counts in summary.targets) + len(report.unfinished)
    assert sum(summary.mends) == total.fix


@given(reports())
def test_nothing_is_clean_that_has_findings_or_gaps(report: Report) -> None:
    """Clean is said only of what was judged, without any failing finding that nobody waived, and without gaps."""
    failing = [each for target in report.targets for each in target.findings if each.finding.verdict is Verdict.FAIL and not each.waived_by]
    gaps = [gap for target in report.targets for gap in target.gaps]
    if summarise(report).clean:
        assert not failing
        assert not gaps
        assert not report.unfinished
        assert any(target.inventory.packages or target.findings for target in report.targets)


def test_clean_and_unfinished() -> None:
    """The same host is clean, and is not once the daemon could not be asked."""
    assert summarise(clean_report()).clean
    assert not summarise(unfinished_report()).clean
    assert not summarise(Report(made_at=clean_report().made_at, machine="web-1", version="0.1.0")).clean


def test_a_source_of_scores_does_not_make_a_target_blind() -> None:
    """KEV knows no unfixed flaws and need not: it speaks of no packages. Without any source of packages the target is unheard."""
    assert summarise(image_report()).total.blind == 0
    report = clean_report()
    blind_feed = feed("debian/bookworm", knows_unfixed=False)
    for feeds, blind, unheard in (((KEV_FEED,), 0, 1), ((KEV_FEED, blind_feed), 1, 0)):
        counts = summarise(replace(report, targets=(replace(host(), feeds=feeds),))).total
        assert (counts.blind, counts.unheard) == (blind, unheard)


def test_each_kind_of_package_has_its_own_sources() -> None:
    """A wheel is judged by its ecosystem's feed, unless a distribution package installed it; the rest by the distribution's publisher."""
    target = host()
    wheel = python_package()
    three = replace(target.inventory, packages=(package("zlib"), wheel, replace(wheel, name="six", owned_by="python3-six")))
    for feeds, silent in ((), 3), ((PYPI_FEED,), 2), ((DEBIAN_FEED,), 1), ((DEBIAN_FEED, PYPI_FEED), 0):
        counts = count_target(replace(target, inventory=three, feeds=feeds))
        assert (counts.judged_packages, counts.unheard) == (3 - silent, int(silent > 0))


def test_what_was_not_looked_at_and_is_waived_is_counted_so() -> None:
    """It is no gap any more, and does not vanish."""
    report = unfinished_report()
    covered = replace(report, unfinished=(), waived_unfinished=report.unfinished)
    before, after = summarise(report).total, summarise(covered).total
    assert (after.gaps, after.waived_gaps) == (before.gaps - len(report.unfinished), before.waived_gaps + len(report.unfinished))
    assert after.waived_gaps > 0
    assert '"waived": true' in sarif.render(covered, Look()).decode()


def test_a_distribution_speaks_of_packages_of_its_own_kind_only() -> None:
    """Alpine's packages in an image of Debian are not judged by Debian's feed."""
    strange = replace(package("musl"), scheme=Scheme.APK)
    both = replace(host(), inventory=replace(host().inventory, packages=(package("zlib"), strange)))
    for feeds, unjudged in (((DEBIAN_FEED,), 1), ((DEBIAN_FEED, ALPINE_FEED), 0)):
        assert count_target(replace(both, feeds=feeds)).unjudged_packages == unjudged


def test_a_waived_check_is_waived_only_when_every_failure_is() -> None:
    """One of its objects still fails: so does the check."""
    report = replace(clean_report(), targets=(daemon(),))
    waiver = image_report().targets[0].findings[-1].waived_by
    some = tuple(replace(each, waived_by=waiver if each.finding.subject == "container:web" else None) for each in daemon().findings)
    every = tuple(replace(each, waived_by=waiver) for each in daemon().findings)
    assert summarise(replace(report, targets=(replace(daemon(), findings=some),))).total.checks.failed == 7
    assert summarise(replace(report, targets=(replace(daemon(), findings=every),))).total.checks.waived == 9


def test_unrated_lies_between_high_and_medium() -> None:
    """It is never low."""
    assert sorted(Severity, key=rank)[1:4] == [Severity.HIGH, Severity.UNRATED, Severity.MEDIUM]


def test_a_mend_counts_only_what_the_report_shows() -> None:
    """A report of what is new only keeps the mends of everything; the column adds up to its own header."""
    report = machine_report()
    fewer = replace(
        report, targets=tuple(replace(each, findings=tuple(one for one in each.findings if one.new)) for each in report.targets)
    )
    summary = summarise(fewer)
    assert sum(summary.mends) == summary.total.vulnerabilities.fix == 2


def test_an_empty_report_counts_nothing() -> None:
    """Not even a clean one."""
    empty = Report(made_at=clean_report().made_at, machine="web-1", version="0.1.0")
    assert summarise(empty).total == Counts()
    assert not summarise(empty).judged
