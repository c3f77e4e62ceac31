"""Sending through Apprise (https://github.com/caronc/apprise): Slack, e-mail, webhooks and a hundred more, one URL each.

Apprise says what went wrong in its log only. While something is sent that log is ours: it goes no further, and what is kept of it has lost
all that the URL holds.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import Misuse, NotFound, Unreachable
from ..reports.look import Look, cut_end
from .addresses import redact
from .messages import Message

_ONE_AT_A_TIME = threading.Lock()
"""Loggers belong to the whole process."""
_TALKATIVE = ("urllib3.connectionpool", "urllib3.util.retry", "requests")
"""They write whole addresses when asked for details."""
_LONGEST = 300
"""Characters kept of what went wrong."""


def send_message(rule: str, url: str, message: Message) -> None:
    """Send, once. Raises Unreachable when it was not taken, Misuse for a URL that cannot be used, NotFound when there is no Apprise."""
    try:
        import apprise
    except ImportError as error:
        raise NotFound(f"notify.{rule}: Apprise is not installed", remedy="pip install 'hullwatch[notify]'") from error
    asset = apprise.AppriseAsset(
        app_id="hullwatch",
        app_desc="hullwatch",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        secure_logging=True,
    )
    with _log() as said:
        channel = apprise.Apprise(asset=asset)
        understood = channel.add(url)
        taken = understood and channel.notify(title=message.title, body=message.body, body_format=apprise.NotifyFormat.TEXT)
    why = _reason(said, url)
    if not understood:
        raise Misuse(f"notify.{rule}: Apprise does not understand its URL{why}", remedy="see the Apprise URL of that service")
    if not taken:
        raise Unreachable(f"notify.{rule}: not taken{why}", remedy="see that the service answers, and that the URL is right")


def _reason(said: list[str], url: str) -> str:
    """What Apprise said, without what the URL holds, on one line."""
    text = redact(" ".join("; ".join(dict.fromkeys(said)).split()), url)
    return f" ({cut_end(Look().text(text), _LONGEST, Look())})" if text else ""


@contextmanager
def _log() -> Iterator[list[str]]:
    """Apprise's warnings and errors; nothing of Apprise, or of what it sends with, is logged elsewhere meanwhile."""
    said: list[str] = []
    logger = logging.getLogger("apprise")
    handler = _Keeper(said)
    quiet = [logging.getLogger(name) for name in _TALKATIVE]
    with _ONE_AT_A_TIME:
        before = (logger.propagate, logger.handlers[:], logger.level)
        levels = [each.level for each in quiet]
        logger.propagate, logger.handlers = False, [handler]
        logger.setLevel(logging.WARNING)
        for each in quiet:
            each.setLevel(logging.CRITICAL)
        try:
            yield said
        finally:
            logger.propagate, logger.handlers = before[0], before[1]
            logger.setLevel(before[2])
            for each, level in zip(quiet, levels, strict=True):
                each.setLevel(level)


class _Keeper(logging.Handler):
    """Keeps what is said."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        """Without a traceback: it may show the URL."""
        self._said.append(record.getMessage())
