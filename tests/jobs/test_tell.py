"""Telling and delivering on a real history, to receivers on loopback: what rules ask for, once, however long a service is down."""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from hullwatch.config import NotifyChange, NotifyRule, Settings
from hullwatch.errors import NotFound
from hullwatch.jobs.edges import Edges
from hullwatch.jobs.tell import Delivery, check_rules, deliver, messages, tell, try_rule
from hullwatch.model import Finding, OutboxMessage, Report, Reported, TargetReport
from tests.doubles import NOON, FixedClock, QuietProgress
from tests.notify.receivers import free_port, mail_server, webhook
from tests.store.judgements import IMAGE, flaw, image, judged, package

SECRET = "s3cr3t-T0KEN"
ONE, TWO = flaw("CVE-2024-1", "zlib"), flaw("CVE-2024-2", "zlib")


def rule(port: int, name: str = "ops", changes: Sequence[NotifyChange] = (NotifyChange.NEW, NotifyChange.GONE)) -> NotifyRule:
    """A rule for the webhook there; its path is a secret."""
    return NotifyRule(name=name, url=f"json://127.0.0.1:{port}/{SECRET}/{name}", changes=tuple(changes))


class House:
    """A home with its edges, and runs in it."""

    def __init__(self, home: Path, rules: Iterable[NotifyRule]) -> None:
        self.progress = QuietProgress()
        self.home = home
        self.edges = Edges(Settings(home=home, notify=tuple(rules)), self.progress, clock=FixedClock())

    def run(self, *found: Finding) -> Report:
        """A remembered run over one image that found these."""
        assert self.edges.history is not None
        judgement = judged(image([package("zlib")]), *found)
        known = self.edges.history.remember([judgement], started_at=NOON, finished_at=NOON)[IMAGE]
        reported = tuple(Reported(finding=each, new=each.id in known.new) for each in found)
        target = TargetReport(inventory=judgement.inventory, findings=reported, mended=known.mended, gone=known.gone)
        return Report(made_at=NOON, machine="web-1", version="0.1.0", targets=(target,), run=known.run)

    def deliver(self, minutes: float = 0, *, everything: bool = False) -> Delivery:
        """Deliver so long after noon."""
        return deliver(self.edges, after(minutes), everything=everything)

    @property
    def waiting(self) -> list[OutboxMessage]:
        """Messages that wait."""
        return [each for each in messages(self.edges) if each.delivered_at is None]


