"""hullwatch agent as a process: signals, a kill in the middle, and what is written meanwhile."""

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from hullwatch.cli.agent import register

app = typer.Typer(pretty_exceptions_enable=False)
register(app)
app.callback()(lambda: None)


class Agent:
    """A process, its configuration and its logs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.watched = path / "watched"
        self.watched.mkdir()
        self.process: subprocess.Popen[bytes] | None = None
        self.configure(
            files={"query": f"select path from file where directory = '{self.watched}'", "interval": 1},  # noqa: S608 - a path of this test
            events={"query": "select action, target_path, sha256 from file_events", "interval": 1, "removed": False},
        )

    def configure(self, **schedule: object) -> None:
        options = {name: str(self.path / name) for name in ("logger_path", "database_path", "pidfile")}
        sections = {"options": options, "schedule": schedule, "file_paths": {"w": [f"{self.watched}/%%"]}}
        (self.path / "osquery.conf").write_text(json.dumps(sections))

    def start(self) -> None:
        words = [sys.executable, "-m", "hullwatch", "agent", "--config", "osquery.conf"]
        with (self.path / "stderr").open("a") as heard:
            self.process = subprocess.Popen(words, cwd=self.path, stderr=heard)
        self.until(lambda: "directories are watched" in self.status())

    def end(self, number: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(number)
        status = self.process.wait(30)
        for path in (self.path / "logger_path").glob("osqueryd.INFO*"):
            path.unlink()
        return status

    def status(self) -> str:
        path = self.path / "logger_path/osqueryd.INFO"
        return path.read_text() if path.exists() else ""

    def lines(self) -> list[dict[str, Any]]:
        path = self.path / "logger_path/osqueryd.results.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def events(self) -> list[dict[str, str]]:
        return [line["columns"] for line in self.lines() if line["name"] == "events"]

    def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            assert self.process
            assert self.process.poll() is None, (self.path / "stderr").read_text()
            threading.Event().wait(0.02)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    """Not yet started."""
    made = Agent(tmp_path)
    yield made
    if made.process and made.process.poll() is None:
        made.process.kill()
        made.end(signal.SIGKILL)


def test_changes_are_logged_at_the_next_run_and_a_term_ends_it_cleanly(agent: Agent) -> None:
    """Nobody else may read the logs; the process id is told while it runs."""
    agent.start()
    assert agent.process
    assert (agent.path / "pidfile").read_text() == f"{agent.process.pid}\n"
    (agent.watched / "key").write_text("x")
    agent.until(lambda: any(each["target_path"].endswith("/key") and each["sha256"] for each in agent.events()))
    modes = {path.name: path.stat().st_mode & 0o777 for path in (agent.path / "logger_path").iterdir() if not path.is_symlink()}
    assert set(modes.values()) == {0o640}
    assert agent.end(signal.SIGTERM) == 0
    assert not (agent.path / "pidfile").exists()


def test_a_hangup_reads_the_configuration_again(agent: Agent) -> None:
    """And everything else goes on."""
    agent.start()
    agent.configure(other={"query": "select 5 as five", "interval": 1})
    assert agent.process
    agent.process.send_signal(signal.SIGHUP)
    agent.until(lambda: any(line["name"] == "other" for line in agent.lines()))
    assert agent.end(signal.SIGINT) == 0


def test_killed_in_the_middle_nothing_is_lost_or_doubled(agent: Agent) -> None:
    """Each file is told once by either query, also those made while nobody watched; counters go on."""
    made = 0
    for _ in range(3):
        agent.start()
        for _ in range(300):
            (agent.watched / f"f{made}").write_text(str(made))
            made += 1
        agent.until(lambda so_far=made: len(agent.lines()) > so_far)  # type: ignore[misc]  # the default binds it
        agent.end(signal.SIGKILL)
        (agent.watched / f"f{made}").write_text(str(made))
        made += 1
    agent.start()
    names = {f"{agent.watched}/f{number}" for number in range(made)}
    agent.until(lambda: {each["target_path"] for each in agent.events()} >= names)
    agent.until(lambda: {line["columns"]["path"] for line in agent.lines() if line["name"] == "files"} >= names)
    agent.end(signal.SIGTERM)
    created = Counter(each["target_path"] for each in agent.events() if each["action"] == "CREATED")
    assert created == dict.fromkeys(names, 1)
    listed = Counter((line["columns"]["path"], line["action"]) for line in agent.lines() if line["name"] == "files")
    assert listed == {(name, "added"): 1 for name in names}
    for query in ("files", "events"):
        counters = list(dict.fromkeys(line["counter"] for line in agent.lines() if line["name"] == query))
        assert counters == list(range(counters[0], counters[0] + len(counters)))


def test_a_second_one_is_refused(agent: Agent) -> None:
    """With exit 2, and who the first one is."""
    agent.start()
    assert agent.process
    words = [sys.executable, "-m", "hullwatch", "agent", "--config", "osquery.conf"]
    second = subprocess.run(words, cwd=agent.path, capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert f"(process {agent.process.pid})" in second.stderr


def test_it_can_be_asked_what_it_would_do(agent: Agent) -> None:
    """On standard output; what it could not on standard error, with exit 3."""
    agent.configure(good={"query": "select 1", "interval": 60}, bad={"query": "select * from arp_cache"})
    asked = CliRunner().invoke(app, ["agent", "--check", "--config", str(agent.path / "osquery.conf")])
    assert (asked.exit_code, asked.stdout) == (3, f"     60 s  good  select 1\n  watched  w  {agent.watched}/%%\n")
    assert "query bad is not run" in asked.stderr
    assert not (agent.path / "logger_path").exists()
