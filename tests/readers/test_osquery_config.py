"""Configurations and packs."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import Malformed
from hullwatch.model import Gap, Note
from hullwatch.readers.osquery_config import Pack, Part, ScheduledQuery, read_pack, read_part


def part_of(value: object) -> Part:
    return read_part(json.dumps(value).encode(), "osquery.conf")


@pytest.mark.shared
def test_the_chapters_configuration_is_read_as_it_is(shared: Path) -> None:
    """All its options as text, a query without an interval, decorators, packs by path."""
    part = read_part((shared / "samples/chapter/osquery.conf").read_bytes(), "osquery.conf")
    assert part.options["schedule_splay_percent"] == "10"
    assert [(query.name, query.interval_s) for query in part.queries] == [("crontab", 300), ("system_profile", None), ("system_info", 3600)]
    assert [len(part.decorate_load), part.packs[0]] == [2, Pack(name="fim", path="/usr/share/osquery/packs/fim.conf")]
    assert part.said == ()


@pytest.mark.shared
def test_the_chapters_pack_is_read_as_it_is(shared: Path) -> None:
    """Its query, and the files to watch."""
    pack = read_pack((shared / "samples/chapter/fim.conf").read_bytes(), "fim", "fim.conf")
    assert pack.part
    assert pack.part.queries == (ScheduledQuery(name="file_events", sql="select * from file_events;", interval_s=300, removed=False),)
    assert pack.part.file_paths[:2] == (("homes", "/root/.ssh/%%"), ("homes", "/home/%/.ssh/%%"))
    assert pack.part.said == ()


@pytest.mark.parametrize(
    ("interval", "read"),
    [(300, 300), ("300", 300), (300.0, 300), (None, None), (604800, 604800)],
)
def test_intervals_are_numbers_or_text(interval: object, read: int | None) -> None:
    """As osquery takes them."""
    (query,) = part_of({"schedule": {"q": {"query": "select 1", "interval": interval}}}).queries
    assert query.interval_s == read


@pytest.mark.parametrize("interval", [0, 604801, -1, "soon", 1.5, [], True])
def test_an_interval_that_is_none_is_a_gap(interval: object) -> None:
    """The query is not run; the others are."""
    part = part_of({"schedule": {"q": {"query": "select 1", "interval": interval}, "other": {"query": "select 2"}}})
    assert [query.name for query in part.queries] == ["other"]
    assert [(type(each), each.what) for each in part.said] == [(Gap, "query q in osquery.conf")]


@pytest.mark.parametrize("query", [{}, {"query": ""}, {"query": "  "}, "select 1", None, {"query": None}])
def test_a_query_without_a_statement_is_a_gap(query: object) -> None:
    """By name."""
    assert [each.why for each in part_of({"schedule": {"q": query}}).said] == ["it has no statement"]


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ({}, True),
        ({"platform": "linux"}, True),
        ({"platform": "darwin,linux"}, True),
        ({"platform": "posix"}, True),
        ({"platform": "ubuntu"}, True),
        ({"platform": "all"}, True),
        ({"platform": "darwin"}, False),
        ({"platform": "gentoo"}, False),
        ({"version": "1.4.5"}, True),
        ({"version": "5.23.1"}, True),
        ({"version": "5.24"}, False),
        ({"version": "nonsense"}, True),
    ],
)
def test_platform_and_version_say_whether_it_counts(said: dict[str, str], counts: bool) -> None:
    """Of a query and of a pack alike; what does not count here is no gap."""
    query = {"query": "select 1"}
    assert bool(part_of({"schedule": {"q": query | said}}).queries) == counts
    (pack,) = part_of({"packs": {"p": {"queries": {"q": query}} | said}}).packs
    assert pack.part
    assert bool(pack.part.queries) == counts
    assert part_of({"schedule": {"q": query | said}}).said == ()


@pytest.mark.parametrize(
    ("text", "true"), [(True, True), ("true", True), ("t", True), (1, True), (False, False), ("false", False), ("", False)]
)
def test_what_is_true_may_be_text(text: object, true: bool) -> None:
    """Of removed and snapshot."""
    (query,) = part_of({"schedule": {"q": {"query": "select 1", "removed": text, "snapshot": text}}}).queries
    assert (query.removed, query.snapshot) == (true, true)


def test_packs_lie_elsewhere_or_inside() -> None:
    """With their discovery and share of machines; anything else is a gap."""
    inside = {"queries": {"q": {"query": "select 1"}}, "discovery": ["select 2"], "shard": "5", "file_paths": {"c": ["/x/%%"]}}
    part = part_of({"packs": {"a": "/a.conf", "b": inside, "c": 7, "*": "/packs/*.conf"}})
    assert [(pack.name, pack.path, pack.discovery, pack.shard) for pack in part.packs] == [
        ("a", "/a.conf", (), 0), ("b", "", ("select 2",), 5), ("*", "/packs/*.conf", (), 0),
    ]  # fmt: skip
    assert part.packs[1].part
    assert part.packs[1].part.file_paths == (("c", "/x/%%"),)
    assert [each.what for each in part.said] == ["pack c in osquery.conf"]


def test_paths_decorators_and_accesses() -> None:
    """Lists, or one text in place of a list; an interval of decorators is a multiple of a minute."""
    part = part_of(
        {
            "file_paths": {"etc": ["/etc/%%", "/opt/%"], "one": "/one"},
            "exclude_paths": {"etc": ["/etc/cache/"]},
            "file_accesses": ["etc"],
            "decorators": {"load": ["select 1"], "always": "select 2", "interval": {"120": ["select 3"], "61": ["select 4"]}},
        }
    )
    assert part.file_paths == (("etc", "/etc/%%"), ("etc", "/opt/%"), ("one", "/one"))
    assert (part.exclude_paths, set(part.file_accesses)) == (("/etc/cache/",), {"etc"})
    assert (part.decorate_load, part.decorate_always, part.decorate_interval) == (("select 1",), ("select 2",), ((120, "select 3"),))
    assert [each.what for each in part.said] == ["decorators.interval.61 in osquery.conf"]


def test_options_become_text() -> None:
    """As in osquery."""
    assert part_of({"options": {"a": True, "b": 5, "c": "x", "d": None}}).options == {"a": "true", "b": "5", "c": "x", "d": ""}


def test_sections_that_are_not_heeded_are_gaps_and_unknown_ones_notes() -> None:
    """A view may be what a query needs; a slip is said too."""
    said = part_of({"views": {"v": "select 1"}, "yara": {}, "scedule": {}, "options": []}).said
    assert [(type(each), each.what.split()[0]) for each in said] == [(Gap, "views"), (Gap, "yara"), (Note, "scedule")]
    assert [each.why for each in part_of({"schedule": [1]}).said] == ["it is no object"]


def test_a_name_that_stands_twice_is_said() -> None:
    """The first counts."""
    part = read_part(b'{"schedule": {"q": {"query": "select 1"}, "q": {"query": "select 2"}}}', "osquery.conf")
    assert [query.sql for query in part.queries] == ["select 1"]
    assert [each.what for each in part.said] == ["q in osquery.conf"]


def test_halves_of_characters_become_question_marks() -> None:
    """They have no place in a log."""
    (query,) = read_part(b'{"schedule": {"q\\ud800": {"query": "select \'\\udfff\'"}}}', "x").queries
    assert (query.name, query.sql) == ("q?", "select '?'")


@pytest.mark.parametrize("data", [b"[]", b"7", b"", b"{", b'"x"'])
def test_what_holds_no_object_is_malformed(data: bytes) -> None:
    """Of a configuration and of a pack."""
    with pytest.raises(Malformed):
        read_part(data, "x")
    with pytest.raises(Malformed):
        read_pack(data, "p", "x")


SECTION = st.sampled_from(
    [
        "options",
        "schedule",
        "queries",
        "packs",
        "decorators",
        "load",
        "interval",
        "file_paths",
        "exclude_paths",
        "query",
        "shard",
        "platform",
        "60",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SECTION | st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(ANYTHING)
def test_any_json_is_read_or_malformed(value: object) -> None:
    """Nothing else is raised."""
    data = json.dumps(value).encode()
    for read in (lambda: read_part(data, "x"), lambda: read_pack(data, "p", "x")):
        try:
            read()
        except Malformed:
            continue
