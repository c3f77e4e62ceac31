"""What of a report a rule of notification is about: pure, the settings' words turned into a choice of findings."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from ..assess.threshold import Threshold, parse_threshold
from ..config import NotifyChange, NotifyRule
from ..errors import Misuse
from ..model import Finding, Report, Reported, Target, TargetReport, Unfinished, Verdict


class Rule(Struct, frozen=True):
    """A rule of the settings that was understood."""

    setting: NotifyRule
    threshold: Threshold

    @property
    def name(self) -> str:
        """Of the rule."""
        return self.setting.name

    def is_about(self, target: Target) -> bool:
        """Whether a target's reference, or its name in tables, matches one of the globs."""
        return any(fnmatchcase(word, glob) for glob in self.setting.targets for word in (target.reference, target.name))

    def matches(self, reported: Reported) -> bool:
        """Whether a finding that fails and that no waiver covers is one to tell of."""
        finding = reported.finding
        wanted = not self.setting.kinds or finding.kind in self.setting.kinds
        return wanted and reported.waived_by is None and self.threshold.fails(finding)


class News(Struct, frozen=True, kw_only=True):
    """What one rule has to tell after one run."""

    rule: Rule
    came: tuple[tuple[TargetReport, Finding], ...] = ()
    """Findings that match and that this rule has not told yet: new ones, and those that were waived or milder before."""
    went: tuple[Finding, ...] = ()
    """Findings that this rule told, and that are gone."""
    standing: tuple[tuple[TargetReport, Finding], ...] = ()
    """All that match now, those that came among them."""
    unfinished: tuple[Unfinished, ...] = ()
    told: frozenset[tuple[str, str]] = frozenset()
    """Reference and id of what is told once this is: of the report's targets only."""

    @property
    def worth_telling(self) -> bool:
        """Whether anything happened that the rule asks for."""
        changes = self.rule.setting.changes
        return (
            (bool(self.came) and NotifyChange.NEW in changes)
            or (bool(self.went) and NotifyChange.GONE in changes)
            or (bool(self.standing or self.came or self.went) and NotifyChange.ALL in changes)
            or (bool(self.unfinished) and NotifyChange.UNFINISHED in changes)
        )


def parse_rules(settings: Sequence[NotifyRule]) -> tuple[Rule, ...]:
    """Understand the rules of the settings. Raises Misuse, which names the setting."""
    return tuple(Rule(setting, _threshold(setting)) for setting in settings)


def _threshold(setting: NotifyRule) -> Threshold:
    try:
        threshold = parse_threshold(setting.severity)
    except Misuse as error:
        raise Misuse(f"settings: notify.{setting.name}.severity: {error.what.removeprefix('--fail-on: ')}", remedy=error.remedy) from error
    if threshold.never:
        raise Misuse(f"settings: notify.{setting.name}.severity: never tells nobody", remedy="remove the rule instead")
    return threshold


def references_for(rule: Rule, report: Report) -> tuple[str, ...]:
    """References of the report's targets that a rule is about."""
    return tuple(each.inventory.target.reference for each in _targets(rule, report))


def news_of(rule: Rule, report: Report, told: Mapping[str, Collection[str]], gone: Iterable[Finding]) -> News:
    """What a rule has to tell. ``told``: ids by reference of what it told and what is still there; ``gone``: what it told and is no more.

    What was told and was not looked for in this run stays told. What no longer matches, for it is waived or milder now, is forgotten in
    silence: should it match again, it is told again.
    """
    standing = tuple(
        (target, reported.finding) for target in _targets(rule, report) for reported in target.findings if rule.matches(reported)
    )
    return News(
        rule=rule,
        came=tuple((target, finding) for target, finding in standing if finding.id not in told.get(_reference(target), ())),
        went=tuple(sorted(gone, key=lambda each: (each.target, each.subject, each.rule))),
        standing=standing,
        unfinished=tuple(each for each in report.unfinished if any(fnmatchcase(each.reference, glob) for glob in rule.setting.targets)),
        told=frozenset((_reference(target), finding.id) for target, finding in standing) | frozenset(_in_doubt(rule, report, told)),
    )


def _in_doubt(rule: Rule, report: Report, told: Mapping[str, Collection[str]]) -> Iterator[tuple[str, str]]:
    """What was told and this run says nothing of: not looked for, or the question stayed open."""
    for target in _targets(rule, report):
        answered = {each.finding.id for each in target.findings if each.finding.verdict is not Verdict.UNDETERMINED}
        yield from ((_reference(target), id_) for id_ in told.get(_reference(target), ()) if id_ not in answered)


def _targets(rule: Rule, report: Report) -> Iterator[TargetReport]:
    return (each for each in report.targets if rule.is_about(each.inventory.target))


def _reference(target: TargetReport) -> str:
    return target.inventory.target.reference
