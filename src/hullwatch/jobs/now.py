"""What is wrong now on everything that is watched, counted and in order: what doors show first. Kept until something changes."""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ..model import Finding, FindingKind, Mend, Note, Report, Severity, TargetKind, TargetReport, Verdict, Waiver
from ..reports.names import called, feed_times, newest_edition, object_name, published_long_ago, system
from ..reports.screen.checks import failed_checks
from ..reports.screen.gaps import grouped_gaps
from ..reports.screen.header import verdict
from ..reports.summary import Counts, Summary, summarise
from ..store.runs import OPEN, RunStatus
from ..store.standing import Mark, Standing
from .server import Server
from .standing import report_now

_SHARE = 10
"""An answer that took long to make is good for so many times that long, while runs are under way."""
_LONG_S = 1.0


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


class Board:
    """Says what is wrong now. One for a process; safe for many threads."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._key: object = None
        self._kept: Now | None = None
        self._made_at = self._took_s = 0.0

    def now(self) -> Now:
        """As things stand; while much changes it may be a while old (``made_at``). Raises Misuse for waivers that cannot be read."""
        with self._lock:
            marks, now = self._server.memory.standings.marks(), self._server.clock.now()
            key = (marks, _state_of(self._server.settings.waivers), now.date())
            if self._kept is None or (key != self._key and self._is_stale()):
                began = time.monotonic()
                self._kept, self._key = make_now(self._server, marks), key
                self._made_at = time.monotonic()
                self._took_s = self._made_at - began
            kept = replace(self._kept, made_at=now) if key == self._key else self._kept
        statuses = self._server.memory.runs.by_status()
        return replace(kept, open_runs=sum(statuses.get(each, 0) for each in OPEN))

    def _is_stale(self) -> bool:
        return self._took_s < _LONG_S or time.monotonic() - self._made_at >= self._took_s * _SHARE


def make_now(server: Server, marks: Sequence[Mark]) -> Now:
    """Read everything anew. Raises Misuse for waivers that cannot be read."""
    standings = [server.memory.standings.get(mark.target) for mark in marks]
    report = report_now(server, standings)
    summary = summarise(report)
    ids = {each.watched.reference: each.watched.id for each in standings}
    counted = {each.inventory.target.reference: (each, counts) for each, counts in zip(report.targets, summary.targets, strict=True)}
    stale = published_long_ago(report.targets)
    return Now(
        made_at=report.made_at,
        machine=report.machine,
        version=report.version,
        verdict=verdict_of(report, summary),
        failed=report.failed,
        incomplete=report.incomplete,
        fail_on=report.fail_on,
        total=summary.total,
        flaws=summary.flaws,
        exploited_flaws=summary.exploited_flaws,
        since=summary.since,
        mends=mends_now(report, summary),
        targets=tuple(_target(each, *counted.get(each.watched.reference, (None, None))) for each in standings),
        edition=newest_edition(check.finding for check in failed_checks(report)),
        checks=checks_now(report),
        missing=missing_now(report, ids),
        notes=report.notes,
        ending_waivers=report.ending_waivers,
        unused_waivers=report.unused_waivers,
        feeds=tuple(
            FeedNow(publisher=name, fetched_at=at, published_on=f"{stale[name]}" if name in stale else "")
            for name, at in feed_times(report.targets).items()
        ),
        open_runs=0,
    )


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


def _target(standing: Standing, report: TargetReport | None, counts: Counts | None) -> TargetNow:
    watched, tried = standing.watched, standing.tried
    return TargetNow(
        id=watched.id,
        reference=watched.reference,
        kind=watched.kind,
        name=watched.name,
        label=called(report.inventory) if report else watched.reference,
        labels=watched.labels,
        system=system(report.inventory) if report else "",
        relation=report.relation if report else "",
        running=report.running if report else None,
        running_as=report.running_as if report else (),
        judged_at=watched.last_judged_at,
        run=watched.last_run,
        tried=tried.run if tried else None,
        tried_status=tried.status if tried else None,
        counts=counts,
    )


def _state_of(path: Path | None) -> tuple[int, int] | None:
    """When a file was last changed, and how long it is; None where it cannot be seen."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found else None
