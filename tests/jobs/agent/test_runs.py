"""Runs of scheduled queries: what changed, what is written, what is remembered."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hullwatch.config import Settings
from hullwatch.jobs.agent import runs
from hullwatch.jobs.agent.messages import Messages
from hullwatch.jobs.agent.plan import Plan, Planned
from hullwatch.jobs.agent.runs import Runner
from hullwatch.jobs.edges import Edges
from hullwatch.model.agent import FileAction, FileEvent
from hullwatch.readers.osquery_options import AgentOptions
from hullwatch.store.agent.events import EventStore, KeptEvents
from hullwatch.store.agent.results import ResultStore
from tests.doubles import QuietProgress

USERS = "select username, uid from users"


class Heard(Messages):
    """Keeps what is said."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self._heard = said

    def once(self, level: int, text: str) -> None:
        self._heard.append(text)


class Life:
    """A runner whose lines can be read."""

    def __init__(self, home: Path, root: Path) -> None:
        self.root = root
        self.results = ResultStore(home)
        self.events = EventStore(home)
        self.kept = KeptEvents(home)
        self.progress = QuietProgress()
        self.said: list[str] = []
        self.edges = Edges(Settings(home=home), self.progress, root=root)
        self.now = 1_795_600_000

    def runner(self, *queries: Planned, stopped: bool = False, **options: Any) -> Runner:
        plan = Plan(options=AgentOptions(**options), queries=queries)
        return Runner(plan, "host1", self.edges, self.results, self.kept, Heard(self.said), lambda: stopped)

    def run(self, runner: Runner, query: Planned) -> list[dict[str, Any]]:
        """Run it a minute later; the lines that it adds."""
        self.now += 60
        runner.run(query, self.now)
        return self.lines()

    def lines(self) -> list[dict[str, Any]]:
        """Lines that wait to be written, which they then are."""
        found = []
        for file in self.results.files_with_lines():
            lines = self.results.lines(file, 10**6)
            found += [json.loads(line) | {"file": file} for _, line in lines]
            self.results.end_appending(file, lines[-1][0])
        return found

    def accounts(self, *names: str) -> None:
        """Who is there."""
        (self.root / "etc/passwd").write_text("".join(f"{name}:x:{number}:0:::\n" for number, name in enumerate(names)))

    def noticed(self, *paths: str) -> None:
        """Files that were made."""
        for path in paths:
            self.events.add(FileEvent(path=path, category="c", action=FileAction.CREATED, at=self.now))

    def close(self) -> None:
        self.results.close()
        self.events.close()
        self.kept.close()


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A machine with two accounts."""
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    made = Life(tmp_path / "home", tmp_path / "root")
    made.accounts("root", "web")
    yield made
    made.close()


def query(sql: str = USERS, *, name: str = "q", removed: bool = True, snapshot: bool = False) -> Planned:
    return Planned(name=name, sql=sql, interval_s=60, every_s=61, removed=removed, snapshot=snapshot, priority=None)


def test_the_first_run_tells_all_and_later_ones_what_changed(life: Life) -> None:
    """What is gone before what is new; the counter rises where something changed."""
    users = query()
    runner = life.runner(users)
    first = life.run(runner, users)
    assert [(line["columns"], line["action"], line["counter"]) for line in first] == [
        ({"uid": "0", "username": "root"}, "added", 0), ({"uid": "1", "username": "web"}, "added", 0),
    ]  # fmt: skip
    assert {key: first[0][key] for key in ("name", "hostIdentifier", "unixTime", "epoch", "numerics", "file")} == {
        "name": "q", "hostIdentifier": "host1", "unixTime": life.now, "epoch": 0, "numerics": False, "file": "osqueryd.results.log",
    }  # fmt: skip
    assert life.run(runner, users) == []
    life.accounts("root", "new")
    assert [(line["columns"]["username"], line["action"], line["counter"]) for line in life.run(runner, users)] == [
        ("web", "removed", 1), ("new", "added", 1),
    ]  # fmt: skip


def test_equal_rows_are_counted(life: Life) -> None:
    """Two of a kind are two."""
    shells = query("select shell from users")
    runner = life.runner(shells)
    assert len(life.run(runner, shells)) == 2
    life.accounts("root", "web", "more", "evenmore")
    assert [line["action"] for line in life.run(runner, shells)] == ["added", "added"]
    life.accounts("root")
    assert [line["action"] for line in life.run(runner, shells)] == ["removed"] * 3


def test_without_removed_rows_what_is_gone_is_not_told(life: Life) -> None:
    """It counts all the same."""
    users = query(removed=False)
    runner = life.runner(users)
    life.run(runner, users)
    life.accounts("root")
    assert life.run(runner, users) == []
    life.accounts("root", "web")
    assert [(line["action"], line["counter"]) for line in life.run(runner, users)] == [("added", 2)]


def test_another_epoch_begins_anew(life: Life) -> None:
    """All rows are new, and none is gone."""
    users = query()
    life.run(life.runner(users), users)
    lines = life.run(life.runner(users, schedule_epoch=5), users)
    assert [(line["action"], line["epoch"], line["counter"]) for line in lines] == [("added", 5, 0)] * 2
    assert life.run(life.runner(users, schedule_epoch=5), users) == []


def test_what_was_remembered_goes_on_after_a_restart(life: Life, tmp_path: Path) -> None:
    """Counter and rows."""
    users = query()
    life.run(life.runner(users), users)
    life.accounts("root")
    life.run(life.runner(users), users)
    life.close()
    again = Life(tmp_path / "home", tmp_path / "root")
    assert again.run(again.runner(users), users) == []
    again.accounts("root", "x")
    assert [(line["columns"]["username"], line["counter"]) for line in again.run(again.runner(users), users)] == [("x", 2)]
    again.close()


def test_a_snapshot_is_logged_whole_each_time(life: Life) -> None:
    """In a file of its own, with counter 0; on request a line for each row."""
    users = query(snapshot=True)
    for _ in range(2):
        (line,) = life.run(life.runner(users), users)
        assert (line["file"], line["action"], line["counter"]) == ("osqueryd.snapshots.log", "snapshot", 0)
        assert [row["username"] for row in line["snapshot"]] == ["root", "web"]
    rows = life.run(life.runner(users, logger_snapshot_event_type=True), users)
    assert [(row["columns"]["username"], row["action"]) for row in rows] == [("root", "snapshot"), ("web", "snapshot")]


def test_a_batch_has_all_in_one_line(life: Life) -> None:
    """At the first run also for no rows at all; later only where something changed; numbers on request."""
    users, none = query(), query("select uid from users where 0", name="none")
    runner = life.runner(users, none, logger_event_type=False, logger_numerics=True)
    (line,) = life.run(runner, users)
    assert line["diffResults"] == {"removed": [], "added": [{"uid": 0, "username": "root"}, {"uid": 1, "username": "web"}]}
    (empty,) = life.run(runner, none)
    assert empty["diffResults"] == {"removed": [], "added": []}
    assert life.run(runner, users) == life.run(runner, none) == []


def test_events_are_told_once_by_each_query(life: Life) -> None:
    """All as added, also the same twice; each query has its own place, and keeps it over a restart."""
    events, others = query("select target_path from file_events"), query("select action from file_events", name="other")
    life.noticed("/a", "/a")
    assert [(line["columns"]["target_path"], line["action"], line["counter"]) for line in life.run(life.runner(events), events)] == [
        ("/a", "added", 1), ("/a", "added", 1),
    ]  # fmt: skip
    assert life.run(life.runner(events), events) == []
    life.noticed("/b")
    assert [(line["columns"]["target_path"], line["counter"]) for line in life.run(life.runner(events), events)] == [("/b", 2)]
    assert len(life.run(life.runner(others), others)) == 3


def test_the_counter_of_events_is_osquerys(life: Life) -> None:
    """0 at the first rows, where the very first run had none."""
    events = query("select target_path from file_events")
    runner = life.runner(events)
    assert life.run(runner, events) == life.run(runner, events) == []
    life.noticed("/a")
    assert [line["counter"] for line in life.run(runner, events)] == [0]
    life.noticed("/b")
    assert [line["counter"] for line in life.run(runner, events)] == [1]


def test_events_that_a_condition_leaves_out_count_as_told(life: Life) -> None:
    """They are not looked at again."""
    events = query("select target_path from file_events where target_path like '/etc/%'")
    runner = life.runner(events)
    life.noticed("/tmp/x", "/etc/x")
    assert len(life.run(runner, events)) == 1
    assert life.results.told("q", life.kept.series) == 2


def test_many_events_are_told_some_at_a_time(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory does not grow with them: it says that there are more."""
    monkeypatch.setattr(runs, "EVENTS_AT_ONCE", 2)
    events = query("select target_path from file_events")
    runner = life.runner(events)
    life.noticed("/a", "/b", "/c")
    assert runner.run(events, life.now)
    assert not runner.run(events, life.now)
    assert [line["columns"]["target_path"] for line in life.lines()] == ["/a", "/b", "/c"]


