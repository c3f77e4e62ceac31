"""A whole life of an agent, its time driven by the test; file events come from the kernel."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hullwatch.config import Settings
from hullwatch.errors import Misuse, NotFound, Unreachable
from hullwatch.jobs.agent import check_agent, life, run_agent
from hullwatch.jobs.agent.control import Control
from hullwatch.jobs.agent.watching import Watching
from hullwatch.jobs.edges import Edges
from hullwatch.model import Gap
from hullwatch.store.agent.events import KeptEvents
from hullwatch.store.agent.results import ResultStore
from tests.doubles import QuietProgress

START = 1_795_600_020  # a multiple of 60
Step = Callable[[], None]


class Driven(Control):
    """Waiting takes no time, but the clock goes on; between two waits the test does one of its steps, and after the last it all ends."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__()
        self._steps = list(steps)
        self.seconds = float(START)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def wait(self, timeout_s: float) -> None:
        self.seconds += timeout_s
        if not self._steps:
            self.ask_stop()
            return
        self._steps.pop(0)()


class Machine:
    """A root, a configuration, and where logs and memory go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = path / "root"
        self.config = path / "osquery.conf"
        self.log, self.memory = path / "log", path / "memory"
        self.progress = QuietProgress()
        for name in ("etc", "home/bob/.ssh", "root/.ssh", "tmp"):
            (self.root / name).mkdir(parents=True)
        (self.root / "etc/passwd").write_text("root:x:0:0:::\n")

    def configure(self, **sections: Any) -> None:
        self.config.write_text(json.dumps(sections))

    def live(self, *steps: Step) -> None:
        self.drive(Driven(steps))

    def drive(self, control: Driven, root: Path | None = None) -> None:
        edges = Edges(Settings(home=self.path / "home"), self.progress, clock=control, root=root or self.root)
        given = {"logger_path": str(self.log), "database_path": str(self.memory), "pidfile": str(self.path / "pid")}
        run_agent(self.config, edges, control, given)
        control.close()

    def lines(self, file: str = "osqueryd.results.log") -> list[dict[str, Any]]:
        path = self.log / file
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def status(self) -> str:
        return (self.log / "osqueryd.INFO").read_text()

    def noticed(self, count: int) -> Step:
        """Until so many file events have been kept."""

        def wait() -> None:
            kept = KeptEvents(self.memory)
            while kept.newest() < count:
                threading.Event().wait(0.01)
            kept.close()

        return wait

    def watching(self) -> None:
        """Until what is there has been learned."""
        while True:
            kept = KeptEvents(self.memory)
            (count,) = kept._connection.execute("select count(*) from established").fetchone()
            kept.close()
            if count:
                return
            threading.Event().wait(0.01)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """With one account."""
    return Machine(tmp_path)


def nothing() -> None:
    """Let time pass."""


def test_queries_run_when_their_turn_comes(machine: Machine) -> None:
    """Not at the start, save those that say so; the process id is told while it lives."""
    machine.configure(
        options={"schedule_splay_percent": 101},
        schedule={
            "minute": {"query": "select count(*) as n from users", "interval": 60, "snapshot": True},
            "long": {"query": "select 1 as x", "interval": 3600},
            "first": {"query": "select 2 as x", "interval": 3600, "startup_priority": 1},
        },
    )
    pids: list[str] = []
    machine.live(lambda: pids.append((machine.path / "pid").read_text()), nothing)
    assert pids == [f"{os.getpid()}\n"]
    assert not (machine.path / "pid").exists()
    assert [(line["name"], line["unixTime"]) for line in machine.lines("osqueryd.snapshots.log")] == [
        ("minute", START + 60), ("minute", START + 120),
    ]  # fmt: skip
    assert [(line["name"], line["unixTime"]) for line in machine.lines()] == [("first", START)]
    assert machine.status().splitlines()[-1].endswith("the agent ends")


@pytest.mark.shared
def test_the_chapters_configuration_runs_as_it_is(machine: Machine, shared: Path) -> None:
    """Missing packs are named once; a query without an interval has the default; lines are decorated."""
    shutil.copy(shared / "samples/chapter/osquery.conf", machine.config)
    (machine.root / "etc/cron.d").mkdir()
    (machine.root / "etc/cron.d/x").write_text("1 2 3 4 5 root job\n")
    (machine.root / "etc/machine-id").write_text("0123456789abcdef\n")
    machine.live(*[nothing] * 200)
    for pack in ("fim", "osquery-monitoring", "incident-response", "it-compliance", "vuln-management"):
        assert machine.status().count(f"pack {pack}: /usr/share/osquery/packs/{pack}.conf is not there") == 1
    lines = machine.lines()
    assert {line["name"] for line in lines} == {"crontab", "system_profile", "system_info"}
    (crontab,) = [line for line in lines if line["name"] == "crontab"]
    assert crontab["columns"]["command"] == "root job"
    assert set(crontab["decorations"]) == {"host_uuid"}
    assert {line["columns"]["interval"] for line in lines if line["name"] == "system_profile"} == {"300", "3600"}


@pytest.mark.shared
def test_the_chapters_file_events_are_logged_at_the_next_run(machine: Machine, shared: Path) -> None:
    """A key, a new home with a tree, an editor's replacement and a move, with path, action and digests; the pack as it is."""
    shutil.copy(shared / "samples/chapter/fim.conf", machine.config)
    root = machine.root
    (root / "etc/app.conf").write_text("old")

    def change() -> None:
        machine.watching()
        (root / "root/.ssh/authorized_keys").write_text("key")
        (root / "home/eve/.ssh").mkdir(parents=True)
        (root / "home/eve/.ssh/authorized_keys").write_text("another")
        (root / "etc/.app.conf.swp").write_text("new")
        (root / "etc/.app.conf.swp").rename(root / "etc/app.conf")
        (root / "etc/app.conf").rename(root / "tmp/moved.conf")

    machine.live(change, machine.noticed(8), nothing, nothing)
    columns = [line["columns"] for line in machine.lines()]
    assert {line["name"] for line in machine.lines()} == {"file_events"}
    told = {(each["action"], each["target_path"], each["category"]) for each in columns}
    assert told >= {
        ("CREATED", "/root/.ssh/authorized_keys", "homes"), ("CREATED", "/home/eve", "home"), ("CREATED", "/home/eve/.ssh", "home"),
        ("CREATED", "/home/eve/.ssh/authorized_keys", "homes"), ("MOVED_FROM", "/etc/.app.conf.swp", "etc"),
        ("MOVED_TO", "/etc/app.conf", "etc"), ("MOVED_FROM", "/etc/app.conf", "etc"), ("MOVED_TO", "/tmp/moved.conf", "tmp"),
    }  # fmt: skip
    (moved,) = [each for each in columns if each["target_path"] == "/tmp/moved.conf"]
    assert moved["sha256"] == "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437"


