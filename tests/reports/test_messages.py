"""Messages to people as a table."""

from datetime import timedelta

from msgspec.structs import replace

from hullwatch.model import OutboxMessage
from hullwatch.reports.messages import render_messages

from .builders import MADE_AT

WAITS = OutboxMessage(
    id=2,
    rule="ops",
    run=12,
    title="hullwatch on web-1: 2 new",
    body="",
    queued_at=MADE_AT - timedelta(minutes=5),
    attempts=2,
    next_attempt_at=MADE_AT + timedelta(minutes=3),
    last_error="not taken (503)",
    delivered_at=None,
)


def test_one_line_a_message_and_below_it_what_went_wrong() -> None:
    """What waits, what is due, what was delivered."""
    due = replace(WAITS, run=13, attempts=0, next_attempt_at=MADE_AT, last_error="", title="a\x1b[2Jb")
    done = replace(WAITS, run=9, rule="slack", next_attempt_at=None, last_error="", delivered_at=MADE_AT - timedelta(hours=2))
    assert render_messages((WAITS, due, done), MADE_AT) == (
        "RULE   RUN  QUEUED     STATE               TRIES  MESSAGE\n"
        "ops    12   5 min ago  next try 09:15 UTC  2      hullwatch on web-1: 2 new\n"
        "  not taken (503)\n"
        "ops    13   5 min ago  due                 0      a\\x1b[2Jb\n"
        "slack  9    5 min ago  delivered 2 h ago   2      hullwatch on web-1: 2 new\n"
    )


def test_no_message_is_no_line() -> None:
    """Not even the heading."""
    assert render_messages((), MADE_AT) == ""
