"""The counts that every format shares, made once. A finding is flaw × source package × target; see each field for what counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from ..model import (
    Ecosystem,
    Feed,
    Finding,
    FindingKind,
    Mend,
    Package,
    Report,
    Reported,
    Scheme,
    Severity,
    TargetKind,
    TargetReport,
    Verdict,
    packages_of_feed,
)

EXPLOITED = "EXPLOITED"
"""How a flaw that is known to be exploited is called where else its severity stands."""

_ORDER = (Severity.CRITICAL, Severity.HIGH, Severity.UNRATED, Severity.MEDIUM, Severity.LOW, Severity.NEGLIGIBLE)
_WORST_FIRST = ("failed", "undetermined", "manual", "waived", "passed", "not_applicable")


class Tally(Struct, frozen=True, kw_only=True):
    """Vulnerabilities, counted. All but ``waived`` count what no waiver covers."""

    fix: int = 0
    """Can be mended: critical + high + lower + unrated."""
    exploited: int = 0
    """Part of ``fix``: known to be exploited."""
    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    """Low and negligible."""
    lower: int = 0
    """Medium + low."""
    unrated: int = 0
    unfixed: int = 0
    """Found, and nothing mends them yet."""
    exploited_unfixed: int = 0
    """Part of ``unfixed``: known to be exploited."""


class Checks(Struct, frozen=True, kw_only=True):
    """Checks of a benchmark by verdict. One check may judge many objects: the worst answer counts, a waived failure as waived."""

    passed: int = 0
    failed: int = 0
    undetermined: int = 0
    manual: int = 0
    not_applicable: int = 0
    waived: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.passed + self.failed + self.undetermined + self.manual + self.not_applicable + self.waived

    @property
    def judged(self) -> int:
        """Those that were answered, one way or the other."""
        return self.passed + self.failed + self.waived


class Counts(Struct, frozen=True, kw_only=True):
    """What is to be said of one target, or of all: every number is the sum over targets."""

    vulnerabilities: Tally = Tally()
    checks: Checks = Checks()
    changes: int = 0
    """Files that differ from their baseline."""
    packages: int = 0
    """Packages there. A container that is its image counts none: its image does."""
    waived: int = 0
    """Findings of every kind that a waiver covers."""
    new: int = 0
    """Findings of every kind, unwaived, that were not there when their target was last judged."""
    known: int = 0
    """Of changes alone: findings that were there before, unwaived, and are left out."""
    mended: int = 0
    gaps: int = 0
    waived_gaps: int = 0
    blind: int = 0
    """Targets with packages whose sources cannot know flaws without a fix."""
    unheard: int = 0
    """Targets with packages of which no source speaks at all."""
    unjudged_packages: int = 0
    """Part of ``packages``: those of which no source speaks."""

    @property
    def judged_packages(self) -> int:
        """Packages of which some source of advisories was asked."""
        return self.packages - self.unjudged_packages

    @property
    def found(self) -> int:
        """Everything that is wrong and not waived, shown or not."""
        return self.vulnerabilities.fix + self.vulnerabilities.unfixed + self.checks.failed + self.changes + self.known


class Summary(Struct, frozen=True, kw_only=True):
    """The counts of a report."""

    total: Counts
    """Targets and, among the gaps, what could not be looked at at all."""
    targets: tuple[Counts, ...]
    """In the report's order of targets."""
    flaws: int
    """Distinct flaws among the findings that can be mended."""
    exploited_flaws: int
    mends: tuple[int, ...]
    """How many findings each mend mends, in the report's order of mends. They add up to ``total.vulnerabilities.fix``."""
    since: datetime | None
    """The oldest time at which one of the targets was last judged; None when none was."""

    @property
    def clean(self) -> bool:
        """Whether something was judged, nothing was found and nothing is missing."""
        return self.judged and not self.total.found and not self.total.gaps and not self.total.unheard

    @property
    def judged(self) -> bool:
        """Whether anything was judged at all."""
        return bool(self.total.judged_packages or self.total.checks.judged)


def summarise(report: Report) -> Summary:
    """Count a report."""
    targets = tuple(count_target(each) for each in report.targets)
    mendable = {each.finding.id: each.finding for target in report.targets for each in target.findings if can_be_mended(each)}
    times = [target.previous_at for target in report.targets if target.previous_at is not None]
    return Summary(
        total=add([*targets, Counts(gaps=len(report.unfinished), waived_gaps=len(report.waived_unfinished))], Counts),
        targets=targets,
        flaws=len({finding.rule for finding in mendable.values()}),
        exploited_flaws=len({finding.rule for finding in mendable.values() if finding.exploited}),
        mends=tuple(len(mendable.keys() & set(mend.findings)) for mend in report.mends),
        since=min(times, default=None),
    )


def count_target(target: TargetReport) -> Counts:
    """Count one target."""
    failing = [each for each in target.findings if each.finding.verdict is Verdict.FAIL]
    packages = 0 if is_its_image(target) else len(target.inventory.packages)
    silent, unsure = unheard_packages(target)
    return Counts(
        vulnerabilities=tally(target.findings),
        checks=count_checks(target.findings),
        changes=sum(each.finding.kind is FindingKind.INTEGRITY and not each.waived_by for each in failing),
        packages=packages,
        waived=sum(each.waived_by is not None for each in failing),
        new=sum(each.new and not each.waived_by for each in failing),
        known=target.known,
        mended=len(target.mended),
        gaps=len(target.gaps),
        waived_gaps=len(target.waived_gaps),
        blind=int(packages > 0 and unsure > 0),
        unheard=int(packages > 0 and silent > 0),
        unjudged_packages=silent if packages else 0,
    )