def test_lines_have_the_fields_of_a_real_osqueryds(machine: Machine, data: Path) -> None:
    """In their order, as it recorded them."""
    machine.configure(schedule={"fe": {"query": "select * from file_events", "interval": 60}}, file_paths={"etc": ["/etc/%%"]})

    def change() -> None:
        machine.watching()
        (machine.root / "etc/x").write_text("x")

    machine.live(change, machine.noticed(1), nothing)
    theirs = json.loads((data / "osquery-5.23.1/agent/results.log").read_text().splitlines()[0])
    ours = machine.lines()[0]
    assert [name for name in theirs if name != "decorations"] == list(ours)
    assert list(theirs["columns"]) == list(ours["columns"])
    assert all(type(theirs[name]) is type(ours[name]) for name in ours)


def test_the_configuration_is_read_again_on_request(machine: Machine) -> None:
    """Queries and files; one that is broken leaves the old one in place."""
    machine.configure(schedule={"a": {"query": "select 1 as x", "interval": 60}})
    control: list[Driven] = []

    def reload(write: Step) -> Step:
        def step() -> None:
            write()
            control[0].ask_reload()

        return step

    def changed() -> None:
        options = {"logger_path": "/elsewhere"}
        machine.configure(
            options=options, schedule={"b": {"query": "select target_path from file_events", "interval": 60}}, file_paths={"e": ["/etc/%%"]}
        )

    def touch() -> None:
        machine.watching()
        (machine.root / "etc/new").touch()

    def damage() -> None:
        machine.config.write_text("{")

    steps = [nothing, reload(damage), nothing, reload(changed), touch, machine.noticed(1), nothing]
    control.append(Driven(steps))
    machine.drive(control[0])
    assert [line["name"] for line in machine.lines()] == ["a", "b"]
    assert "the configuration cannot be read, the one before it goes on" in machine.status()


