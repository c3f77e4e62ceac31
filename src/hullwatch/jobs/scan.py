"""The job of ``hullwatch scan``: look at targets, judge what was read, remember it, and say what to do, in order."""

import time
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from ..assess.benchmark import judge_daemon
from ..assess.threshold import parse_threshold
from ..assess.vulnerabilities import judge_packages
from ..errors import HullwatchError, Misuse, NotFound
from ..model import FindingKind, Gap, Inventory, Judgement, Note, Report, Target, TargetKind, Unfinished, Waiver
from ..targets.listing import Local, list_local
from ..targets.references import parse_reference
from .edges import DEFECTS, Edges, error_of, gap_of
from .inventory import inventory_of, targets_of
from .reporting import Run, report_on


class ScanParameters(Struct, frozen=True, kw_only=True):
    """What a scan is asked to do."""

    references: tuple[str, ...] = ()
    """Targets as the user names them; none means the machine it stands on."""
    only: frozenset[FindingKind] = frozenset()
    """Kinds of findings wanted; empty means all."""
    waivers: tuple[Waiver, ...] = ()
    fail_on: str = "high,fixable"
    remembered: bool = True
    """Whether the run goes into the history."""
    run: int | None = None
    """Number of the run that a server was asked for; None: this is a run of its own."""