def tally(findings: Iterable[Reported]) -> Tally:
    """Count the vulnerabilities among findings, waived ones left out."""
    open_ones = [each.finding for each in findings if is_open_flaw(each)]
    mendable = [finding for finding in open_ones if finding.fixable]
    number = {severity: sum(finding.severity is severity for finding in mendable) for severity in Severity}
    low = number[Severity.LOW] + number[Severity.NEGLIGIBLE]
    exploited = sum(finding.exploited for finding in mendable)
    return Tally(
        fix=len(mendable),
        exploited=exploited,
        critical=number[Severity.CRITICAL],
        high=number[Severity.HIGH],
        medium=number[Severity.MEDIUM],
        low=low,
        lower=number[Severity.MEDIUM] + low,
        unrated=number[Severity.UNRATED],
        unfixed=len(open_ones) - len(mendable),
        exploited_unfixed=sum(finding.exploited for finding in open_ones) - exploited,
    )


def count_checks(findings: Iterable[Reported]) -> Checks:
    """Count checks, each once however many objects it judged."""
    answers: dict[str, set[str]] = {}
    for each in findings:
        if each.finding.kind is FindingKind.BENCHMARK:
            answers.setdefault(each.finding.rule, set()).add(_answer(each))
    worst = [next(name for name in _WORST_FIRST if name in given) for given in answers.values()]
    return Checks(**{name: worst.count(name) for name in _WORST_FIRST})


def is_flaw(each: Reported) -> bool:
    """Whether a finding is a vulnerability that is there, waived or not."""
    return each.finding.kind is FindingKind.VULNERABILITY and each.finding.verdict is Verdict.FAIL


def is_open_flaw(each: Reported) -> bool:
    """Whether a finding is a vulnerability that is there and not waived."""
    return is_flaw(each) and each.waived_by is None


def can_be_mended(each: Reported) -> bool:
    """Whether a finding counts as FIX."""
    return is_open_flaw(each) and each.finding.fixable


def is_its_image(target: TargetReport) -> bool:
    """Whether a container is its image and nothing else, so that all there is to say of it is said there."""
    return target.inventory.target.kind is TargetKind.CONTAINER and target.relation.startswith("= ") and ", " not in target.relation


def unheard_packages(target: TargetReport) -> tuple[int, int]:
    """How many packages no feed that was asked speaks of, and of how many more some feed cannot know flaws without a fix.

    A language package is judged by the feed of its ecosystem, unless a distribution package installed it; all others by the publishers of
    distributions, each by that of its own kind.
    """
    feeds: dict[Scheme | Ecosystem | None, list[Feed]] = {}
    for feed in target.feeds:
        feeds.setdefault(packages_of_feed(feed.id), []).append(feed)
    owners = {package.name: package.scheme for package in target.inventory.packages if package.ecosystem is None}
    groups = Counter(_part(each, owners) for each in target.inventory.packages)
    silent = sum(number for group, number in groups.items() if group not in feeds)
    unsure = sum(number for group, number in groups.items() if not all(feed.knows_unfixed for feed in feeds.get(group, ())))
    return silent, unsure


def _part(package: Package, owners: Mapping[str, Scheme]) -> Scheme | Ecosystem:
    """Whose word counts for a package; ``owners``: the packages of distributions and their schemes."""
    if package.owned_by:
        return owners.get(package.owned_by) or next(iter(owners.values()), package.scheme)
    return package.ecosystem or package.scheme


def rank(severity: Severity) -> int:
    """Place in the order of severities, worst first: 0 is critical, unrated lies between high and medium."""
    return _ORDER.index(severity)


def urgency(finding: Finding) -> tuple[bool, int]:
    """Sorts findings: exploited ones first, then by severity."""
    return (not finding.exploited, rank(finding.severity))


def worst_of(findings: Sequence[Finding] | Mend) -> str:
    """``EXPLOITED``, or the worst severity."""
    if isinstance(findings, Mend):
        return EXPLOITED if findings.exploited else str(findings.worst)
    if any(finding.exploited for finding in findings):
        return EXPLOITED
    return str(min((finding.severity for finding in findings), key=rank))


_S = TypeVar("_S", bound=Struct)


def add(records: Sequence[_S], kind: type[_S]) -> _S:
    """The sum of records of numbers, field by field."""
    fields: dict[str, object] = {}
    for name in kind.__struct_fields__:
        values = [getattr(record, name) for record in records]
        fields[name] = add(values, type(values[0])) if isinstance(values[0], Struct) else sum(values)
    return kind(**fields)


def _answer(each: Reported) -> str:
    """The field of ``Checks`` that one answer belongs to."""
    match each.finding.verdict:
        case Verdict.FAIL:
            return "waived" if each.waived_by else "failed"
        case Verdict.UNDETERMINED:
            return "manual" if each.finding.manual else "undetermined"
        case Verdict.NOT_APPLICABLE:
            return "not_applicable"
        case Verdict.PASS:
            return "passed"
