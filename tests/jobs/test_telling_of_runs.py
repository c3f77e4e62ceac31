"""A server's runs are told once they have ended, also when nothing could be looked at."""

from pathlib import Path

from hullwatch.config import NotifyChange, NotifyRule, Settings
from hullwatch.jobs.working import Workshop
from hullwatch.store.memory import Memory
from hullwatch.store.outbox import Outbox
from hullwatch.store.runs import Parameters, RunStatus
from tests.doubles import NOON, FixedClock
from tests.notify.receivers import free_port, webhook


def workshop(tmp_path: Path, port: int) -> Workshop:
    """Hands with one rule that is told of what could not be looked at."""
    rule = NotifyRule(name="ops", url=f"json://127.0.0.1:{port}/", changes=(NotifyChange.NEW, NotifyChange.UNFINISHED))
    settings = Settings(home=tmp_path / "home", offline=True, notify=(rule,))
    return Workshop(settings, Memory.open(tmp_path / "home/history.sqlite"), FixedClock(), root=tmp_path)


def test_a_run_that_could_look_at_nothing_is_told(tmp_path: Path) -> None:
    """Silence would read as health; concluding it again, as after a crash, says nothing more."""
    with webhook() as (kept, port):
        shop = workshop(tmp_path, port)
        run = shop.memory.work.request("scan", ["archive:/no/such.tar"], by="me", at=NOON, parameters=Parameters())
        assert shop.look(run.id, 0)
        shop.conclude(run.id)
        shop.conclude(run.id)
    assert shop.memory.runs.get(run.id).status is RunStatus.FAILED
    (got,) = kept.got
    assert got["title"].endswith(": 1 not looked at")
    assert "archive:/no/such.tar: " in got["message"]


def test_the_targets_of_a_run_share_one_digest(tmp_path: Path) -> None:
    """Made when the last of them has ended; it waits where nobody takes it."""
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/os-release").write_text("ID=alpine\nVERSION_ID=3.22.1\n")
    shop = workshop(tmp_path, free_port())
    wanted = [f"dir:{tmp_path}/root", "archive:/no/such.tar", "archive:/no/other.tar"]
    run = shop.memory.work.request("scan", wanted, by="me", at=NOON, parameters=Parameters())
    assert [shop.look(run.id, position) for position in range(3)] == [False, False, True]
    shop.conclude(run.id)
    (message,) = Outbox.open(tmp_path / "home/history.sqlite").waiting()
    assert (message.run, message.attempts) == (run.id, 1)
    assert "/no/such.tar" in message.body
    assert "/no/other.tar" in message.body
    assert any("not taken" in line.text for line in shop.memory.logs.read(run.id))
