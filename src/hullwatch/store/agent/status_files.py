"""The agent's own messages in files, one for each severity and all above it, as glog lays them out."""

import os
from datetime import datetime
from pathlib import Path

from ...reports.osquery_log import Severity, status_header, status_line
from .log_files import open_log

_ORDER = (Severity.INFO, Severity.WARNING, Severity.ERROR)


class StatusFiles:
    """Files ``osqueryd.SEVERITY.TIME.PID`` with a link ``osqueryd.SEVERITY`` to the newest, made when there is something to say."""

    def __init__(self, directory: Path, host: str, *, lowest: int = 0) -> None:
        """``lowest``: 0 all, 1 warnings and errors, 2 errors alone."""
        self._directory = directory
        self._host = host
        self._wanted = _ORDER[lowest:]
        self._open: dict[Severity, int] = {}

    def say(self, severity: Severity, at: datetime, thread: int, place: str, text: str) -> None:
        """Write one message; ``at`` in the machine's own time zone, ``place`` is file and line of who says it. Raises OSError."""
        line = status_line(severity, at, thread, place, text).encode("utf-8", "replace")
        for each in self._wanted[: 1 + self._wanted.index(severity)] if severity in self._wanted else ():
            if each not in self._open:
                self._open[each] = self._begin(each, at)
            os.write(self._open[each], line)

    def close(self) -> None:
        """Give the files up."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def _begin(self, severity: Severity, at: datetime) -> int:
        name = f"osqueryd.{severity}.{at:%Y%m%d-%H%M%S}.{os.getpid()}"
        descriptor = open_log(self._directory / name)
        if not os.fstat(descriptor).st_size:
            os.write(descriptor, status_header(self._host, at).encode("utf-8", "replace"))
        link = self._directory / f"osqueryd.{severity}"
        temporary = self._directory / f"{name}.link"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(name)
        temporary.replace(link)
        return descriptor
