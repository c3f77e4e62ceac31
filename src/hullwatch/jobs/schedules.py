"""When schedules are due: cron text read by the clock of a time zone, across its changes. Pure: the time is handed in.

A time that a clock skips is made up for at the first minute after it; one that it shows twice counts once, the first time. Where the hour
is left open (``*/15 * * * *``) every minute that the clock shows counts, also the second time, as with cron(8).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter

from ..errors import Misuse
from ..store.schedules import Schedule, Slot

_NAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_WIDEST_CHANGE = timedelta(hours=3)
"""No zone's clock is moved by more at once, but for days that a country skipped."""
_WORDS = re.compile("jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat")
_FIELD = re.compile(r"[0-9*/,#?l-]*")
"""What is left of a field without its words. croniter fills ``h`` by hash and ``r`` at random: not here."""


def check_schedule(cron: str, time_zone: str) -> None:
    """Raises Misuse for cron text or a zone that cannot be read, and for times that never come."""
    words = cron.split()
    named = cron.strip() in _NAMES
    if not named and (len(words) != 5 or not all(_FIELD.fullmatch(_WORDS.sub("", word.lower())) for word in words)):
        raise Misuse(
            f"{cron!r} is no cron text", remedy=f"write five fields (minute hour day month weekday), or one of {', '.join(_NAMES)}"
        )
    zone_of(time_zone)
    try:
        croniter.expand(cron.strip())
        coming = next_after(cron, time_zone, datetime(2000, 1, 1, tzinfo=UTC))
    except (CroniterError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise Misuse(f"{cron!r} is no cron text: {error}", remedy="write five fields: minute hour day month weekday") from error
    if coming is None:
        raise Misuse(f"{cron!r} never comes", remedy="mend the day or the month")


def zone_of(name: str) -> ZoneInfo:
    """Raises Misuse for a name that no zone has."""
    try:
        return _zone(name)
    except (ValueError, OSError, KeyError) as error:
        raise Misuse(f"no time zone is called {name!r}", remedy="write it as in Europe/Berlin, or UTC") from error


def next_after(cron: str, time_zone: str, moment: datetime) -> datetime | None:
    """The first time after ``moment``, in UTC; None when there is none within fifty years."""
    zone = zone_of(time_zone)
    shown = _shown(moment, zone)
    wall = next(_walls(cron, shown), None)
    if wall is None:
        return None
    plain = wall.replace(tzinfo=zone).astimezone(UTC)
    if _shown(plain, zone) == wall and _is_steady(zone, moment) and _is_steady(zone, plain):
        return plain
    best: datetime | None = None
    for wall in _walls(cron, shown - _WIDEST_CHANGE):
        if best is not None and wall > _shown(best, zone) + _WIDEST_CHANGE:
            break
        for instant in _instants(wall, zone, every_hour=_leaves_hour_open(cron)):
            if instant > moment and (best is None or instant < best):
                best = instant
    return best


def preview(cron: str, time_zone: str, moment: datetime, count: int) -> tuple[datetime, ...]:
    """The next times after ``moment``, in UTC."""
    times: list[datetime] = []
    while len(times) < count and (coming := next_after(cron, time_zone, times[-1] if times else moment)) is not None:
        times.append(coming)
    return tuple(times)


def due(schedules: Iterable[Schedule], *, now: datetime, catch_up: timedelta) -> Sequence[Slot]:
    """What wants a run now. Times that passed are made up for by one run, if the last of them is no longer ago than ``catch_up``."""
    ready = ((each, each.next_run_at) for each in schedules if not each.paused)
    return [_slot(each, at, now, catch_up) for each, at in ready if at is not None and at <= now]


def _slot(schedule: Schedule, at: datetime, now: datetime, catch_up: timedelta) -> Slot:
    recent: datetime | None = at
    if now - at > catch_up:
        recent = next_after(schedule.cron, schedule.time_zone, now - catch_up)
    missed = "" if recent and recent <= now else "no server ran at that time, nor soon after"
    return Slot(schedule=schedule.id, at=at, next_run_at=next_after(schedule.cron, schedule.time_zone, now), missed=missed)


def _instants(wall: datetime, zone: ZoneInfo, *, every_hour: bool) -> Iterator[datetime]:
    """When a zone's clock shows ``wall``: once, twice, or never."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if _shown(first, zone) == wall:
        yield first
        if second != first and every_hour:
            yield second
    elif not every_hour:  # skipped: both readings lie beside the change, which is where their offsets meet
        yield _change_between(min(first, second), max(first, second), zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first minute at which a zone's clock has another offset than at ``before``."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=1) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a zone's clock shows."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _is_steady(zone: ZoneInfo, moment: datetime) -> bool:
    """Whether a zone's clock is not moved around ``moment``."""
    around = (moment - _WIDEST_CHANGE, moment, moment + _WIDEST_CHANGE)
    return len({each.astimezone(zone).utcoffset() for each in around}) == 1


def _walls(cron: str, start: datetime) -> Iterator[datetime]:
    """Times that cron text names, on a clock that is never moved, after ``start``."""
    clock = croniter(cron.strip(), start, max_years_between_matches=50)
    try:
        while True:
            yield clock.get_next(datetime)
    except CroniterError:
        return


def _leaves_hour_open(cron: str) -> bool:
    words = cron.split()
    return words == ["@hourly"] or (len(words) == 5 and words[1] in ("*", "*/1"))


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo:
    if not name or name.startswith("/") or len(name) > 100:
        raise ValueError(name)
    return ZoneInfo(name)
