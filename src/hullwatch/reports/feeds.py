"""The feeds of the advisory database as a table of plain text."""

from collections.abc import Sequence
from datetime import datetime

from ..model import Feed

_DAY_H = 24


def render_feeds(feeds: Sequence[Feed], now: datetime) -> str:
    """One line a feed: id, what it covers, age, publisher's date, licence."""
    rows = [("FEED", "COVERS", "FETCHED", "PUBLISHED", "LICENCE")]
    rows += [
        (
            feed.id,
            feed.covers,
            _age(feed.fetched_at, now),
            feed.published_at.date().isoformat() if feed.published_at else "-",
            feed.licence or "-",
        )
        for feed in feeds
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows)


def _age(then: datetime | None, now: datetime) -> str:
    if then is None:
        return "-"
    hours = max(0, int((now - then).total_seconds() // 3600))
    return f"{hours} h ago" if hours < 2 * _DAY_H else f"{hours // _DAY_H} d ago"
