"""Messages to people, and how they get on."""

from datetime import datetime

from msgspec import Struct


class OutboxMessage(Struct, frozen=True, kw_only=True):
    """A digest of one run for one rule of notification. Where it is sent to stands in the settings alone."""

    id: int
    rule: str
    """Name of the rule."""
    run: int
    """Number of the run in history."""
    title: str
    body: str
    queued_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    """None: delivered."""
    last_error: str
    """Empty: none. Holds nothing of the address."""
    delivered_at: datetime | None
    """None: it waits."""
