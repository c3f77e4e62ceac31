"""What is wrong now on everything that is watched, as records: counted and in order, in the words of reports."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from ..model import Finding, FindingKind, Mend, Note, Report, Severity, TargetKind, Verdict, Waiver
from ..reports.names import object_name
from ..reports.screen.checks import failed_checks
from ..reports.screen.gaps import grouped_gaps
from ..reports.screen.header import verdict
from ..reports.summary import Counts, Summary
from ..store.runs import RunStatus


class MendNow(Struct, frozen=True, kw_only=True):
    """One thing to do, and how many findings it mends."""

    number: int
    """From 1, in order."""
    mends: int
    mend: Mend


class TargetNow(Struct, frozen=True, kw_only=True):
    """One watched target, counted."""

    id: int
    reference: str
    kind: TargetKind
    name: str
    """As its people call it; empty: as its reference says."""
    label: str
    """As reports call it: ``image nginx:1.25``."""
    labels: tuple[str, ...]
    system: str
    relation: str
    """Of a container, to its image; its counts are those of what the image has not."""
    running: bool | None
    running_as: tuple[str, ...]
    judged_at: datetime | None
    """None: it never was."""
    run: int | None
    """In which it was."""
    tried: int | None
    """A newer run that is to look at it, or could not."""
    tried_status: RunStatus | None
    counts: Counts | None
    """None: it was never judged."""


class FoundOn(Struct, frozen=True, kw_only=True):
    """An object that a check fails on."""

    object: str
    finding: str
    """Id."""
    target: str
    """Reference."""


class CheckNow(Struct, frozen=True, kw_only=True):
    """A check of the benchmark that fails."""

    number: str
    rule: str
    title: str
    severity: Severity
    remedy: str
    found_on: tuple[FoundOn, ...]


class MissingNow(Struct, frozen=True, kw_only=True):
    """What one reason keeps from being judged in one target."""

    target: str
    """Reference, or the feed concerned."""
    target_id: int | None
    kind: str
    why: str
    what: tuple[str, ...]


class FeedNow(Struct, frozen=True, kw_only=True):
    """How old a publisher's data is."""

    publisher: str
    fetched_at: datetime | None
    """Of the oldest of its feeds; None where that is not known."""
    published_on: str
    """A date, where that was long before; else empty."""


class Now(Struct, frozen=True, kw_only=True):
    """What is wrong now on everything that is watched, counted as in reports."""

    made_at: datetime
    machine: str
    version: str
    """Of hullwatch."""
    verdict: str
    """``CLEAN``, ``NOT CLEAN``, ``INCOMPLETE`` or ``NOTHING JUDGED``."""
    failed: bool
    """Something at or above the threshold."""
    incomplete: bool
    fail_on: str
    total: Counts
    flaws: int
    """Distinct flaws among the findings that can be mended."""
    exploited_flaws: int
    since: datetime | None
    """The oldest time at which a target was judged before it was last judged: what is new is new since then."""
    mends: tuple[MendNow, ...]
    """In order; what they mend adds up to what can be mended."""
    targets: tuple[TargetNow, ...]
    """In the order they came."""
    edition: str
    """Of the benchmark; empty where no check fails."""
    checks: tuple[CheckNow, ...]
    """Those that fail, worst first."""
    missing: tuple[MissingNow, ...]
    """What could not be judged."""
    notes: tuple[Note, ...]
    ending_waivers: tuple[Waiver, ...]
    unused_waivers: tuple[Waiver, ...]
    feeds: tuple[FeedNow, ...]
    open_runs: int
    """Runs that have not ended."""


def verdict_of(report: Report, summary: Summary) -> str:
    """As reports say it, without an exit status."""
    return verdict(report, summary).text.partition(",")[0]


def mends_now(report: Report, summary: Summary) -> tuple[MendNow, ...]:
    """What to do, in order."""
    counted = zip(report.mends, summary.mends, strict=True)
    return tuple(MendNow(number=number, mends=count, mend=mend) for number, (mend, count) in enumerate(counted, 1))


def checks_now(report: Report) -> tuple[CheckNow, ...]:
    """The checks that fail, worst first, with each object that they fail on."""
    failing: dict[str, list[Finding]] = {}
    for target in report.targets:
        for each in target.findings:
            if each.finding.kind is FindingKind.BENCHMARK and each.finding.verdict is Verdict.FAIL and not each.waived_by:
                failing.setdefault(each.finding.rule, []).append(each.finding)
    return tuple(
        CheckNow(
            number=check.number,
            rule=check.finding.rule,
            title=check.finding.title,
            severity=check.finding.severity,
            remedy=check.finding.remedy,
            found_on=tuple(
                FoundOn(object=object_name(finding.subject), finding=finding.id, target=finding.target)
                for finding in sorted(failing[check.finding.rule], key=lambda finding: finding.subject)
            ),
        )
        for check in failed_checks(report)
    )


def missing_now(report: Report, ids: Mapping[str, int]) -> tuple[MissingNow, ...]:
    """What could not be judged, target by target; ``ids`` are the numbers of targets by reference."""
    return tuple(
        MissingNow(target=each.target, target_id=ids.get(each.target), kind=each.kind, why=each.why, what=each.whats)
        for each in grouped_gaps(report, lambda target: target.reference)
    )
