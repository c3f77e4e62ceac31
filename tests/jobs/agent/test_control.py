"""Telling an agent what to do."""

import signal

from hullwatch.jobs.agent.control import Control


def test_what_is_asked_ends_waiting_and_is_taken_once() -> None:
    """Also when it was asked before, and many times."""
    control = Control()
    for _ in range(100_000):
        control.ask_reload()
    control.wait(60)
    assert (control.take_reload(), control.take_reload(), control.stopping) == (True, False, False)
    control.ask_stop()
    control.wait(60)
    control.wait(0)
    assert control.stopping
    control.close()


def test_a_signal_handler_may_ask() -> None:
    """While the same thread waits."""
    control = Control()
    before = signal.signal(signal.SIGALRM, lambda *_: control.ask_stop())
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    control.wait(60)
    signal.signal(signal.SIGALRM, before)
    assert control.stopping
    control.close()