def test_a_query_that_fails_is_said_and_remembers_nothing(life: Life) -> None:
    """Events that it should have told are told the next time."""
    users, events = query(), query("select target_path, 1 / 0, abs(-9223372036854775808) from file_events", name="events")
    life.run(life.runner(users), users)
    broken = query("select nonsense from users")
    assert life.run(life.runner(broken), broken) == []
    life.noticed("/a")
    assert life.run(life.runner(events), events) == []
    assert [text.partition(":")[0] for text in life.said] == ["query q", "query events"]
    assert life.results.told("events", life.kept.series) == 0
    assert life.run(life.runner(users), users) == []


def test_an_answer_that_is_too_long_is_not_compared(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cut off would seem to be gone."""
    users = query()
    life.run(life.runner(users), users)
    monkeypatch.setattr(runs, "MAX_ROWS", 2)
    life.accounts("a", "b", "c")
    assert life.run(life.runner(users), users) == []
    assert "2 rows or more" in life.said[-1]
    monkeypatch.undo()
    assert len(life.run(life.runner(users), users)) == 5


def test_a_query_that_was_interrupted_is_no_failure(life: Life) -> None:
    """The agent ends."""
    endless = query("with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c")
    assert life.run(life.runner(endless, stopped=True), endless) == []
    assert life.said == []


def test_gaps_of_an_answer_are_said(life: Life) -> None:
    """With the rows that there are."""
    (life.root / "etc/passwd").write_text("root:x:0:0:::\nnonsense\n")
    users = query()
    assert len(life.run(life.runner(users), users)) == 1
    assert ["line 2" in text for text in life.said] == [True]


def test_decorations_stand_in_every_line(life: Life) -> None:
    """Of each statement the first row, as text; asked at once, or before each run; one that fails is said."""
    users = query("select uid from users where uid = 0")
    runner = life.runner(users)
    runner.plan = Plan(options=AgentOptions(), queries=(users,), decorate_always=("select count(*) as n from users",))
    runner.decorate(["select username as who, 7 as num from users order by uid", "select nonsense", "select 1 as never where 0"])
    assert life.run(runner, users)[0]["decorations"] == {"who": "root", "num": "7", "n": "2"}
    assert [text.partition(":")[0] for text in life.said] == ["decorator 'select nonsense'"]
    silent = life.runner(users, disable_decorators=True, schedule_epoch=1)
    silent.decorate(["select 1 as x"])
    assert "decorations" not in life.run(silent, users)[0]


def test_statistics_are_kept_until_the_statement_changes(life: Life) -> None:
    """And can be asked for."""
    users, schedule = query(), query("select name, interval, executions, output_size > 0 as size from osquery_schedule", name="s")
    life.run(life.runner(users, schedule), users)
    life.run(life.runner(users, schedule), users)
    rows = [line["columns"] for line in life.run(life.runner(users, schedule), schedule)]
    assert rows == [
        {"name": "q", "interval": "60", "executions": "2", "size": "1"}, {"name": "s", "interval": "60", "executions": "0", "size": "0"},
    ]  # fmt: skip
    changed = query("select 1")
    assert life.runner(changed).statistics()[0].executions == 0


def test_nothing_is_written_where_logging_is_off(life: Life) -> None:
    """What is remembered is."""
    users = query()
    assert life.run(life.runner(users, disable_logging=True), users) == []
    assert life.results.last("q") is not None
