"""Messages to people as a table of plain text: those that wait first, with what went wrong."""

from collections.abc import Sequence
from datetime import datetime

from ..model import OutboxMessage
from .look import Look
from .names import age

_LOOK = Look(piped=True)


def render_messages(messages: Sequence[OutboxMessage], now: datetime) -> str:
    """One line a message: rule, run, age, state, attempts, title; below one that was not taken, why. Empty where there is none."""
    if not messages:
        return ""
    rows = [("RULE", "RUN", "QUEUED", "STATE", "TRIES", "MESSAGE")]
    rows += [
        (each.rule, str(each.run), f"{age(each.queued_at, now)} ago", _state(each, now), str(each.attempts), _LOOK.text(each.title))
        for each in messages
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    reasons = ["", *(f"  {_LOOK.text(each.last_error)}" if each.last_error else "" for each in messages)]
    return "".join(f"{line}\n{reason}\n" if reason else f"{line}\n" for line, reason in zip(lines, reasons, strict=True))


def _state(message: OutboxMessage, now: datetime) -> str:
    if message.delivered_at is not None:
        return f"delivered {age(message.delivered_at, now)} ago"
    if message.next_attempt_at is None or message.next_attempt_at <= now:
        return "due"
    return f"next try {message.next_attempt_at:%H:%M} UTC"