def test_a_turn_that_was_missed_is_caught_up_with_at_the_start(machine: Machine) -> None:
    """Once."""
    machine.configure(
        options={"schedule_splay_percent": 101}, schedule={"a": {"query": "select 1 as x", "interval": 3600, "snapshot": True}}
    )
    machine.live(*[nothing] * 60)
    count = len(machine.lines("osqueryd.snapshots.log"))
    memory = ResultStore(machine.memory)
    statistics = memory.statistics("a")
    assert statistics
    memory._connection.execute("update statistics set last_executed = ?", (START - 3600,))
    memory.close()
    machine.live()
    assert len(machine.lines("osqueryd.snapshots.log")) == count + 1


def test_a_clock_that_is_put_back_stops_nothing(machine: Machine) -> None:
    """Turns are counted from then on."""
    machine.configure(options={"schedule_splay_percent": 101}, schedule={"a": {"query": "select 1 as x", "interval": 60, "snapshot": True}})
    control: list[Driven] = []

    def back() -> None:
        control[0].seconds -= 10_000

    control.append(Driven([nothing, back, nothing, nothing]))
    machine.drive(control[0])
    times = [line["unixTime"] for line in machine.lines("osqueryd.snapshots.log")]
    assert times[0] == START + 60
    assert times[2] - times[1] == 60


@pytest.mark.parametrize(
    ("identifier", "host"),
    [
        ("uuid", "4c4c4544-0042-3510-8052-b4c04f4d3132"),
        ("specified", "me"),
        ("hostname", os.uname().nodename),
        ("web-1", os.uname().nodename),
    ],
)
def test_the_host_is_called_as_the_configuration_says(machine: Machine, identifier: str, host: str) -> None:
    """Anything that is no word for it means its name, as in osquery."""
    (machine.root / "sys/class/dmi/id").mkdir(parents=True)
    (machine.root / "sys/class/dmi/id/product_uuid").write_text("4c4c4544-0042-3510-8052-b4c04f4d3132\n")
    options = {"host_identifier": identifier, "specified_identifier": "me"}
    machine.configure(options=options, schedule={"a": {"query": "select 1 as x", "interval": 60}})
    machine.live(nothing)
    assert [line["hostIdentifier"] for line in machine.lines()] == [host]


def test_an_instance_keeps_its_name_and_an_ephemeral_one_does_not(machine: Machine) -> None:
    """Over a restart."""
    for identifier, count in (("instance", 1), ("ephemeral", 2)):
        machine.configure(
            options={"host_identifier": identifier}, schedule={identifier: {"query": "select 1 as x", "interval": 60, "snapshot": True}}
        )
        machine.live(nothing)
        machine.live(nothing)
        hosts = {line["hostIdentifier"] for line in machine.lines("osqueryd.snapshots.log") if line["name"] == identifier}
        assert len(hosts) == count


