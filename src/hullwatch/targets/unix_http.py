"""A small HTTP/1.1 client (RFC 9112) for GET over a Unix socket: importing the standard library's takes longer than most answers do."""

import io
import socket
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from ..errors import Denied, Unreachable
from ..ports import KIBIBYTE

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LINE_LIMIT = 16 * KIBIBYTE
"""Longest line of a head or of a chunk's size."""
HEADERS_LIMIT = 100
_BUFFER = 64 * KIBIBYTE
_NO_DAEMON = "start the Docker daemon, or say where it answers in DOCKER_HOST"
_HANGS = "see whether the daemon hangs, or wait longer (timeout_s)"
_BROKEN = "see the daemon's log; something that is no Docker Engine may listen there"


class UnixTransport:
    """Asks one Unix socket, over connections that are kept alive. Safe for threads: each question has a connection of its own."""

    def __init__(self, path: str, *, timeout_s: float) -> None:
        """Connect at once, so that a missing engine is known here. Raises Unreachable, Denied."""
        self.endpoint = f"unix://{path}"
        self._path = path
        self._timeout_s = timeout_s
        self._idle = [self._connect()]

    @contextmanager
    def ask(self, target: str, *, streaming: bool = False) -> Iterator[tuple[int, BinaryIO]]:
        """Status and body of ``GET target``. The whole answer has ``timeout_s``, when streaming each piece has. Raises Unreachable."""
        connection, status = self._send(target, streaming)
        body = None
        try:
            body = connection.body(status)
            with io.BufferedReader(body, _BUFFER) as reader:
                yield status, reader
        finally:
            if body is not None and body.finished and connection.reusable:
                self._idle.append(connection)
            else:
                connection.close()

    def close(self) -> None:
        """Give up all idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _send(self, target: str, streaming: bool) -> tuple["_Connection", int]:
        while self._idle:
            try:
                return self._send_over(self._idle.pop(), target, streaming)
            except _Unanswered:
                continue  # the engine has given up an idle connection
        return self._send_over(self._connect(), target, streaming)

    def _send_over(self, connection: "_Connection", target: str, streaming: bool) -> tuple["_Connection", int]:
        try:
            return connection, connection.send(target, streaming)
        except BaseException:
            connection.close()
            raise

    def _connect(self) -> "_Connection":
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.settimeout(self._timeout_s)
        try:
            connected.connect(self._path)
        except OSError as error:
            connected.close()
            raise _no_connection(self.endpoint, error, self._timeout_s) from error
        return _Connection(connected, self.endpoint, self._timeout_s)


def _no_connection(endpoint: str, error: OSError, timeout_s: float) -> Denied | Unreachable:
    match error:
        case PermissionError():
            remedy = "run with sudo, or join the group that owns the socket (docker)"
            return Denied(f"{endpoint}: this user may not ask the Docker Engine", remedy=remedy)
        case FileNotFoundError():
            return Unreachable(f"no Docker Engine at {endpoint}: there is no such socket", remedy=_NO_DAEMON)
        case ConnectionRefusedError():
            return Unreachable(f"no Docker Engine at {endpoint}: nobody listens", remedy=_NO_DAEMON)
        case TimeoutError() | BlockingIOError():  # the latter when the socket's queue is full
            return Unreachable(f"{endpoint} did not answer within {timeout_s:g} s", remedy=_HANGS)
    return Unreachable(f"no Docker Engine at {endpoint}: {error.strerror or error}", remedy=_NO_DAEMON)


class _Unanswered(Unreachable):
    """The connection ended before a single byte of an answer."""


class _Wire(io.RawIOBase):
    """Bytes as they come, under a deadline: of the whole answer, or of each piece when streaming."""

    def __init__(self, connected: socket.socket, endpoint: str, timeout_s: float) -> None:
        self._socket = connected
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self.streaming = self.answered = False
        self._deadline = 0.0

    def send(self, data: bytes) -> None:
        self.streaming = self.answered = False
        self._deadline = time.monotonic() + self._timeout_s
        self._socket.settimeout(self._timeout_s)
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._failure(error) from error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        try:
            left_s = self._timeout_s if self.streaming else self._deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            self._socket.settimeout(left_s)
            count = self._socket.recv_into(buffer)
        except OSError as error:
            raise self._failure(error) from error
        if not count:
            raise self.broken("the answer ended early")
        self.answered = True
        return count

    def broken(self, why: str) -> Unreachable:
        return (Unreachable if self.answered else _Unanswered)(f"{self._endpoint}: {why}", remedy=_BROKEN)

    def close(self) -> None:
        self._socket.close()
        super().close()

    def _failure(self, error: OSError) -> Unreachable:
        if isinstance(error, TimeoutError):
            return Unreachable(f"{self._endpoint} did not answer within {self._timeout_s:g} s", remedy=_HANGS)
        return self.broken(error.strerror or str(error))


class _Connection:
    def __init__(self, connected: socket.socket, endpoint: str, timeout_s: float) -> None:
        self._wire = _Wire(connected, endpoint, timeout_s)
        self._reader = io.BufferedReader(self._wire, _BUFFER)
        self._headers: dict[str, str] = {}
        self.reusable = False

    def send(self, target: str, streaming: bool) -> int:
        """Ask, read the head, return the status."""
        self._wire.send(f"GET {target} HTTP/1.1\r\nHost: docker\r\nUser-Agent: hullwatch\r\n\r\n".encode("ascii"))
        match self.line().split(" ", 2):
            case [("HTTP/1.1" | "HTTP/1.0") as version, code, *_] if len(code) == 3 and code.isdecimal():
                self._headers = self._read_headers()
                self.reusable = version == "HTTP/1.1" and self._headers.get("connection", "").lower() != "close"
                self._wire.streaming = streaming
                return int(code)
        raise self.broken("what answers does not speak HTTP")

    def body(self, status: int) -> "_Body":
        """The body of what was asked last. One without a stated end is refused: nobody could tell whether it is whole."""
        if status in (204, 304):
            return _Body(self, 0)
        if self._headers.get("transfer-encoding", "").lower() == "chunked":
            return _Body(self, None)
        length = self._headers.get("content-length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < 19):
            raise self.broken("the answer does not say how long it is")
        return _Body(self, int(length))

    def line(self) -> str:
        """One line of a head, without its end."""
        line = self._reader.readline(LINE_LIMIT)
        if not line.endswith(b"\n"):
            raise self.broken("a line of the answer's head is too long")
        return line.rstrip(b"\r\n").decode("latin-1")

    def readinto(self, buffer: memoryview) -> int:
        """Some bytes of a body, at least one."""
        return self._reader.readinto1(buffer)

    def broken(self, why: str) -> Unreachable:
        return self._wire.broken(why)

    def close(self) -> None:
        self._reader.close()

    def _read_headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _ in range(HEADERS_LIMIT):
            line = self.line()
            if not line:
                return headers
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        raise self.broken(f"the answer has more than {HEADERS_LIMIT} headers")


class _Body(io.RawIOBase):
    """One body: ``length`` bytes, or chunks when it is None. Raises Unreachable when it ends early."""

    def __init__(self, connection: _Connection, length: int | None) -> None:
        self._connection = connection
        self._chunked = length is None
        self._started = False
        self._left = length or 0
        self.finished = length == 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        if self._chunked and not self.finished and self._left == 0:
            self._next_chunk()
        if self.finished:
            return 0
        count = self._connection.readinto(memoryview(buffer)[: self._left])
        self._left -= count
        self.finished = self._left == 0 and not self._chunked
        return count

    def _next_chunk(self) -> None:
        if self._started and self._connection.line():
            raise self._connection.broken("a chunk does not end where it should")
        self._started = True
        size = self._connection.line().partition(";")[0].strip()
        if not 0 < len(size) <= 15 or not set(size) <= set(string.hexdigits):
            raise self._connection.broken("a chunk does not say how long it is")
        self._left = int(size, 16)
        if self._left == 0:
            self._skip_trailers()

    def _skip_trailers(self) -> None:
        for _ in range(HEADERS_LIMIT):
            if not self._connection.line():
                self.finished = True
                return
        raise self._connection.broken("the answer has too many trailers")