def after(minutes: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(minutes=minutes)


def test_a_webhook_gets_what_its_rule_asks_for(tmp_path: Path) -> None:
    """What is new at once, what stands not again, what is gone when it is gone; a rule for what is gone hears of that alone."""
    with webhook() as (kept, port):
        house = House(tmp_path, [rule(port), rule(port, "gone", [NotifyChange.GONE])])
        for found in ((ONE, TWO), (ONE, TWO), (ONE,)):
            tell(house.run(*found), house.edges)
            house.deliver()
    titles = [got["title"] for got in kept.got]
    assert titles == ["hullwatch on web-1: 2 new", "hullwatch on web-1: 1 gone", "hullwatch on web-1: 1 gone"]
    assert sorted(kept.paths) == [f"/{SECRET}/gone", f"/{SECRET}/ops", f"/{SECRET}/ops"]
    assert "CVE-2024-2 zlib" in kept.got[1]["message"]
    assert house.progress.warnings == []


def test_mail_gets_the_same(tmp_path: Path) -> None:
    """Through a mail server on loopback."""
    port = free_port()
    url = f"mailto://127.0.0.1:{port}?from=a@web-1.example&to=ops@shop.example&mode=insecure&format=text"
    with mail_server(port) as taken:
        house = House(tmp_path, [NotifyRule(name="mail", url=url)])
        assert tell(house.run(ONE), house.edges) == 1
        assert house.deliver() == Delivery(delivered=1)
    assert [mail["Subject"] for mail in taken] == ["hullwatch on web-1: 1 new"]


def test_one_digest_a_run_and_rule(tmp_path: Path) -> None:
    """Telling a run twice, and delivering twice, sends once."""
    with webhook() as (kept, port):
        house = House(tmp_path, [rule(port)])
        report = house.run(ONE)
        assert [tell(report, house.edges), tell(report, house.edges)] == [1, 0]
        assert [house.deliver().delivered, house.deliver().delivered, house.deliver(9999).delivered] == [1, 0, 0]
    assert len(kept.got) == 1


def test_down_for_a_while_nothing_is_lost(tmp_path: Path) -> None:
    """Three runs while nobody listens: three messages, each tried with longer pauses, all delivered once somebody does."""
    port = free_port()
    house = House(tmp_path, [rule(port)])
    third = flaw("CVE-2024-3", "zlib")
    for minutes, found in ((0, (ONE,)), (0.5, (ONE, TWO)), (10, (ONE, TWO, third))):
        tell(house.run(*found), house.edges)
        assert house.deliver(minutes).delivered == 0
    assert [each.attempts for each in house.waiting] == [2, 1, 0]
    assert house.waiting[0].next_attempt_at == after(12)
    assert all(SECRET not in warning for warning in house.progress.warnings)
    assert len(house.progress.warnings) == 3
    with webhook(port) as (kept, _):
        assert house.deliver(11) == Delivery(delivered=2, waiting=1)
        assert house.deliver(60) == Delivery(delivered=1)
    named = [[cve for cve in ("CVE-2024-1", "CVE-2024-2", "CVE-2024-3") if cve in got["message"]] for got in kept.got]
    assert sorted(named) == [["CVE-2024-1"], ["CVE-2024-2"], ["CVE-2024-3"]]


def test_a_pause_has_an_end(tmp_path: Path) -> None:
    """However often it failed, it is tried four times a day."""
    house = House(tmp_path, [rule(free_port())])
    tell(house.run(ONE), house.edges)
    for hour in range(0, 24 * 30, 6):
        house.deliver(hour * 60)
    assert house.waiting[0].attempts == 24 * 30 / 6
    assert house.deliver(everything=True) == Delivery(failed=1, waiting=1)


def test_a_run_that_died_before_it_told_loses_nothing(tmp_path: Path) -> None:
    """The next run tells what that one found, and that what it saw gone is gone."""
    with webhook() as (kept, port):
        house = House(tmp_path, [rule(port)])
        tell(house.run(ONE), house.edges)
        house.run(TWO)  # remembered, and never told
        tell(house.run(TWO), house.edges)
        house.deliver()
    assert kept.got[1]["title"] == "hullwatch on web-1: 1 new, 1 gone"


def test_a_sender_that_dies_while_sending_is_followed_by_another(tmp_path: Path) -> None:
    """What it took is due again after ten minutes, not at once."""
    with webhook() as (kept, port):
        house = House(tmp_path, [rule(port)])
        tell(house.run(ONE), house.edges)
        assert house.edges.outbox is not None
        assert house.edges.outbox.claim(house.waiting[0], after(10))
        assert [house.deliver(9).delivered, house.deliver(10).delivered] == [0, 1]
    assert len(kept.got) == 1


def test_a_rule_that_is_broken_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """Its own messages wait, with the reason."""
    with webhook() as (kept, port):
        house = House(tmp_path, [rule(free_port(), "broken"), NotifyRule(name="unset", url_env="HULLWATCH_NO_SUCH"), rule(port)])
        tell(house.run(ONE), house.edges)
        assert house.deliver() == Delivery(delivered=1, failed=2, waiting=2)
    assert len(kept.got) == 1
    assert "HULLWATCH_NO_SUCH is not set" in house.waiting[1].last_error


def test_a_message_of_a_rule_that_is_no_more_waits(tmp_path: Path) -> None:
    """It is not sent elsewhere, and not lost."""
    house = House(tmp_path, [rule(free_port(), "old")])
    tell(house.run(ONE), house.edges)
    with webhook() as (kept, port):
        other = House(tmp_path, [rule(port, "new")])
        assert other.deliver() == Delivery(waiting=1)
    assert kept.got == []


def test_no_rules_and_runs_that_are_not_remembered_tell_nobody(tmp_path: Path) -> None:
    """Without rules not even history is opened."""
    house = House(tmp_path / "none", [])
    assert (tell(Report(made_at=NOON, machine="m", version="1", run=1), house.edges), house.deliver()) == (0, Delivery())
    assert not (tmp_path / "none").exists()
    house = House(tmp_path, [rule(free_port())])
    assert tell(replace(house.run(ONE), run=0), house.edges) == 0


def test_no_secret_is_in_the_home_nor_in_what_is_said(tmp_path: Path) -> None:
    """After success, failure and refusal: not one byte of it in any file; errors and warnings are without it."""
    with webhook() as (kept, port):
        house = House(tmp_path, [rule(port), rule(free_port(), "down"), NotifyRule(name="wrong", url=f"slack://{SECRET}")])
        check_rules(house.edges)
        tell(house.run(ONE), house.edges)
        kept.status = 500
        house.deliver()
        kept.status = 200
        house.deliver(9999)
    assert len(kept.got) == 1
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"CVE-2024-1" in path.read_bytes() for path in files)
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert len(house.progress.warnings) == 5
    assert SECRET not in "".join((*house.progress.warnings, repr(house.edges.settings), repr(messages(house.edges))))


def test_odd_settings_are_warnings_with_their_path(tmp_path: Path) -> None:
    """Legal, and said before anything is scanned."""
    house = House(tmp_path, [NotifyRule(name="slack", url="json://hooks.example/x"), NotifyRule(name="ops", url_env="HULLWATCH_NO_SUCH")])
    check_rules(house.edges)
    assert house.progress.warnings == [
        "notify.slack.url: not https (jsons:// is)",
        "notify.ops.url_env: HULLWATCH_NO_SUCH is not set; set it to an Apprise URL where hullwatch runs",
    ]


def test_a_trial_goes_to_one_rule_and_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address may come from the environment."""
    with webhook() as (kept, port):
        monkeypatch.setitem(os.environ, "HULLWATCH_HOOK", f"json://127.0.0.1:{port}/{SECRET}")
        house = House(tmp_path, [NotifyRule(name="ops", url_env="HULLWATCH_HOOK"), rule(free_port(), "other")])
        try_rule("ops", house.edges)
    assert kept.got[0]["title"].endswith("a trial")
    assert messages(house.edges) == ()
    with pytest.raises(NotFound, match="'nobody'") as raised:
        try_rule("nobody", house.edges)
    assert "ops, other" in raised.value.remedy


def test_a_database_that_cannot_be_used_is_a_warning(tmp_path: Path) -> None:
    """The report was made; the next run tells what this one could not."""
    house = House(tmp_path, [rule(free_port())])
    report = house.run(ONE)
    assert house.edges.outbox is not None
    (tmp_path / "history.sqlite").write_bytes(b"not a database" * 1000)
    assert tell(report, house.edges) == 0
    assert house.deliver() == Delivery()
    assert len(house.progress.warnings) == 2
