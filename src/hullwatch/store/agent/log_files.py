"""Writing lines to log files, each once: what was being written when we were killed is found again and gone on with."""

import os
from collections.abc import Sequence
from pathlib import Path

from ...errors import HomeUnavailable
from .results import Appending, ResultStore

LINES_AT_ONCE = 5_000
MODE = 0o640


class LogFiles:
    """The log files of a directory. Each is opened for every writing, so that logrotate may take it away at any time."""

    def __init__(self, directory: Path, results: ResultStore) -> None:
        """Makes the directory. Raises HomeUnavailable."""
        self._directory = directory
        self._results = results
        try:
            self._make_room()
            if not os.access(directory, os.W_OK | os.X_OK):
                raise PermissionError(f"{directory} is not writable")
        except OSError as error:
            why = error.strerror or "it is not writable"
            raise HomeUnavailable(f"{directory}: {why}", remedy="run with sudo, or pass another --logger-path") from error

    def _make_room(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o750)

    def write(self) -> None:
        """Write all lines that are waiting. Raises HomeUnavailable; what could not be written waits on."""
        for file in self._results.files_with_lines():
            if interrupted := self._results.appending(file):
                self._go_on(file, interrupted)
            while lines := self._results.lines(file, LINES_AT_ONCE):
                self._append(file, lines[-1][0], _joined(lines))

    def _append(self, file: str, last: int, data: bytes) -> None:
        try:
            self._make_room()
            descriptor = open_log(self._directory / file)
            try:
                status = os.fstat(descriptor)
                self._results.begin_appending(file, Appending(status.st_ino, status.st_size, last))
                _write_all(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise HomeUnavailable(f"{self._directory / file}: {error.strerror}", remedy="make room there") from error
        self._results.end_appending(file, last)

    def _go_on(self, file: str, interrupted: Appending) -> None:
        """Write what is missing of what was being written, into that very file, also when it has been renamed since."""
        data = _joined([(number, line) for number, line in self._results.lines(file, LINES_AT_ONCE) if number <= interrupted.last])
        try:
            self._make_room()
            path = self._of_inode(file, interrupted.inode)
            descriptor = open_log(path or self._directory / file)
            try:
                written = _written(descriptor, interrupted.offset, data) if path else 0
                _write_all(descriptor, data[written:])
            finally:
                os.close(descriptor)
        except OSError as error:
            raise HomeUnavailable(f"{self._directory / file}: {error.strerror}", remedy="make room there") from error
        self._results.end_appending(file, interrupted.last)

    def _of_inode(self, file: str, inode: int) -> Path | None:
        """The file, or what has become of it."""
        candidates = sorted(path for path in self._directory.iterdir() if path.name.startswith(file))
        return next((path for path in candidates if path.stat().st_ino == inode), None)


def open_log(path: Path) -> int:
    """Open a file for lines at its end, made where it is missing; nobody but owner and group may read it. Raises OSError."""
    flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, MODE)
        os.fchmod(descriptor, MODE)  # whatever the umask: the group ships the logs
    except FileExistsError:
        descriptor = os.open(path, flags)
        mode = os.fstat(descriptor).st_mode & 0o777
        if mode & ~MODE:
            os.fchmod(descriptor, mode & MODE)
    return descriptor


def _joined(lines: Sequence[tuple[int, str]]) -> bytes:
    return "".join(f"{line}\n" for _, line in lines).encode()


def _written(descriptor: int, offset: int, data: bytes) -> int:
    """How many bytes of ``data`` stand in the file from ``offset`` on."""
    found = os.pread(descriptor, len(data), offset)
    return len(found) if data.startswith(found) else 0


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
