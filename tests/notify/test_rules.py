"""Which findings a rule of notification is about, and what is news to it."""

import pytest
from msgspec.structs import replace

from hullwatch.config import NotifyChange, NotifyRule
from hullwatch.errors import Misuse
from hullwatch.model import Finding, FindingKind, Gap, Report, Reported, Severity, Target, TargetKind, TargetReport, Unfinished, Verdict
from hullwatch.notify.rules import News, Rule, news_of, parse_rules, references_for

from ..reports.builders import KEV, MADE_AT, check, flaw, image, waiver

API = Target(kind=TargetKind.IMAGE, reference="docker:shop/api:2.4")
CRITICAL = flaw(API, "CVE-2024-1", "zlib", Severity.CRITICAL)
HIGH = flaw(API, "CVE-2024-2", "zlib")
LOW = flaw(API, "CVE-2024-3", "zlib", Severity.LOW)
UNRATED = flaw(API, "CVE-2024-4", "zlib", Severity.UNRATED)
UNFIXED = flaw(API, "CVE-2024-5", "zlib", Severity.CRITICAL, fixed_in="")
EXPLOITED = flaw(API, min(KEV), "glibc", Severity.LOW)
CHECK = replace(check("live-restore", "2.15", "daemon", severity=Severity.HIGH), target=API.reference)
ALL = (CRITICAL, HIGH, LOW, UNRATED, UNFIXED, EXPLOITED, CHECK)


def rule(severity: str = "high", **words: object) -> Rule:
    """A rule of the settings."""
    (parsed,) = parse_rules([replace(NotifyRule(name="ops", url="json://localhost", severity=severity), **words)])
    return parsed


def api(*found: Reported | Finding, reference: str = API.reference) -> TargetReport:
    """The image with these findings."""
    return image(reference, (), [each if isinstance(each, Reported) else Reported(finding=each) for each in found], number=3, layers=(1,))


def report_of(*targets: TargetReport, unfinished: tuple[Unfinished, ...] = ()) -> Report:
    """A remembered run."""
    return Report(made_at=MADE_AT, machine="web-1", version="0.1.0", targets=targets, unfinished=unfinished, run=7)


def ids(news: News) -> set[str]:
    """What came."""
    return {finding.id for _, finding in news.came}


@pytest.mark.parametrize(
    ("severity", "found"),
    [
        ("high", {CRITICAL.id, HIGH.id, UNRATED.id, UNFIXED.id, EXPLOITED.id, CHECK.id}),
        ("critical", {CRITICAL.id, UNFIXED.id, EXPLOITED.id}),
        ("high,fixable", {CRITICAL.id, HIGH.id, UNRATED.id, EXPLOITED.id, CHECK.id}),
        ("exploited", {EXPLOITED.id}),
        ("low", {each.id for each in ALL}),
    ],
)
def test_severity_has_the_words_and_meaning_of_fail_on(severity: str, found: set[str]) -> None:
    """Unrated counts as high; what is known to be exploited always matches."""
    assert ids(news_of(rule(severity), report_of(api(*ALL)), {}, ())) == found


def test_kinds_and_targets_choose_too() -> None:
    """A glob matches the reference, or the name that tables show."""
    report = report_of(api(*ALL))
    assert ids(news_of(rule(kinds=(FindingKind.BENCHMARK,)), report, {}, ())) == {CHECK.id}
    assert references_for(rule(targets=("docker:shop/*",)), report) == references_for(rule(targets=("host", "shop/*")), report)
    assert references_for(rule(targets=("host", "docker:other/*")), report) == ()


def test_waived_findings_and_answers_that_are_no_failure_are_not_told() -> None:
    """Nobody is woken for what was accepted."""
    passes = replace(CHECK, verdict=Verdict.PASS)
    assert ids(news_of(rule(), report_of(api(Reported(finding=HIGH, waived_by=waiver()), passes)), {}, ())) == set()


def test_news_is_what_the_rule_has_not_told() -> None:
    """Not what is new in history: a flaw that becomes known to be exploited is news to a rule that asks for those."""
    known = api(Reported(finding=EXPLOITED, new=False), Reported(finding=HIGH, new=False))
    assert ids(news_of(rule(), report_of(known), {API.reference: {HIGH.id}}, ())) == {EXPLOITED.id}


def test_what_was_not_looked_for_stays_told() -> None:
    """A scan of one kind only says nothing of the others, an open question nothing of its check."""
    undetermined = replace(CHECK, verdict=Verdict.UNDETERMINED)
    news = news_of(rule(), report_of(api(undetermined)), {API.reference: {HIGH.id, CHECK.id}}, ())
    assert news.told == {(API.reference, HIGH.id), (API.reference, CHECK.id)}
    assert not news.worth_telling


def test_what_no_longer_matches_is_forgotten_in_silence_and_told_when_it_matches_again() -> None:
    """A waiver that ends makes news."""
    covered = report_of(api(Reported(finding=HIGH, waived_by=waiver())))
    news = news_of(rule(), covered, {API.reference: {HIGH.id}}, ())
    assert (news.told, news.worth_telling) == (frozenset(), False)
    assert ids(news_of(rule(), report_of(api(HIGH)), {}, ())) == {HIGH.id}


@pytest.mark.parametrize(
    ("changes", "came", "went", "stands", "unfinished"),
    [
        (("new",), True, False, False, False),
        (("gone",), False, True, False, False),
        (("new", "gone"), True, True, False, False),
        (("all",), True, True, True, False),
        (("unfinished",), False, False, False, True),
    ],
)
def test_changes_say_what_is_worth_a_message(changes: tuple[str, ...], came: bool, went: bool, stands: bool, unfinished: bool) -> None:
    """Each alone; nothing that happened is never worth one."""
    wanted = rule(changes=tuple(map(NotifyChange, changes)))
    old = {API.reference: {HIGH.id}}
    gap = Unfinished(reference="container:web", gap=Gap(kind="denied", what="container web", why="no"))
    assert news_of(wanted, report_of(api(HIGH)), {}, ()).worth_telling == came
    assert news_of(wanted, report_of(api()), {}, (HIGH,)).worth_telling == went
    assert news_of(wanted, report_of(api(HIGH)), old, ()).worth_telling == stands
    assert news_of(wanted, report_of(api(), unfinished=(gap,)), {}, ()).worth_telling == unfinished
    assert not news_of(wanted, report_of(api()), {}, ()).worth_telling


@pytest.mark.parametrize("words", ["severe", "", "never", "high,never"])
def test_a_severity_that_is_none_is_misuse_with_its_path(words: str) -> None:
    """The setting is named, not the option."""
    with pytest.raises(Misuse, match=r"notify\.ops\.severity") as raised:
        rule(words)
    assert "--fail-on" not in str(raised.value)
