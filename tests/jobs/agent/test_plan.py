"""What an agent does, and when."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.jobs.agent.plan import Plan, Planned, due, make_plan, next_due, splayed
from hullwatch.readers.osquery_config import Pack, Part, ScheduledQuery

INTERVALS = st.integers(1, 604_800)
TIMES = st.integers(0, 2**33)


def plan_of(*parts: Part, packs: tuple[Pack, ...] = (), hostname: str = "host1", **given_options: str) -> Plan:
    return make_plan(parts, packs, hostname, given_options)


def query(name: str, interval_s: int | None = 60, shard: int = 0) -> ScheduledQuery:
    return ScheduledQuery(name=name, sql=f"select '{name}'", interval_s=interval_s, shard=shard)


def planned(every_s: int, name: str = "q") -> Planned:
    return Planned(name=name, sql="", interval_s=every_s, every_s=every_s, removed=True, snapshot=False, priority=None)


def test_files_are_joined_and_packs_named() -> None:
    """Queries of a pack have its name before theirs; its other sections count like those of the file."""
    pack = Pack(name="fim", part=Part(queries=(query("events"),), file_paths=(("etc", "/etc/%%"),), decorate_load=("select 2",)))
    plan = plan_of(Part(queries=(query("a"),), decorate_load=("select 1",)), Part(queries=(query("b"),)), packs=(pack,))
    assert [each.name for each in plan.queries] == ["a", "b", "pack_fim_events"]
    assert (plan.file_paths, plan.decorate_load) == ((("etc", "/etc/%%"),), ("select 1", "select 2"))
    assert plan_of(packs=(pack,), pack_delimiter="/").queries[0].name == "pack/fim/events"


def test_of_options_the_last_counts_and_those_of_the_command_line_over_all() -> None:
    """What is said of them is said once."""
    plan = plan_of(Part(options={"events_max": "1", "logger_path": "/a"}), Part(options={"events_max": "2"}), logger_path="/b")
    assert (plan.options.events_max, plan.options.logger_path, plan.said) == (2, "/b", ())


def test_of_equal_names_the_first_counts() -> None:
    """The other is a gap: two under one name would fight for one memory."""
    plan = plan_of(Part(queries=(query("a", 60),)), Part(queries=(query("a", 30),)))
    assert [each.interval_s for each in plan.queries] == [60]
    assert [each.what for each in plan.said] == ["query a"]


def test_a_query_without_an_interval_has_the_default() -> None:
    """That of the configuration."""
    assert plan_of(Part(queries=(query("a", None),))).queries[0].interval_s == 3600
    assert plan_of(Part(queries=(query("a", None),)), schedule_default_interval="77").queries[0].interval_s == 77


def test_a_share_of_machines_is_chosen_by_their_names() -> None:
    """As osquery chooses it."""
    names = [f"host{number}" for number in range(200)]
    chosen = [name for name in names if plan_of(Part(queries=(query("a", shard=30),)), hostname=name).queries]
    assert chosen == [name for name in names if hashlib.sha1(name.encode(), usedforsecurity=False).digest()[0] * 100 // 255 <= 30]
    assert 30 < len(chosen) < 100
    pack = Pack(name="p", shard=1, part=Part(queries=(query("a"),)))
    assert [name for name in names if plan_of(packs=(pack,), hostname=name).queries] != names


@pytest.mark.parametrize(
    ("interval_s", "percent", "least", "most"),
    [(3600, 10, 3240, 3960), (300, 20, 240, 360), (60, 0, 54, 66), (60, 1, 54, 66), (60, 101, 60, 60), (1, 10, 1, 1), (2, 100, 1, 4)],
)
def test_intervals_are_spread(interval_s: int, percent: int, least: int, most: int) -> None:
    """Within the percentage, always alike for one machine, and otherwise for another; 0 and 1 percent mean 10, over 100 none."""
    spread = {splayed(interval_s, percent, str(seed)) for seed in range(2000)}
    assert (min(spread), max(spread)) == (least, most)
    assert splayed(interval_s, percent, "seed") == splayed(interval_s, percent, "seed")


def test_a_query_is_due_where_its_interval_turns_over() -> None:
    """At multiples of it since 1970, as in osquery."""
    minute = planned(60)
    assert due([minute], {"q": 119}, 119) == ()
    assert due([minute], {"q": 119}, 120) == (minute,)
    assert due([minute], {"q": 120}, 179) == ()
    assert next_due([minute], {"q": 120}, 0) == 180


def test_what_was_slept_through_is_caught_up_with_once() -> None:
    """However long it was."""
    minute = planned(60)
    assert due([minute], {"q": 60}, 100_000) == (minute,)
    assert due([minute], {"q": 100_000}, 100_000) == ()


@given(INTERVALS, TIMES, TIMES)
def test_a_query_is_due_exactly_from_when_it_was_said_to_be(every_s: int, ran: int, now: int) -> None:
    """Not earlier, and never twice for one turn."""
    each = planned(every_s)
    at = next_due([each], {"q": ran}, 0)
    assert bool(due([each], {"q": ran}, now)) == (now >= at)
    assert due([each], {"q": at}, at) == ()
    assert ran < at <= ran + every_s


def test_nothing_scheduled_is_never_due() -> None:
    """There is something else to wait for."""
    assert (due([], {}, 5), next_due([], {}, 65)) == ((), 65)
