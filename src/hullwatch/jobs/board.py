"""Says what is wrong now: reads what has changed, keeps the rest, and holds no more of a target than is shown of it.

Hosts, directories and daemons are counted one by one. Images and containers have to do with each other (a container is told as what its
image has not, a base is mended once for all that stand on it), so they are counted together, anew when one of them changes.
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from .. import __version__
from ..assess.mends import in_order
from ..assess.waivers import ending, unused
from ..errors import HullwatchError
from ..model import FindingKind, Mend, Note, Report, TargetKind, TargetReport, Verdict, Waiver
from ..reports.names import called, feed_times, newest_edition, published_long_ago, system
from ..reports.summary import Counts, Summary, add, can_be_mended, count_target
from ..store.runs import OPEN
from ..store.standing import Mark, Standing
from .now import FeedNow, MendNow, MissingNow, Now, TargetNow, checks_now, missing_now, verdict_of
from .server import Server
from .standing import machine_of, report_now
from .working import load_waivers

_TOGETHER = frozenset({TargetKind.IMAGE, TargetKind.CONTAINER})
_LONG_S = 1.0
"""Reading that takes longer is done behind the back of whoever asks, who sees what was there before."""
log = logging.getLogger(__name__)


class _Part(Struct, frozen=True, kw_only=True):
    """What one target, or all images and containers together, have to say."""

    targets: tuple[TargetNow, ...]
    mends: tuple[Mend, ...]
    checks: tuple[TargetReport, ...]
    """With the checks that fail, and nothing else."""
    unfinished: tuple[MissingNow, ...]
    missing: tuple[MissingNow, ...]
    notes: tuple[Note, ...]
    feeds: dict[str, datetime | None]
    published: dict[str, date]
    flaws: frozenset[str]
    exploited: frozenset[str]
    since: datetime | None
    failed: bool
    unused_waivers: frozenset[Waiver]


class Board:
    """What is wrong now. One for a process; safe for many threads."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._reading = threading.Lock()
        self._ground: object = None
        self._parts: dict[object, _Part] = {}
        self._key: object = None
        self._kept: Now | None = None
        self._took_s = 0.0

    def now(self) -> Now:
        """As things stand; of a large fleet that changes, as they stood a while ago (``made_at``). Raises Misuse for bad waivers."""
        marks, now = self._server.memory.standings.marks(), self._server.clock.now()
        key = (marks, _state_of(self._server.settings.waivers), now.date())
        kept, known = self._kept, self._key
        if kept is None or (key != known and self._took_s < _LONG_S):
            with self._reading:
                kept = self._read(key)
        elif key != known:
            threading.Thread(target=self._read_behind, args=(key,), daemon=True).start()
        statuses = self._server.memory.runs.by_status()
        return replace(kept, made_at=now if key == self._key else kept.made_at, open_runs=sum(statuses.get(each, 0) for each in OPEN))

    def _read_behind(self, key: tuple[tuple[Mark, ...], object, date]) -> None:
        if self._reading.acquire(blocking=False):
            try:
                self._read(key)
            except HullwatchError as error:
                log.warning("what is wrong now cannot be read", extra={"why": str(error)})
            finally:
                self._reading.release()

    def _read(self, key: tuple[tuple[Mark, ...], object, date]) -> Now:
        """Unless somebody else just did."""
        if self._kept is not None and self._key == key:
            return self._kept
        began, (marks, *ground) = time.monotonic(), key
        if ground != self._ground:
            self._parts, self._ground = {}, ground
        kinds = {mark: TargetKind(mark.kind) for mark in marks}
        alone = [mark for mark in marks if kinds[mark] not in _TOGETHER]
        together = tuple(mark for mark in marks if kinds[mark] in _TOGETHER)
        before = self._parts
        self._parts = {mark: before[mark] if mark in before else _alone(self._server, mark) for mark in alone}
        if together:
            self._parts[together] = before[together] if together in before else _together(self._server, together)
        kept = _joined(self._server, list(self._parts.values()))
        self._kept, self._key, self._took_s = kept, key, time.monotonic() - began
        return kept


def _alone(server: Server, mark: Mark) -> _Part:
    standings = list(server.memory.standings.each([mark.target]))
    report = report_now(server, standings)
    return _part(standings, report, {each.inventory.target.reference: count_target(each) for each in report.targets})


def _together(server: Server, marks: Sequence[Mark]) -> _Part:
    """Containers first, for only of their images all has to be held until they are compared."""
    counts: dict[str, Counts] = {}
    standings: list[Standing] = []
    compared: set[str | None] = set()

    def each() -> Iterator[Standing]:
        ordered = sorted(marks, key=lambda mark: (mark.kind != TargetKind.CONTAINER, mark.target))
        for standing in server.memory.standings.each(mark.target for mark in ordered):
            standings.append(replace(standing, inventory=None, report=None, findings=()))
            yield standing

    def seen(target: TargetReport) -> TargetReport:
        if target.inventory.container is not None:
            compared.add(target.inventory.container.tag_image_id)
            return target
        counts[target.inventory.target.reference] = count_target(target)
        image = target.inventory.image
        return target if image and image.image_id in compared else _without_packages(target)

    report = report_now(server, each(), seen)
    for target in report.targets:
        counts.setdefault(target.inventory.target.reference, count_target(target))
    return _part(standings, report, counts)


