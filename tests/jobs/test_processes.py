"""Servers and workers as processes: killed in the middle, every run ends exactly once and nothing is lost or doubled."""

import json
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from hullwatch.jobs.edges import SystemClock
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Parameters, RunStatus

from .roots import FLAWS, fill_advisories, make_root, set_version
from .servers import HULLWATCH, Process, client_of, started

pytestmark = pytest.mark.server
RUNS = 50


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with advisories, settings without a network, and little patience with the dead."""
    home = tmp_path / "home"
    home.mkdir()
    fill_advisories(home)
    (home / "hullwatch.toml").write_text("offline = true\n[service]\nhands = 2\ndead_after_s = 5\n")
    return home


def roots(tmp_path: Path) -> list[str]:
    """Fifty targets that are not looked at in no time."""
    return [make_root(tmp_path / f"root{number:02}", more=1500) for number in range(RUNS)]


def ask(memory: Memory, references: list[str]) -> list[int]:
    """A run for each, written down as a server would."""
    now = SystemClock().now()
    wanted = Parameters(fail_on="high")
    return [memory.work.request("scan", [each], by="ann", at=now, parameters=wanted).id for each in references]


def done(memory: Memory) -> int:
    """How many runs have ended."""
    return sum(number for status, number in memory.runs.by_status().items() if status not in ("queued", "running"))


def is_in_the_middle(memory: Memory, wanted: int) -> bool:
    """So many have ended, and others are under way."""
    return done(memory) >= wanted and memory.runs.by_status().get("running", 0) > 0


def has_work(process: Process, address: str) -> bool:
    """Whether the queue has given it something that it has not handed in."""
    with psycopg.connect(address) as connection:
        busy = connection.execute("SELECT executor_id FROM dbos.workflow_status WHERE status = 'PENDING'").fetchall()
    return any(f"-{process.number}-" in executor for (executor,) in busy)


def check_all_ended_once(memory: Memory, runs: list[int], references: list[str]) -> int:
    """Each run has one end, each target its findings once; gives how often work was begun in all."""
    assert memory.work.waiting() == []
    attempts = 0
    for run, reference in zip(runs, references, strict=True):
        found = memory.runs.get(run)
        assert (found.status, found.done, found.total) == (RunStatus.SUCCEEDED, 1, 1), found
        assert [line.text for line in memory.logs.read(run)].count(f"run {run} succeeded") == 1
        assert found.counts.findings == {"unrated": 2}
        (target,) = memory.runs.targets(run)
        assert target.has_report
        attempts += target.attempts
        kept = memory.history.findings(reference)
        assert sorted(each.finding.rule for each in kept) == sorted(FLAWS)
        assert all(each.present and not each.reopened and each.first_seen == each.last_seen for each in kept)
    assert sorted(each.reference for each in memory.history.known(limit=1000)) == sorted(references)
    return attempts


def environment(home: Path, address: str = "") -> Mapping[str, str]:
    """Of the processes."""
    return {"HULLWATCH_HOME": str(home), **({"HULLWATCH_DATABASE_URL": address} if address else {})}


@pytest.mark.postgres
def test_a_worker_and_the_server_are_killed(postgresql_copy: str, home: Path, tmp_path: Path) -> None:
    """On PostgreSQL, with two workers: the one that is left finishes what all three had begun."""
    references = roots(tmp_path)
    given = environment(home, postgresql_copy)
    memory = Memory.open(postgresql_copy)
    runs = ask(memory, references)
    with ExitStack() as stack:
        server, first, second = (
            stack.enter_context(started(*words, environment=given, said=tmp_path / f"{name}.log"))
            for name, words in (("server", ("serve", "--port", "0")), ("first", ("worker",)), ("second", ("worker",)))
        )
        second.wait_until(lambda: is_in_the_middle(memory, 8) and len(memory.workers.all()) == 3)
        first.kill_while(lambda: has_work(first, postgresql_copy))
        server.kill()
        second.wait_until(lambda: done(memory) == RUNS)
        assert check_all_ended_once(memory, runs, references) > RUNS
        assert "error" not in second.said.read_text()
        assert second.stop() == 0
    memory.close()


def test_the_only_process_is_killed_and_started_again(home: Path, tmp_path: Path) -> None:
    """On SQLite: the next one finishes at once what the first had begun."""
    references = roots(tmp_path)
    memory = Memory.open(home / "history.sqlite")
    runs = ask(memory, references)
    given = environment(home)
    for wanted in (8, 16):
        with started("serve", "--port", "0", environment=given, said=tmp_path / "log") as server:
            server.wait_until(partial(is_in_the_middle, memory, wanted))
            server.kill_while(partial(is_in_the_middle, memory, wanted))
    with started("serve", "--port", "0", environment=given, said=tmp_path / "log") as server:
        server.wait_until(lambda: done(memory) == RUNS)
        assert check_all_ended_once(memory, runs, references) > RUNS
        assert server.stop() == 0
    memory.close()


def test_a_home_serves_one_server(home: Path, tmp_path: Path) -> None:
    """On SQLite a second one says so and leaves; a worker wants PostgreSQL."""
    given = environment(home)
    with started("serve", "--port", "0", environment=given, said=tmp_path / "log") as server:
        server.find("listening at (.*)")
        for words, said in ((("serve", "--port", "0"), "another server works with"), (("worker",), "workers need PostgreSQL")):
            second = subprocess.run(
                [*HULLWATCH, *words], env={**given, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
            )
            assert (second.returncode, said in second.stderr) == (2, True), second.stderr
        assert server.stop() == 0


def test_from_the_first_start_to_a_finding_with_its_evidence(home: Path, tmp_path: Path) -> None:
    """As a program would: log in, watch, schedule, run now, follow the log, read the finding; and nothing secret lies about."""
    reference = make_root(tmp_path / "root")
    with started("serve", "--port", "0", environment=environment(home), said=tmp_path / "log") as server, client_of(server) as client:
        watched = client.post("/targets", json={"reference": reference, "name": "shop"}).json()
        schedule = client.post("/schedules", json={"name": "nightly", "cron": "30 2 * * *", "time_zone": "Europe/Berlin"}).json()
        run = client.post(f"/schedules/{schedule['id']}/run")
        assert run.status_code == 202
        said = follow(client, run.headers["location"].removeprefix("/api/v1"))
        assert said[-1][1]["status"] == "succeeded"
        assert "found 2 unrated; 0 new, 0 gone, 0 gaps" in [line["text"] for kind, line in said if kind == "line"]
        found = client.get("/findings", params={"target": reference, "rule": FLAWS[0]}).json()["findings"]
        assert [(each["rule"], each["subject"], each["target_id"]) for each in found] == [(FLAWS[0], "zlib", watched["id"])]
        evidence = client.get(f"/findings/{found[0]['id']}").json()["finding"]["evidence"]
        assert [(each["feed"], each["installed"], each["affected"]) for each in evidence] == [
            ("alpine/v3.19/main", "1-r0", {"fixed": "2-r0"})
        ]
        set_version(tmp_path / "root", "2-r0")
        run = client.post("/runs", json={})
        assert follow(client, run.headers["location"].removeprefix("/api/v1"))[-1][1]["counts"]["gone"] == 2
        assert len(client.get("/findings", params={"gone": "true"}).json()["findings"]) == 2
        check_no_secret(server, home, client.headers["authorization"].removeprefix("Bearer "))
        assert server.stop() == 0


def follow(client: httpx.Client, run: str) -> list[tuple[str, dict[str, Any]]]:
    """All events of a run's log, live."""
    events: list[tuple[str, dict[str, Any]]] = []
    kind = ""
    with client.stream("GET", f"{run}/log", headers={"accept": "text/event-stream"}) as stream:
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                events.append((kind, json.loads(value)))
    return events


def check_no_secret(server: Process, home: Path, token: str) -> None:
    """Neither in a file of the home, nor in what the server said but for the first password, nor in its command line and environment."""
    password = server.find(r"with the password (\S+)")
    for secret in (password.encode(), token.encode()):
        for path in home.rglob("*"):
            assert not path.is_file() or secret not in path.read_bytes(), path
        for name in ("cmdline", "environ"):
            assert secret not in Path(f"/proc/{server.number}/{name}").read_bytes()
    assert token not in server.said.read_text()
    assert server.said.read_text().count(password) == 1
