"""The right to be the one agent of a directory."""

import fcntl
import os
from pathlib import Path

from ...errors import Denied, Misuse


class Claim:
    """Held from ``__init__`` to ``release``; the kernel takes it back when the process ends, however it ends."""

    def __init__(self, directory: Path, pidfile: Path) -> None:
        """Makes the directories and the file with our process id. Raises Misuse where another agent runs, Denied."""
        self._pidfile = pidfile
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            pidfile.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(directory / "hullwatch-agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                other = os.pread(self._lock, 32, 0).decode(errors="replace").strip()
                os.close(self._lock)
                raise Misuse(f"an agent already keeps its memory in {directory} (process {other})", remedy="end it first") from error
            os.truncate(self._lock, 0)
            os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
            pidfile.write_text(f"{os.getpid()}\n")
        except OSError as error:
            where = error.filename or directory
            raise Denied(f"{where}: {error.strerror}", remedy="run with sudo, or pass --database-path and --pidfile") from error

    def release(self) -> None:
        """Give it up."""
        self._pidfile.unlink(missing_ok=True)
        os.close(self._lock)
