"""How things are called in a report: targets, systems, layers, feeds, ages."""

import re
import shlex
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from ..model import Comparison, Feed, Finding, Gap, Inventory, Layer, Location, Report, Target, TargetKind, TargetReport

_NOP = re.compile(r"^/bin/sh -c #\(nop\)\s+")
_SHELL = re.compile(r"^(?:RUN\s+)?(?:\|\d+\s.*?)?/bin/(?:ba)?sh -c\s+")
_BUILDKIT = re.compile(r"\s*# buildkit$")

_LONG_AGO = timedelta(days=30)


def label(target: Target) -> str:
    """``image nginx:1.25``, ``host web-1``, ``daemon``; a reference that begins with what it is stands alone."""
    if target.kind is TargetKind.DAEMON:
        return "daemon"
    return target.name if ":" in target.name and target.name == target.reference else f"{target.kind} {target.name}"


def called(inventory: Inventory) -> str:
    """As ``label``; of a daemon with its version: ``daemon 20.10.24``."""
    target = inventory.target
    version = inventory.daemon.version if inventory.daemon else target.identifiers.get("engine_version", "")
    return f"daemon {version}".rstrip() if target.kind is TargetKind.DAEMON else label(target)


def short(target: Target) -> str:
    """What stands for a target beside its findings: ``nginx:1.25``, ``host``, ``daemon``; a host elsewhere by its name."""
    return target.reference if target.reference in (TargetKind.HOST, TargetKind.DAEMON) else target.name


def argument(target: Target) -> str:
    """What a command line calls a target."""
    if target.kind in (TargetKind.CONTAINER, TargetKind.HOST):
        return shlex.quote(target.reference)
    return shlex.quote(short(target))


def command(report: Report, *options: str, verb: str = "scan") -> str:
    """The command that made a report, with further options."""
    named = [] if report.whole_machine else [argument(target.inventory.target) for target in report.targets]
    return " ".join(("hullwatch", verb, *named, *options))


def system(inventory: Inventory) -> str:
    """``debian 12``; ``-`` where no distribution was found."""
    found = inventory.distribution
    return f"{found.id} {found.release or found.code_name}".rstrip() if found else "-"


def instruction(layer: Layer) -> str:
    """What made a layer, as its Dockerfile had it, on one line."""
    text = _BUILDKIT.sub("", " ".join(layer.instruction.split()))
    if (short_form := _NOP.sub("", text)) != text:
        return short_form
    return _SHELL.sub("RUN ", text)


def layer_of(finding: Finding) -> int:
    """The topmost layer that a finding's packages are in; 0 outside images."""
    return max((seen.layer_number for seen in places(finding)), default=0)


def places(finding: Finding) -> Iterable[Location]:
    """Where what a finding speaks of was seen."""
    return (seen for evidence in finding.evidence if isinstance(evidence, Comparison) for seen in evidence.seen_at)


def about(gap: Gap) -> str:
    """What a gap is about, with its path and layer."""
    if gap.seen_at is None:
        return gap.what
    path = "" if gap.seen_at.path in gap.what else f" {gap.seen_at.path}"
    return f"{gap.what}{path}{f' (layer {gap.seen_at.layer_number})' if gap.seen_at.layer_number else ''}"


def object_name(subject: str) -> str:
    """The object of a check without its kind: ``web`` of ``container:web``."""
    return subject.partition(":")[2] or subject


def number_of(finding: Finding, edition: str = "") -> str:
    """A check's number in an edition (default: the newest it has one in), or its name where it has none."""
    return finding.numbers.get(edition or newest_edition([finding]), finding.rule) if finding.numbers else finding.rule


def newest_edition(findings: Iterable[Finding]) -> str:
    """The newest edition of the benchmark that numbers these checks; empty when none does."""
    return max((edition for finding in findings for edition in finding.numbers), key=natural, default="")


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts numbers inside text by value, however long: 2.2 before 2.14."""
    return tuple(_by_value(part) if part.isdecimal() else (1, 0, part) for part in re.split(r"([0-9]+)", text) if part)


def _by_value(digits: str) -> tuple[int, int, str]:
    plain = digits.lstrip("0")
    return (0, len(plain), plain)


def many(number: int, noun: str) -> str:
    """``1 gap``, ``2 gaps``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """``3.4 s``; ``2 min 5 s`` from a minute on."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60} min {int(seconds) % 60} s"


def age(then: datetime, now: datetime) -> str:
    """``5 min``, ``2 h``, ``3 d``: whole units, rounded down; a time to come is 0 min."""
    passed = max(now - then, timedelta())
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min"
    return f"{passed // timedelta(hours=1)} h" if passed < timedelta(days=1) else f"{passed // timedelta(days=1)} d"


def feed_times(targets: Sequence[TargetReport]) -> dict[str, datetime | None]:
    """Per publisher when the oldest of the feeds asked was last fetched or found unchanged; None where that is not known."""
    times: dict[str, datetime | None] = {}
    for feed in (feed for target in targets for feed in target.feeds):
        name, time = publisher(feed), feed.fetched_at or feed.published_at
        known = times.get(name, time)
        times[name] = min(known, time) if known and time else None
    return dict(sorted(times.items(), key=lambda item: (item[0] == "kev", item[0])))


def published_long_ago(targets: Sequence[TargetReport]) -> dict[str, date]:
    """Publishers whose data was much older than its fetching: a mirror that stands still, or a release that nobody serves any more."""
    days: dict[str, date] = {}
    for feed in (feed for target in targets for feed in target.feeds):
        if feed.published_at and feed.fetched_at and feed.fetched_at - feed.published_at > _LONG_AGO:
            day = feed.published_at.date()
            days[publisher(feed)] = min(day, days.get(publisher(feed), day))
    return days


def publisher(feed: Feed) -> str:
    """``debian``, ``alpine``, ``pypi``, ``kev``."""
    first, _, rest = feed.id.partition("/")
    return (rest if first == "osv" and rest else first).partition("/")[0].lower()
