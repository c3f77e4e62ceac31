"""History on both databases: what is new, what is mended, and that nothing is lost."""

import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hullwatch.errors import HomeUnavailable
from hullwatch.store.history import History

from .judgements import IMAGE, day, flaw, image, judged, package, remember

ZLIB = package("zlib1g", source="zlib")
ONE, TWO = flaw("CVE-2026-1", "zlib"), flaw("CVE-2026-2", "zlib")


def test_targets_are_followed_apart(history: History) -> None:
    """One target's silence is not another's mending."""
    other = "docker:shop/worker:2.4"
    remember(history, 0, judged(image([ZLIB]), ONE), judged(image([ZLIB], reference=other), flaw("CVE-2026-1", "zlib", target=other)))
    seen = remember(history, 1, judged(image([ZLIB], reference=other)))
    assert list(seen) == [other]
    assert len(seen[other].mended) == 1
    assert history.previous(IMAGE) == day(0)
    assert history.previous(other) == day(1)
    assert history.previous("docker:never") is None
    assert history.findings("docker:never") == ()


def test_a_run_without_judgements_is_a_run(history: History) -> None:
    """Nothing could be looked at; that too is history."""
    assert remember(history, 0) == {}


def test_how_a_run_ended_is_kept(history: History, address: str) -> None:
    """Known only once the report is made."""
    run = remember(history, 0, judged(image([ZLIB]), ONE))[IMAGE].run
    history.conclude(run, failed=True, incomplete=False, exit_status=1)
    if address.startswith("sqlite"):
        with sqlite3.connect(address.removeprefix("sqlite:///")) as connection:
            assert connection.execute("SELECT job, failed, incomplete, exit_status FROM runs").fetchall() == [("scan", 1, 0, 1)]
        connection.close()


def test_names_that_no_database_takes_are_kept_exactly(history: History) -> None:
    """NUL and bytes that are no UTF-8, in a package, a finding and a target."""
    reference = "dir:/srv/\udcff\0"
    finding = flaw("CVE-\udc80", "odd\0name", target=reference)
    inventory = image([package("odd\0name", "1\udc80")], reference=reference)
    remember(history, 0, judged(inventory, finding))
    assert history.inventory(reference) == inventory
    assert history.findings(reference)[0].finding == finding
    assert remember(history, 1, judged(inventory, finding))[reference].new == frozenset()


def test_writers_at_once_lose_nothing(history: History) -> None:
    """Eight at a time, on overlapping targets and packages; each waits for its turn."""

    def write(number: int) -> None:
        references = [f"docker:image-{(number + step) % 5}" for step in range(3)]
        packages = [package(f"lib{each}", str(number)) for each in range(30)]
        judgements = [judged(image(packages, reference=each), flaw(f"CVE-{number}", "lib1", target=each)) for each in references]
        history.remember(judgements[:: 1 if number % 2 else -1], started_at=day(0), finished_at=day(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    assert len(list(history.inventories())) == 5
    rules = {kept.finding.rule for target in range(5) for kept in history.findings(f"docker:image-{target}")}
    assert rules == {f"CVE-{number}" for number in range(24)}


_WRITER = """
import sys
from hullwatch.store import history as room
from tests.store.judgements import day, flaw, image, judged, package

def judgements(number):
    packages = [package(f"lib{each}", f"{number}") for each in range(300)]
    for reference in (f"docker:image-{each}" for each in range(4)):
        flaws = [flaw(f"CVE-{n}", f"lib{n}", target=reference) for n in range(number, number + 50)]
        yield judged(image(packages, reference=reference), *flaws)

def stop_in_the_middle(connection, target, judgement, *rest):
    followed = follow(connection, target, judgement, *rest)
    if judgement.inventory.target.reference == "docker:image-2":
        print("in the middle", flush=True)
        sys.stdin.read()
    return followed

history = room.History.open(sys.argv[1])
history.remember(list(judgements(0)), started_at=day(0), finished_at=day(0))
follow, room.follow = room.follow, stop_in_the_middle
history.remember(list(judgements(1)), started_at=day(1), finished_at=day(1))
"""


def test_kill_9_in_the_middle_loses_the_run_under_way_and_no_other(address: str) -> None:
    """The run before is there, whole; the killed one left nothing behind, and nobody waits for it."""
    words = [sys.executable, "-c", _WRITER, address]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"in the middle\n"
        writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
    history = History.open(address)
    whole = list(history.inventories())
    assert [each.target.reference for each in whole] == [f"docker:image-{number}" for number in range(4)]
    assert {package.version for each in whole for package in each.packages} == {"0"}
    assert [len(history.findings(each.target.reference)) for each in whole] == [50] * 4
    assert history.previous("docker:image-3") == day(0)
    seen = remember(history, 2, judged(image([package("lib1")], reference="docker:image-3")))
    assert (len(seen["docker:image-3"].mended), seen["docker:image-3"].previous_at) == (50, day(0))


def test_a_run_that_cannot_be_written_leaves_nothing_behind(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a run or none of it."""
    remember(history, 0, judged(image([ZLIB]), ONE))

    def refuse(*_: object) -> None:
        raise HomeUnavailable("no")

    with monkeypatch.context() as patched:
        patched.setattr("hullwatch.store.history.follow", refuse)
        with pytest.raises(HomeUnavailable):
            remember(history, 1, judged(image([ZLIB]), ONE, TWO))
    assert history.previous(IMAGE) == day(0)
    assert len(history.findings(IMAGE)) == 1
