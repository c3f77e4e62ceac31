"""What an agent says of itself: in osquery's status files, and to whoever runs it. The same thing is said once for each configuration."""

import logging
import threading
from collections.abc import Iterable
from datetime import datetime

from ...model import Gap, Note
from ...ports import Progress
from ...reports.osquery_log import Severity
from ...store.agent.status_files import StatusFiles

log = logging.getLogger("hullwatch.agent")
REMEMBERED = 10_000
"""Different messages that we remember to have said."""
_SEVERITIES = {logging.INFO: Severity.INFO, logging.WARNING: Severity.WARNING, logging.ERROR: Severity.ERROR}


class Messages:
    """Says things once."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def begin_anew(self) -> None:
        """Another configuration: all may be said again."""
        with self._lock:
            self._said.clear()

    def say(self, each: Iterable[Gap | Note]) -> None:
        """Gaps as warnings, notes as information."""
        for one in each:
            text = f"{one.what}: {one.why}" + (f" ({one.seen_at.path})" if isinstance(one, Gap) and one.seen_at else "")
            self.once(logging.WARNING if isinstance(one, Gap) else logging.INFO, text)

    def once(self, level: int, text: str) -> None:
        """Say it, unless it was said."""
        with self._lock:
            if text in self._said or len(self._said) >= REMEMBERED:
                return
            self._said.add(text)
        log.log(level, "%s", text, stacklevel=3)


class StatusHandler(logging.Handler):
    """Writes to the status files; warnings and errors also to the one who runs the agent, as information where that was asked for."""

    def __init__(self, files: StatusFiles | None, progress: Progress, *, verbose: bool) -> None:
        super().__init__(logging.INFO)
        self._files = files
        self._progress = progress
        self._shown = logging.INFO if verbose else logging.WARNING

    def emit(self, record: logging.LogRecord) -> None:
        """Write; when the files cannot be written, say so instead."""
        text = record.getMessage()
        if record.levelno >= self._shown:
            self._progress.warn(text)
        try:
            if self._files:
                at = datetime.fromtimestamp(record.created).astimezone()
                self._files.say(_SEVERITIES[record.levelno], at, threading.get_native_id(), f"{record.filename}:{record.lineno}", text)
        except OSError as error:
            self._progress.warn(f"a message could not be written: {error.strerror}")