class _Wanted(Struct, frozen=True):
    """The targets of a run, and what was known before any was opened."""

    targets: tuple[Target, ...]
    local: Local | None
    notes: tuple[Note, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()


class _Taken(Struct, frozen=True):
    """An inventory and how long it took."""

    inventory: Inventory
    seconds: float


def scan(parameters: ScanParameters, edges: Edges) -> Report:
    """Scan. Raises Misuse for what cannot be understood, and the first target's error when no target at all could be looked at."""
    started_at, began = edges.clock.now(), time.monotonic()
    parse_threshold(parameters.fail_on)
    wanted = _machine(edges, parameters.only) if not parameters.references else _named(parameters.references, edges)
    if parameters.only:
        wanted = _asked(wanted, parameters.only)
    if parameters.remembered:
        _ = edges.history  # an address of it that cannot be understood is said now, not when all was looked at
    taken, unfinished, interrupted = _take(wanted.targets, edges)
    if not taken:
        raise _no_report(wanted, unfinished)
    judgements, feed_gaps = _judge([each.inventory for each in taken], edges, fetching=not interrupted)
    run = Run(
        judgements=tuple(judgements),
        seconds=tuple(each.seconds for each in taken),
        local=wanted.local,
        unfinished=wanted.unfinished + unfinished,
        notes=wanted.notes,
        feed_gaps=feed_gaps,
        started_at=started_at,
        number=parameters.run,
    )
    report = report_on(run, parameters.waivers, parameters.fail_on, edges, remembered=parameters.remembered)
    return replace(report, seconds=time.monotonic() - began, whole_machine=not parameters.references)


def _machine(edges: Edges, only: frozenset[FindingKind]) -> _Wanted:
    """The host, the daemon, every local image and every running container. Where nobody asked for an engine and there is none, a note."""
    host = parse_reference("host")
    engine = edges.engine
    if isinstance(engine, NotFound) and FindingKind.BENCHMARK not in only:
        return _Wanted((host,), None, notes=(Note(kind="no-engine", what=engine.what, why="images and containers are not looked at"),))
    if isinstance(engine, HullwatchError):
        return _without_engine(host, engine)
    try:
        local = list_local(engine)
    except HullwatchError as error:
        return _without_engine(host, error)
    return _Wanted((host, parse_reference("daemon"), *local.images, *local.containers), local, notes=local.notes)


def _without_engine(host: Target, error: HullwatchError) -> _Wanted:
    unfinished = Unfinished(reference="daemon", gap=gap_of(error, "Docker Engine, its images and containers"))
    return _Wanted((host,), None, unfinished=(unfinished,))


def _named(references: Sequence[str], edges: Edges) -> _Wanted:
    """The targets named, each once; what cannot be found is unfinished, what cannot be understood is misuse."""
    targets: dict[str, Target] = {}
    unfinished: list[Unfinished] = []
    for text in references:
        try:
            for named in targets_of(text, edges):
                if isinstance(named, Unfinished):
                    unfinished.append(named)
                else:
                    targets.setdefault(named.reference, named)
        except Misuse:
            raise
        except HullwatchError as error:
            unfinished.append(Unfinished(reference=text, gap=gap_of(error, text)))
    asks_engine = any(target.kind in (TargetKind.IMAGE, TargetKind.CONTAINER) for target in targets.values())
    return _Wanted(tuple(targets.values()), _running(edges) if asks_engine else None, unfinished=tuple(unfinished))


def _running(edges: Edges) -> Local | None:
    """What runs here, so that a report can say it; None when no engine can be asked."""
    if edges.docker is None:
        return None
    try:
        return list_local(edges.docker)
    except HullwatchError:
        return None


def _kinds_of(target: Target) -> frozenset[FindingKind]:
    """What kinds of findings a target is judged for."""
    return frozenset({FindingKind.BENCHMARK if target.kind is TargetKind.DAEMON else FindingKind.VULNERABILITY})


def _asked(wanted: _Wanted, only: frozenset[FindingKind]) -> _Wanted:
    """The targets that are judged for these kinds; the others are not looked at, which is a note. Raises Misuse where nothing is left."""
    asked = tuple(target for target in wanted.targets if _kinds_of(target) & only)
    if not asked and not wanted.unfinished:
        remedy = "packages have vulnerabilities, the daemon has benchmark findings; hullwatch agent watches the integrity of files"
        raise Misuse(f"nothing that was named is judged for {' or '.join(sorted(only))}", remedy=remedy)
    count = len(wanted.targets) - len(asked)
    if not count:
        return wanted
    why = f"not looked at: --only {' --only '.join(sorted(only))}"
    notes = (*wanted.notes, Note(kind="not-asked", what=_counted(count, "target"), why=why))
    return _Wanted(asked, wanted.local, notes=notes, unfinished=wanted.unfinished)


def _take(targets: Sequence[Target], edges: Edges) -> tuple[list[_Taken], tuple[Unfinished, ...], bool]:
    """Take each target's inventory; one that fails does not stop the others. At Ctrl-C the rest is unfinished; the flag says so."""
    looked_at: list[_Taken | Unfinished] = []
    interrupted = False
    try:
        with edges.progress.step("looking", len(targets), "targets") as step:
            for target in targets:
                looked_at.append(_look_at(target, edges, alone=len(targets) == 1))
                step.advance()
    except KeyboardInterrupt:
        interrupted = True
        rest = targets[len(looked_at) :]
        edges.progress.warn(f"interrupted: {len(rest)} of {len(targets)} targets are not looked at, the others are judged; again: at once")
        why = "interrupted before it was looked at; scan it again"
        looked_at += [Unfinished(reference=each.reference, gap=Gap(kind="interrupted", what=_title(each), why=why)) for each in rest]
    taken = [each for each in looked_at if isinstance(each, _Taken)]
    return taken, tuple(each for each in looked_at if isinstance(each, Unfinished)), interrupted


def _look_at(target: Target, edges: Edges, *, alone: bool) -> _Taken | Unfinished:
    """One target's inventory, or why there is none. Raises what a defect of ours raises when no other target is at stake."""
    began = time.monotonic()
    try:
        inventory = inventory_of(target, edges)
    except HullwatchError as error:
        gap = gap_of(error, _title(target))
    except DEFECTS as error:
        if alone:
            raise
        gap = gap_of(error, _title(target))
    else:
        edges.progress.finished(_title(inventory.target), _size(inventory))
        return _Taken(inventory, time.monotonic() - began)
    edges.progress.warn(f"{gap.what}: {gap.why}")
    return Unfinished(reference=target.reference, gap=gap)


def _title(target: Target) -> str:
    return target.name if target.name == target.kind else f"{target.kind} {target.name}"


def _size(inventory: Inventory) -> str:
    if inventory.daemon is not None:
        images, containers = len(inventory.daemon.images or ()), len(inventory.daemon.containers or ())
        return f"{_counted(images, 'image')}, {_counted(containers, 'container')}"
    return _counted(len(inventory.packages), "package")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _no_report(wanted: _Wanted, unfinished: tuple[Unfinished, ...]) -> HullwatchError:
    gaps = [each.gap for each in wanted.unfinished + unfinished]
    said = "nothing could be looked at: " + "; ".join(dict.fromkeys(gap.why for gap in gaps))
    return error_of(gaps[0], said) if gaps else NotFound(said)


def _judge(inventories: Sequence[Inventory], edges: Edges, *, fetching: bool) -> tuple[list[Judgement], tuple[Gap, ...]]:
    """Fetch what these inventories need, then judge each. The gaps are those of fetching."""
    with_packages = [each for each in inventories if each.target.kind is not TargetKind.DAEMON]
    gaps: tuple[Gap, ...] = ()
    if fetching and with_packages and not edges.settings.offline:
        try:
            gaps = refresh(with_packages, edges)
        except KeyboardInterrupt:
            edges.progress.warn("interrupted: what was looked at is judged by the feeds that are there; again: at once")
            gaps = (Gap(kind="interrupted", what="advisories", why="interrupted before all feeds were asked; scan again"),)
        except DEFECTS as error:  # what was looked at is judged by the feeds that are there
            gaps = (gap_of(error, "advisories"),)
    return [_judged(each, edges, alone=len(inventories) == 1) for each in inventories], gaps


def _judged(inventory: Inventory, edges: Edges, *, alone: bool) -> Judgement:
    """The judgement of one inventory; a defect of ours among several is a gap of this one."""
    try:
        if inventory.target.kind is TargetKind.DAEMON:
            return judge_daemon(inventory)
        return judge_packages(inventory, edges.database, now=edges.clock.now())
    except DEFECTS as error:
        if alone:
            raise
        return Judgement(inventory=inventory, gaps=(*inventory.gaps, gap_of(error, _title(inventory.target))), notes=inventory.notes)


def refresh(inventories: Sequence[Inventory], edges: Edges, *, force: bool = False) -> tuple[Gap, ...]:
    """Have the feeds that these inventories need, as fresh as the settings ask; a gap for each that could not be had."""
    from ..advisories.update import update_feeds

    settings = edges.settings
    return update_feeds(
        edges.database,
        inventories,
        mirror=settings.mirror,
        max_age_h=settings.max_age_h,
        timeout_s=settings.timeout_s,
        clock=edges.clock,
        progress=edges.progress,
        force=force,
    )