def _part(standings: Iterable[Standing], report: Report, counts: Mapping[str, Counts]) -> _Part:
    reports = {each.inventory.target.reference: each for each in report.targets}
    ids = {each.watched.reference: each.watched.id for each in standings}
    mendable = [each.finding for target in report.targets for each in target.findings if can_be_mended(each)]
    missing = missing_now(report, ids)
    whole = len(missing_now(replace(report, targets=()), ids))
    return _Part(
        targets=tuple(_target(each, reports.get(each.watched.reference), counts.get(each.watched.reference)) for each in standings),
        mends=report.mends,
        checks=tuple(each for each in map(_checks_alone, report.targets) if each.findings),
        unfinished=missing[:whole],
        missing=missing[whole:],
        notes=report.notes,
        feeds=feed_times(report.targets),
        published=published_long_ago(report.targets),
        flaws=frozenset(finding.rule for finding in mendable),
        exploited=frozenset(finding.rule for finding in mendable if finding.exploited),
        since=min((each.previous_at for each in report.targets if each.previous_at), default=None),
        failed=report.failed,
        unused_waivers=frozenset(report.unused_waivers),
    )


def _joined(server: Server, parts: Sequence[_Part]) -> Now:
    now, waivers = server.clock.now(), load_waivers(server.settings)
    unfinished = tuple(dict.fromkeys(each for part in parts for each in part.unfinished))
    missing = tuple(each for part in parts for each in part.missing)
    targets = sorted((each for part in parts for each in part.targets), key=lambda each: each.id)
    gaps = Counts(gaps=sum(len(each.what) for each in unfinished))
    total = add([*(each.counts for each in targets if each.counts), gaps], Counts)
    mends = sorted((mend for part in parts for mend in part.mends), key=in_order)
    checks = tuple(each for part in parts for each in part.checks)
    summary = Summary(
        total=total,
        targets=(),
        flaws=len(frozenset[str]().union(*(part.flaws for part in parts))),
        exploited_flaws=len(frozenset[str]().union(*(part.exploited for part in parts))),
        mends=tuple(len(mend.findings) for mend in mends),
        since=min((part.since for part in parts if part.since), default=None),
    )
    report = Report(
        made_at=now,
        machine=machine_of(server),
        version=__version__,
        targets=checks,
        failed=any(part.failed for part in parts),
        incomplete=bool(total.gaps),
    )
    never = frozenset(waivers).intersection(*(part.unused_waivers for part in parts))
    return Now(
        made_at=now,
        machine=report.machine,
        version=report.version,
        verdict=verdict_of(report, summary),
        failed=report.failed,
        incomplete=report.incomplete,
        fail_on=server.settings.fail_on,
        total=total,
        flaws=summary.flaws,
        exploited_flaws=summary.exploited_flaws,
        since=summary.since,
        mends=tuple(MendNow(number=place, mends=len(mend.findings), mend=mend) for place, mend in enumerate(mends, 1)),
        targets=tuple(targets),
        edition=newest_edition(each.finding for target in checks for each in target.findings),
        checks=checks_now(report),
        missing=(*unfinished, *missing),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        ending_waivers=tuple(ending(waivers, now.date())),
        unused_waivers=tuple(unused(waivers, frozenset(waivers) - never)),
        feeds=_feeds(parts),
        open_runs=0,
    )


def _feeds(parts: Sequence[_Part]) -> tuple[FeedNow, ...]:
    times: dict[str, datetime | None] = {}
    published: dict[str, date] = {}
    for part in parts:
        for name, at in part.feeds.items():
            known = times.get(name, at)
            times[name] = min(known, at) if known and at else None
        for name, day in part.published.items():
            published[name] = min(day, published.get(name, day))
    return tuple(
        FeedNow(publisher=name, fetched_at=times[name], published_on=str(published.get(name, "")))
        for name in sorted(times, key=lambda name: (name == "kev", name))
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


def _checks_alone(target: TargetReport) -> TargetReport:
    failing = tuple(
        each
        for each in target.findings
        if each.finding.kind is FindingKind.BENCHMARK and each.finding.verdict is Verdict.FAIL and not each.waived_by
    )
    return TargetReport(inventory=replace(target.inventory, packages=(), daemon=None, file_states=()), findings=failing)


def _without_packages(target: TargetReport) -> TargetReport:
    return replace(target, inventory=replace(target.inventory, packages=()))


def _state_of(path: Path | None) -> tuple[int, int] | None:
    """When a file was last changed, and how long it is; None where it cannot be seen."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found else None
