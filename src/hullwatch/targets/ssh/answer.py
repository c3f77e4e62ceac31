"""The answer to one question asked over SSH: records of one letter and fields that end with NUL, and streams between them."""

import os
import selectors
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

from ...errors import Denied, HullwatchError, LimitExceeded, Malformed, Unreachable
from ...ports import KIBIBYTE, MEBIBYTE
from .address import Address
from .errors import FAILED, failure_of, last_line

NOISE_LIMIT = 1 * MEBIBYTE
"""What may be printed before an answer."""
FIELD_LIMIT = 16 * MEBIBYTE
_PIECE = 256 * KIBIBYTE
_COMPLAINT_LIMIT = 64 * KIBIBYTE
_LEAVE_S = 5
_END = "Z"


class Answer:
    """What a script prints there. One that does not reach its end was cut, and says so."""

    def __init__(self, process: "subprocess.Popen[bytes]", address: Address, mark: str, patience_s: float) -> None:
        self._process = process
        self._address = address
        self._mark = mark.encode()
        self._patience_s = patience_s
        self._complaint = bytearray()
        self._buffer, self._at = b"", 0
        self._is_whole = False
        self._selector = selectors.DefaultSelector()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                self._selector.register(stream.fileno(), selectors.EVENT_READ, stream is process.stderr)

    def begin(self, patience_s: float) -> None:
        """Pass over all that is printed before the script speaks. Raises Denied, Untrusted, Unreachable."""
        start = b"\n" + self._mark + b"\n"
        noise = b""
        while (at := noise.find(start)) < 0:
            if len(noise) > NOISE_LIMIT:
                raise Unreachable(f"{self._address.reference}: its login shell prints without end", remedy="look into its profile")
            piece = self._receive(patience_s)
            if not piece:
                raise self._silence(noise)
            noise += piece
        self._buffer, self._at = noise, at + len(start)

    def kinds(self) -> Iterator[str]:
        """The letter of each record in turn, its fields to be read before the next is asked for, up to the answer's end.

        Raises LimitExceeded, Malformed, and Unreachable or Denied when the answer is cut.
        """
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] == 0:  # what pads an archive
                self._at += 1
            if self._at == len(self._buffer):
                self._fill()
                continue
            kind = chr(self._buffer[self._at])
            self._at += 1
            if kind == _END:
                if self.field() != self._mark:
                    raise Malformed(f"{self._address.reference}: an answer that makes no sense", remedy="something there prints into it")
                self._is_whole = True
                return
            yield kind

    def field(self, limit: int = FIELD_LIMIT) -> bytes:
        """What comes before the next NUL. Raises as ``kinds``."""
        pieces, size, end = [], 0, -1
        while end < 0:
            if self._at == len(self._buffer):
                self._fill()
            end = self._buffer.find(b"\0", self._at)
            pieces.append(self._buffer[self._at : end if end >= 0 else None])
            size += len(pieces[-1])
            if size > limit:
                raise LimitExceeded(f"{self._address.reference}: a record of more than {limit} bytes")
            self._at = end + 1 if end >= 0 else len(self._buffer)
        return b"".join(pieces)

    def path(self) -> str:
        """A field that is a path: without the slash it begins with; bytes that are no UTF-8 are surrogates."""
        return self.field().decode("utf-8", "surrogateescape").lstrip("/")

    def text(self) -> str:
        """A field for people."""
        return self.field().decode("utf-8", "replace")

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes of a stream, at least one. Raises as ``kinds``."""
        if self._at == len(self._buffer):
            self._fill()
        piece = self._buffer[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def unread(self, piece: bytes) -> None:
        """Give back what was read too much."""
        self._buffer, self._at = piece + self._buffer[self._at :], 0

    def leave(self) -> None:
        """Let the client end by itself when all was read, within bounds; else end it."""
        self._selector.close()
        if self._is_whole:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LEAVE_S)
        self._process.kill()

    def _fill(self) -> None:
        """More of the answer. Raises Unreachable or Denied when there is none."""
        piece = self._receive(self._patience_s)
        if not piece:
            raise self._cut()
        self._buffer, self._at = piece, 0

    def _receive(self, patience_s: float) -> bytes:
        """The next bytes; none at the end. Complaints are kept aside. Raises Unreachable after ``patience_s`` of silence."""
        deadline = time.monotonic() + patience_s
        while True:
            left_s = deadline - time.monotonic()
            ready = self._selector.select(left_s) if left_s > 0 else ()
            if not ready:
                raise Unreachable(
                    f"{self._address.reference}: no answer within {patience_s:g} s", remedy="raise timeout_s if the host is slow"
                )
            for key, _ in sorted(ready, key=lambda each: not each[0].data):
                piece = os.read(key.fd, _PIECE)
                if not key.data:
                    return piece
                if not piece:
                    self._selector.unregister(key.fd)
                elif len(self._complaint) < _COMPLAINT_LIMIT:
                    self._complaint += piece

    def _silence(self, noise: bytes) -> HullwatchError:
        """Why there was no answer at all."""
        status, complaint = self._ended()
        if status == FAILED:
            return failure_of(self._address, complaint)
        said = last_line(complaint) or last_line(noise.decode("utf-8", "replace")) or f"it ended with status {status}"
        return Denied(f"{self._address.reference}: there is no shell for us: {said}", remedy="the user there needs a login shell and sh")

    def _cut(self) -> HullwatchError:
        status, complaint = self._ended()
        if status == FAILED:
            return failure_of(self._address, complaint or "Connection closed in the middle of an answer")
        why = last_line(complaint) or f"it ended with status {status}"
        return Unreachable(f"{self._address.reference}: the answer is not whole: {why}", remedy="scan again")

    def _ended(self) -> tuple[int | None, str]:
        """The client's status, None when it does not end, and its complaint."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LEAVE_S)
        for key in list(self._selector.get_map().values()):
            if key.data:
                while self._selector.select(0) and (piece := os.read(key.fd, _PIECE)) and len(self._complaint) < _COMPLAINT_LIMIT:
                    self._complaint += piece
        return self._process.poll(), self._complaint.decode("utf-8", "replace")