def test_without_events_nothing_is_watched(machine: Machine) -> None:
    """Where the options say so."""
    for options in ({"disable_events": True}, {"enable_file_events": "false"}):
        machine.configure(
            options=options, schedule={"e": {"query": "select * from file_events", "interval": 60}}, file_paths={"e": ["/etc/%%"]}
        )
        machine.live((machine.root / "etc/x").touch, nothing)
    assert machine.lines() == []


def test_its_own_files_are_not_watched(machine: Machine) -> None:
    """Or each line would make another."""
    machine.log, machine.memory = machine.root / "log", machine.root / "memory"
    machine.configure(
        schedule={"e": {"query": "select target_path from file_events", "interval": 60}}, file_paths={"all": [f"{machine.root}/%%"]}
    )
    machine.root.rename(machine.path / "moved")
    machine.root.mkdir()
    control = Driven([machine.watching, (machine.root / "x").touch, machine.noticed(1), nothing, nothing])
    machine.drive(control, Path("/"))
    paths = {line["columns"]["target_path"].removeprefix(str(machine.root)) for line in machine.lines()}
    assert "/x" in paths
    assert not [path for path in paths if path.startswith(("/log/osqueryd", "/memory/hullwatch"))]


def test_patterns_that_are_none_are_gaps(machine: Machine) -> None:
    """The others are watched."""
    machine.configure(schedule={}, file_paths={"e": ["relative/%%", "/etc/%%"]}, exclude_paths={"e": ["also/relative"]})
    machine.live(machine.watching)
    assert machine.status().count("is no absolute path") == 2


def test_what_cannot_begin_is_an_error(machine: Machine) -> None:
    """No configuration, or another agent in the same place."""
    with pytest.raises(NotFound):
        machine.live()
    machine.configure(schedule={})

    def second() -> None:
        with pytest.raises(Misuse, match="already keeps its memory"):
            machine.live()

    machine.live(second)


def test_watching_that_ends_ends_the_agent(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than be blind."""
    machine.configure(schedule={}, file_paths={"e": ["/etc/%%"]})
    monkeypatch.setattr(Watching, "is_alive", False)
    with pytest.raises(Unreachable, match="watching of files has ended"):
        machine.live(nothing)


def test_files_that_cannot_be_watched_are_said_and_tried_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries run meanwhile."""
    machine.configure(schedule={"a": {"query": "select 1 as x", "interval": 60}}, file_paths={"e": ["/etc/%%"]})
    tried: list[int] = []

    class Refusing:
        def __init__(self, *_: object, **__: object) -> None:
            tried.append(1)
            raise Unreachable("inotify: no such thing")

    monkeypatch.setattr(life, "Watching", Refusing)
    machine.live(nothing, nothing, nothing)
    assert len(tried) > 1
    assert len(machine.lines()) == 1
    assert machine.status().count("files cannot be watched") == 1


def test_what_is_forgotten_and_what_expires(machine: Machine) -> None:
    """Queries that are gone for a week; events when all queries have told them and their time is over."""
    machine.configure(schedule={"a": {"query": "select 1 as x", "interval": 60}})
    machine.live(nothing)
    machine.configure(schedule={"b": {"query": "select 1 as x", "interval": 604800}})
    control = Driven([nothing] * 10)
    control.seconds += life.REMEMBERED_S + 3600
    machine.drive(control)
    memory = ResultStore(machine.memory)
    assert memory.statistics("a") is None
    memory.close()


def test_what_an_agent_would_do_can_be_asked(machine: Machine) -> None:
    """Without doing it: nothing is made."""
    machine.configure(schedule={"a": {"query": "select 1"}, "b": {"query": "select nonsense"}}, file_paths={"e": ["/etc/%%"]})
    edges = Edges(Settings(home=machine.path / "home"), machine.progress, root=machine.root)
    plan = check_agent(machine.config, edges, {})
    assert [query.name for query in plan.queries] == ["a"]
    assert [each.what for each in plan.said if isinstance(each, Gap)] == ["query b is not run"]
    assert not machine.log.exists()
