"""When schedules are due, across the changes of clocks. The judge is a clock that is asked minute by minute."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hullwatch.errors import Misuse
from hullwatch.jobs.schedules import check_schedule, due, next_after, preview, zone_of
from hullwatch.store.runs import Parameters
from hullwatch.store.schedules import Schedule

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo")
CATCH_UP = timedelta(hours=6)


def local(cron: str, zone: str, start: str, count: int) -> list[str]:
    """The next times, as the zone's clock shows them."""
    began = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return [moment.astimezone(ZoneInfo(zone)).strftime("%d %H:%M%z") for moment in preview(cron, zone, began, count)]


@pytest.mark.parametrize(
    ("cron", "zone", "start", "shown"),
    [
        ("30 2 * * *", "Europe/Berlin", "2026-03-28", ["28 02:30+0100", "29 03:00+0200", "30 02:30+0200"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24", ["24 02:30+0200", "25 02:30+0200", "26 02:30+0100"]),
        ("0 2,3 * * *", "Europe/Berlin", "2026-03-29", ["29 03:00+0200", "30 02:00+0200"]),
        ("0 * * * *", "Europe/Berlin", "2026-10-25T01:30", ["25 02:00+0200", "25 02:00+0100", "25 03:00+0100"]),
        ("0 * * * *", "Europe/Berlin", "2026-03-29T00:30", ["29 01:00+0100", "29 03:00+0200", "29 04:00+0200"]),
        ("30 1 * * *", "America/New_York", "2025-11-02", ["02 01:30-0400", "03 01:30-0500"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", ["04 02:30+1100", "05 02:15+1100"]),
        ("@weekly", "Asia/Kathmandu", "2026-10-03", ["04 00:00+0545", "11 00:00+0545"]),
        ("0 12 30 12 *", "Pacific/Apia", "2011-12-29", ["31 00:00+1400", "30 12:00+1400"]),
        ("0 0 29 2 *", "UTC", "2026-01-01", ["29 00:00+0000", "29 00:00+0000"]),
    ],
)
def test_clocks_are_moved_and_schedules_go_on(cron: str, zone: str, start: str, shown: list[str]) -> None:
    """A time that is skipped is made up for at once, one that is shown twice counts once; open hours count every hour."""
    assert local(cron, zone, start, len(shown)) == shown


@settings(deadline=None, max_examples=15)
@given(st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 59), st.dates(date(2024, 1, 1), date(2027, 1, 1)))
def test_once_a_day_is_once_a_day(zone: str, hour: int, minute: int, day: object) -> None:
    """In every zone, over every change of its clock: as many times as days, each on its own."""
    began = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(minutes=1)
    times = [moment.astimezone(ZoneInfo(zone)) for moment in preview(f"{minute} {hour} * * *", zone, began, 400)]
    days = [moment.date() for moment in times]
    assert [later - earlier for earlier, later in pairwise(days)] == [timedelta(days=1)] * 399
    assert sum((moment.hour, moment.minute) != (hour, minute) for moment in times) <= 3


def shown_minutes(zone: str, start: datetime, hours: int) -> Iterator[tuple[datetime, datetime]]:
    """Each minute, and what the zone's clock shows."""
    for number in range(1, hours * 60 + 1):
        moment = start + timedelta(minutes=number)
        yield moment, moment.astimezone(ZoneInfo(zone))


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(ZONES), st.sampled_from((1, 5, 15, 20, 30, 60)), st.integers(0, 3 * 365 * 24 * 60))
def test_open_hours_are_what_the_clock_shows(zone: str, every: int, start: int) -> None:
    """Minute by minute, over a change of the clock too."""
    began = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    minutes = "0" if every == 60 else f"*/{every}"
    wanted = [moment for moment, shown in shown_minutes(zone, began, 5) if shown.minute % every == 0]
    assert list(preview(f"{minutes} * * * *", zone, began, len(wanted))) == wanted


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=10))
def test_whatever_is_written_is_understood_or_misuse(cron: str, zone: str) -> None:
    """Nothing else comes out."""
    for text, name in ((cron, "UTC"), ("@daily", zone)):
        try:
            check_schedule(text, name)
        except Misuse:
            continue
        assert next_after(text, name, datetime(2026, 1, 1, tzinfo=UTC)) is not None


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[0-9*/,\-?#LlWwHhRrA-Z]{1,6}", fullmatch=True), min_size=5, max_size=5))
def test_fields_that_look_like_it_are_understood_or_misuse(fields: list[str]) -> None:
    """And what is understood says the same each time: nothing is left to chance."""
    text = " ".join(fields)
    try:
        check_schedule(text, "UTC")
    except Misuse:
        return
    assert next_after(text, "UTC", datetime(2026, 1, 1, tzinfo=UTC)) == next_after(text, "UTC", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "cron", ["", "x", "* * * *", "* * * * * *", "@reboot", "@never", "61 * * * *", "0 0 31 2 *", "R * * * *", "H * * * *"]
)
def test_what_is_no_cron_text_is_misuse(cron: str) -> None:
    """Also times that never come, seconds, and fields that are filled at random."""
    with pytest.raises(Misuse):
        check_schedule(cron, "UTC")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "/etc/localtime", "../../etc/passwd", "Europe", "a\0b", "x" * 1000])
def test_what_is_no_zone_is_misuse(zone: str) -> None:
    """And no path."""
    with pytest.raises(Misuse, match="no time zone"):
        zone_of(zone)


def schedule(next_run_at: datetime | None, cron: str = "0 * * * *", *, paused: bool = False) -> Schedule:
    """A schedule that was to run then."""
    return Schedule(
        id=7, name="hourly", cron=cron, time_zone="UTC", job="scan", targets=(), parameters=Parameters(), paused=paused,
        created_at=datetime(2026, 1, 1, tzinfo=UTC), created_by="ann", next_run_at=next_run_at, last_run=None, last_run_at=None,
        missed_at=None, missed_why="",
    )  # fmt: skip


NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)


def test_what_is_due_is_due_once() -> None:
    """It is due again at the next time from now, however many passed."""
    (slot,) = due([schedule(NOW - timedelta(hours=3, minutes=30))], now=NOW, catch_up=CATCH_UP)
    assert (slot.schedule, slot.at, slot.next_run_at, slot.missed) == (
        7,
        NOW - timedelta(hours=3, minutes=30),
        NOW + timedelta(minutes=30),
        "",
    )


def test_what_is_paused_or_later_is_not_due() -> None:
    """Nor what never comes again."""
    assert due([schedule(NOW, paused=True), schedule(NOW + timedelta(minutes=1)), schedule(None)], now=NOW, catch_up=CATCH_UP) == []


def test_what_passed_long_ago_is_missed() -> None:
    """Unless a later time of it is near: a night's scan is not begun at noon, an hourly one is."""
    yesterday = NOW - timedelta(days=1)
    (hourly,) = due([schedule(yesterday)], now=NOW, catch_up=CATCH_UP)
    (nightly,) = due([schedule(yesterday, "0 2 * * *")], now=NOW, catch_up=CATCH_UP)
    assert (hourly.missed, bool(nightly.missed)) == ("", True)
    assert nightly.next_run_at == datetime(2026, 6, 2, 2, tzinfo=UTC)
