"""Work through the queue, in this process, on both databases."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from hullwatch.config import Service, Settings
from hullwatch.errors import Unreachable
from hullwatch.jobs import working
from hullwatch.jobs.durable import DurableHands
from hullwatch.jobs.edges import Edges, SystemClock
from hullwatch.jobs.rounds import Rounds
from hullwatch.jobs.scan import ScanParameters, scan
from hullwatch.jobs.server import ScheduleWish, Server
from hullwatch.jobs.working import Workshop
from hullwatch.model import Report
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Parameters, RunStatus
from hullwatch.store.schedules import NewSchedule
from hullwatch.store.work import Work

from .roots import fill_advisories, make_root

pytestmark = pytest.mark.server
_PATIENCE_S = 30


@contextmanager
def at_work(tmp_path: Path, address: str, memory: Memory, service: Service) -> Iterator[Server]:
    """A server whose hands do their rounds."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    fill_advisories(home)
    url = address if address.startswith("postgresql") else ""
    settings = Settings(home=home, offline=True, database_url=url, service=service)
    shop = Workshop(settings, memory, SystemClock())
    hands = DurableHands(shop)
    rounds = Rounds(shop, hands)
    rounds.start()
    try:
        yield Server(settings, memory, hands, SystemClock())
        assert rounds.well
    finally:
        rounds.stop()
        hands.close()


@pytest.fixture
def server(tmp_path: Path, address: str, memory: Memory) -> Iterator[Server]:
    """A server with four hands."""
    with at_work(tmp_path, address, memory, Service(hands=4)) as opened:
        yield opened


def wait_until(true: Callable[[], bool]) -> None:
    """Until it is; other threads are at work meanwhile."""
    until = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < until, "it never came to be"
        threading.Event().wait(0.05)


def test_what_is_asked_for_is_done(server: Server, tmp_path: Path) -> None:
    """Many targets of one run, and many runs."""
    references = [make_root(tmp_path / f"root{number}") for number in range(6)]
    runs = [
        server.request("scan", references, Parameters(), by="ann"),
        *(server.request("scan", [each], Parameters(), by="ann") for each in references),
    ]
    wait_until(lambda: not server.memory.work.waiting())
    assert {server.memory.runs.get(run.id).status for run in runs} == {RunStatus.SUCCEEDED}
    assert server.memory.runs.get(runs[0].id).counts.findings == {"unrated": 12}
    assert [each.attempts for each in server.memory.runs.targets(runs[0].id)] == [1] * 6


class Watched:
    """Scans, slowly, and counts how many do so at the same time, by reference and in all."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}
        self._busy: dict[str, int] = {}
        self._lock = threading.Lock()

    def scan(self, parameters: ScanParameters, edges: Edges) -> Report:
        """In place of the job."""
        reference = parameters.references[0]
        with self._lock:
            self._busy[reference] = self._busy.get(reference, 0) + 1
            for name, number in ((reference, self._busy[reference]), ("all", sum(self._busy.values()))):
                self.most[name] = max(self.most.get(name, 0), number)
        threading.Event().wait(0.3)
        with self._lock:
            self._busy[reference] -= 1
        return scan(parameters, edges)


def test_one_target_is_looked_at_by_one_at_a_time(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While others are looked at beside it, as many as there are hands."""
    watched = Watched()
    monkeypatch.setattr(working, "scan", watched.scan)
    first, second = (make_root(tmp_path / name) for name in "ab")
    for _ in range(4):
        server.request("scan", [first, second], Parameters(), by="ann")
    wait_until(lambda: not server.memory.work.waiting())
    assert watched.most == {first: 1, second: 1, "all": 2}


def test_there_is_a_limit_in_all(tmp_path: Path, address: str, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower than the number of hands."""
    watched = Watched()
    monkeypatch.setattr(working, "scan", watched.scan)
    with at_work(tmp_path, address, memory, Service(hands=4, hands_in_all=1)) as server:
        server.request("scan", [make_root(tmp_path / name) for name in "abcd"], Parameters(), by="ann")
        wait_until(lambda: not server.memory.work.waiting())
    assert (watched.most["all"], len(watched.most)) == (1, 5)


def test_a_target_that_answers_later_is_looked_at(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was asked again, after a pause."""
    tries: list[int] = []

    def unsteady(parameters: ScanParameters, edges: Edges) -> Report:
        tries.append(1)
        if len(tries) < 2:
            raise Unreachable("no route to host")
        return scan(parameters, edges)

    monkeypatch.setattr(working, "scan", unsteady)
    run = server.request("scan", [make_root(tmp_path / "a")], Parameters(), by="ann")
    wait_until(lambda: not server.memory.work.waiting())
    assert (server.memory.runs.get(run.id).status, len(tries)) == (RunStatus.SUCCEEDED, 2)


def test_a_run_is_cancelled_while_it_waits_and_while_it_works(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits ends at once, what is under way at its next word; then others go on."""
    began = threading.Event()

    def endless(parameters: ScanParameters, edges: Edges) -> Report:
        began.set()
        while True:
            edges.progress.finished("another layer")
            threading.Event().wait(0.05)

    reference = make_root(tmp_path / "a")
    with monkeypatch.context() as patched:
        patched.setattr(working, "scan", endless)
        run = server.request("scan", [reference], Parameters(), by="ann")
        behind = server.request("scan", [reference], Parameters(), by="ann")
        assert began.wait(_PATIENCE_S)
        assert server.cancel(behind.id, by="bob").status is RunStatus.CANCELLED
        assert server.cancel(run.id, by="bob").status is RunStatus.RUNNING
        wait_until(lambda: not server.memory.runs.get(run.id).open)
    assert server.memory.runs.get(run.id).status is RunStatus.CANCELLED
    after = server.request("scan", [reference], Parameters(), by="ann")
    wait_until(lambda: not server.memory.runs.get(after.id).open)
    assert server.memory.runs.get(after.id).status is RunStatus.SUCCEEDED


def test_what_the_queue_gave_up_ends(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of our own that even ending it met: the run does not stay under way for ever."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(Work, "begin", broken)
        run = server.request("scan", [make_root(tmp_path / "a")], Parameters(), by="ann")
        assert isinstance(server.hands, DurableHands)
        hands = server.hands

        def given_up() -> bool:
            hands.find_lost()
            return not server.memory.runs.get(run.id).open

        wait_until(given_up)
    error = server.memory.runs.targets(run.id)[0].error
    assert error is not None
    assert "its worker failed" in error.why


def test_a_schedule_that_is_due_is_run(server: Server, tmp_path: Path) -> None:
    """By the rounds, once; an update among them."""
    wish = ScheduleWish(
        name="often",
        cron="* * * * *",
        time_zone="Europe/Berlin",
        job="scan",
        targets=(make_root(tmp_path / "a"),),
        parameters=Parameters(),
        paused=False,
    )
    schedule = server.add_schedule(wish, by="ann")
    passed = server.clock.now() - timedelta(minutes=5)
    new = {name: getattr(schedule, name) for name in NewSchedule.__struct_fields__} | {"next_run_at": passed}
    server.memory.schedules.change(schedule.id, NewSchedule(**new))
    wait_until(lambda: server.memory.schedules.get(schedule.id).last_run is not None)
    wait_until(lambda: not server.memory.work.waiting())
    run = server.memory.runs.page(schedule=schedule.id)[0]
    assert (run.status, run.requested_by) == (RunStatus.SUCCEEDED, "schedule often")
    later = server.memory.schedules.get(schedule.id).next_run_at
    assert later is not None
    assert later > server.clock.now() - timedelta(minutes=1)
