"""The outbox on both databases: one message a run and rule, kept until delivered; what was told is remembered."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from hullwatch.model import Finding, OutboxMessage
from hullwatch.store.history import History
from hullwatch.store.outbox import KEPT_DAYS, Before, Outbox, Telling

from .judgements import IMAGE, day, flaw, image, judged, package, remember

ZLIB = package("zlib")
ONE, TWO = flaw("CVE-2024-1", "zlib"), flaw("CVE-2024-2", "zlib")


@pytest.fixture
def outbox(history: History, address: str) -> Outbox:
    """An empty outbox beside an empty history, once of each kind."""
    return Outbox.open(address)


def run_of(history: History, number: int, *findings: Finding) -> int:
    """Number of a run of that day that found these."""
    return remember(history, number, judged(image([ZLIB]), *findings))[IMAGE].run


def says(title: str, *told: Finding) -> Callable[[Before], Telling]:
    """Decides the same whatever was told before."""
    return lambda _: Telling(title=title, body=f"{title}!", told=frozenset((IMAGE, each.id) for each in told))


def watches(seen: list[Before], *told: Finding) -> Callable[[Before], Telling]:
    """Has nothing to say, and keeps what it is shown."""

    def decide(before: Before) -> Telling:
        seen.append(before)
        return Telling(told=frozenset((IMAGE, each.id) for each in told))

    return decide


def queue(outbox: Outbox, run: int, rule: str = "ops", *told: Finding) -> OutboxMessage:
    """A message of a run, as it waits."""
    assert outbox.tell(rule, run, [IMAGE], day(run), says(f"run {run}", *told))
    return next(each for each in outbox.waiting() if (each.run, each.rule) == (run, rule))


def test_one_message_a_run_and_rule(history: History, outbox: Outbox) -> None:
    """A run told a second time, as after a crash, changes nothing; another rule has its own."""
    run = run_of(history, 0, ONE)
    message = queue(outbox, run)
    assert not outbox.tell("ops", run, [IMAGE], day(1), says("again", ONE))
    assert outbox.tell("other", run, [IMAGE], day(1), says("run 1"))
    assert [(each.rule, each.title) for each in outbox.waiting()] == [("ops", "run 1"), ("other", "run 1")]
    assert (message.body, message.attempts, message.last_error, message.delivered_at) == ("run 1!", 0, "", None)


def test_a_rule_is_shown_what_it_told_and_whether_it_is_still_there(history: History, outbox: Outbox) -> None:
    """Gone is what history has seen gone, in whatever run that was; another rule has told nothing."""
    queue(outbox, run_of(history, 0, ONE, TWO), "ops", ONE, TWO)
    run_of(history, 1, ONE)
    run = run_of(history, 2, ONE)
    seen: list[Before] = []
    decide = watches(seen, ONE)
    assert not outbox.tell("ops", run, [IMAGE], day(2), decide)
    assert (dict(seen[0].standing), seen[0].gone) == ({IMAGE: {ONE.id}}, (TWO,))
    outbox.tell("ops", run_of(history, 3, ONE), [IMAGE], day(3), decide)
    assert (dict(seen[1].standing), seen[1].gone) == ({IMAGE: {ONE.id}}, ())
    outbox.tell("other", run_of(history, 4, ONE), [IMAGE], day(4), decide)
    assert (dict(seen[2].standing), seen[2].gone) == ({}, ())


def test_targets_that_were_not_asked_about_stay_as_they_are(history: History, outbox: Outbox) -> None:
    """A run over one target says nothing of the others; a reference that history does not know is nothing."""
    queue(outbox, run_of(history, 0, ONE), "ops", ONE)
    other = "docker:shop/web:1"
    run = remember(history, 1, judged(image([ZLIB], reference=other)))[other].run
    assert outbox.tell("ops", run, [other, "docker:unknown"], day(1), says("other"))
    seen: list[Before] = []
    outbox.tell("ops", run_of(history, 2, ONE), [IMAGE], day(2), watches(seen))
    assert dict(seen[0].standing) == {IMAGE: {ONE.id}}


def test_many_findings_are_told_at_once(history: History, outbox: Outbox) -> None:
    """More than one statement holds."""
    many = tuple(flaw(f"CVE-2024-{number}", "zlib") for number in range(6000))
    queue(outbox, run_of(history, 0, *many), "ops", *many)
    seen: list[Before] = []
    outbox.tell("ops", run_of(history, 1), [IMAGE], day(1), watches(seen))
    assert (len(seen[0].gone), dict(seen[0].standing)) == (6000, {})


def test_what_is_due_waits_until_its_time(history: History, outbox: Outbox) -> None:
    """One that was not taken is due later, and says why; one that was taken waits no more."""
    message = queue(outbox, run_of(history, 0, ONE))
    assert outbox.waiting(day(0)) == ()
    assert outbox.waiting(day(1)) == (message,)
    assert outbox.claim(message, day(2))
    outbox.note_failed(message, "refused", day(3))
    (again,) = outbox.waiting()
    assert (again.attempts, again.last_error, again.next_attempt_at) == (1, "refused", day(3))
    assert outbox.waiting(day(2)) == ()
    assert outbox.claim(again, day(4))
    outbox.note_delivered(again, day(3))
    assert outbox.waiting() == ()
    (done,) = outbox.delivered()
    assert (done.attempts, done.last_error, done.delivered_at) == (2, "", day(3))


def test_a_message_is_claimed_by_one(history: History, outbox: Outbox) -> None:
    """Two senders that see the same message: one sends it. If that one dies it is due again."""
    message = queue(outbox, run_of(history, 0, ONE))
    assert outbox.claim(message, day(2))
    assert not outbox.claim(message, day(2))
    assert outbox.waiting(day(1)) == ()
    assert len(outbox.waiting(day(2))) == 1


def test_old_messages_are_forgotten_once_delivered(history: History, outbox: Outbox) -> None:
    """What waits is kept however old it is."""
    old = queue(outbox, run_of(history, 0, ONE))
    waits = queue(outbox, run_of(history, 1, ONE), "broken")
    outbox.note_delivered(old, day(0))
    new = queue(outbox, run_of(history, 2, ONE))
    outbox.note_delivered(new, day(0) + timedelta(days=KEPT_DAYS + 1))
    assert [each.run for each in outbox.delivered()] == [new.run]
    assert [each.id for each in outbox.waiting()] == [waits.id]
