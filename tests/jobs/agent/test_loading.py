"""Reading configurations from files."""

import json
from pathlib import Path

import pytest

from hullwatch.config import Settings
from hullwatch.errors import Denied, Malformed, NotFound, Unreachable
from hullwatch.jobs.agent.loading import load, plan_of
from hullwatch.jobs.edges import Edges
from tests.doubles import QuietProgress


@pytest.fixture
def edges(tmp_path: Path) -> Edges:
    """A machine with one account."""
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/passwd").write_text("root:x:0:0:::\n")
    return Edges(Settings(home=tmp_path / "home"), QuietProgress(), root=tmp_path / "root")


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def schedule(*names: str) -> object:
    return {name: {"query": "select 1"} for name in names}


def test_the_directory_beside_the_file_is_read_too(tmp_path: Path) -> None:
    """By name; only what ends in .conf, and a broken one is a gap."""
    config = write(tmp_path / "c.conf", {"schedule": schedule("a")})
    write(tmp_path / "c.conf.d/20.conf", {"schedule": schedule("c")})
    write(tmp_path / "c.conf.d/10.conf", {"schedule": schedule("b")})
    write(tmp_path / "c.conf.d/30.txt", {"schedule": schedule("d")})
    (tmp_path / "c.conf.d/40.conf").write_text("{")
    loaded = load(config)
    assert [query.name for part in loaded.parts for query in part.queries] == ["a", "b", "c"]
    assert [gap.what for gap in loaded.gaps] == [str(tmp_path / "c.conf.d/40.conf")]


def test_packs_are_read_where_they_lie(tmp_path: Path) -> None:
    """One that is not there is a gap, named once; a pattern means many; a path may begin where the configuration lies."""
    write(tmp_path / "packs/one.conf", {"queries": schedule("a")})
    write(tmp_path / "packs/two.conf", {"queries": schedule("b")})
    (tmp_path / "packs/three.conf").write_text("{")
    packs = {
        "here": "packs/one.conf",
        "gone": "/nowhere/gone.conf",
        "*": str(tmp_path / "packs/*.conf"),
        "inside": {"queries": schedule("c")},
    }
    loaded = load(write(tmp_path / "c.conf", {"packs": packs}))
    assert [(pack.name, [query.name for query in pack.part.queries] if pack.part else None) for pack in loaded.packs] == [
        ("here", ["a"]), ("one", ["a"]), ("two", ["b"]), ("inside", ["c"]),
    ]  # fmt: skip
    assert [gap.what for gap in loaded.gaps] == ["pack gone", "pack three"]
    assert loaded.gaps[0].why == "/nowhere/gone.conf is not there"


def test_the_file_itself_has_to_be_there_and_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or there is nothing to do."""
    with pytest.raises(NotFound):
        load(tmp_path / "none.conf")
    with pytest.raises(Unreachable):
        load(tmp_path)
    (tmp_path / "c.conf").write_text("nonsense")
    with pytest.raises(Malformed):
        load(tmp_path / "c.conf")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Denied):
        load(tmp_path / "c.conf")


def test_queries_that_cannot_be_run_are_left_out_with_a_gap(tmp_path: Path, edges: Edges) -> None:
    """Once for each configuration, not at each turn: a table that is not known, none named where one is needed, more than one statement."""
    queries = {
        "good": "select * from users;",
        "table": "select * from arp_cache",
        "needs": "select * from file",
        "two": "select 1; select 2",
    }
    config = {"schedule": {name: {"query": sql} for name, sql in queries.items()}}
    plan = plan_of(load(write(tmp_path / "c.conf", config)), edges, "host1", {})
    assert [query.name for query in plan.queries] == ["good"]
    assert [(gap.kind, gap.what) for gap in plan.said] == [("query", f"query {name} is not run") for name in ("table", "needs", "two")]
    assert "no such table" in plan.said[0].why


def test_event_tables_can_be_asked_though_nothing_watches_yet(tmp_path: Path, edges: Edges) -> None:
    """They are only looked at whether they could."""
    config = {"schedule": {"e": {"query": "select * from file_events"}, "s": {"query": "select * from osquery_schedule"}}}
    plan = plan_of(load(write(tmp_path / "c.conf", config)), edges, "host1", {})
    assert (len(plan.queries), plan.said) == (2, ())


def test_a_pack_counts_where_each_of_its_discoveries_finds_something(tmp_path: Path, edges: Edges) -> None:
    """One that cannot be run is a gap."""
    packs = {
        name: {"queries": schedule("q"), "discovery": discovery}
        for name, discovery in {
            "yes": ["select 1 from users where username = 'root'", "select 1"],
            "no": ["select 1", "select 1 from users where username = 'none'"],
            "broken": ["select nonsense"],
        }.items()
    }
    plan = plan_of(load(write(tmp_path / "c.conf", {"packs": packs})), edges, "host1", {})
    assert [query.name for query in plan.queries] == ["pack_yes_q"]
    assert [gap.what for gap in plan.said] == ["pack broken does not count"]
