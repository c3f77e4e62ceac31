"""A remote file read from its start on in pieces that grow, so that what stands near the start costs little."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import LimitExceeded, Unreachable
from ..ports import KIBIBYTE, MEBIBYTE
from .transfer import Answer

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECES_LIMIT = 64 * MEBIBYTE
"""No more than this is read of one file of an archive."""
_FIRST = 16 * KIBIBYTE
_LARGEST = MEBIBYTE


class Pieces(io.RawIOBase):
    """Reads forward only. A server that knows no ranges sends the whole file at once, which is then used."""

    def __init__(self, ask: Callable[[int, int], Answer], name: str) -> None:
        """``ask(start, size)`` fetches a piece. The first is fetched here, so that a file that is not there is known at once."""
        super().__init__()
        self.name = name
        self.size_bytes = 0
        """Of the whole file."""
        self._ask = ask
        self._piece = memoryview(b"")
        self._reached = 0
        self._next = _FIRST
        self._fill()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """As io.RawIOBase has it. Raises Unreachable, NotFound, LimitExceeded."""
        if not self._piece and self._reached < self.size_bytes:
            self._fill()
        target = memoryview(buffer).cast("B")
        taken = self._piece[: len(target)]
        target[: len(taken)] = taken
        self._piece = self._piece[len(taken) :]
        return len(taken)

    def _fill(self) -> None:
        if self._reached >= PIECES_LIMIT:
            raise LimitExceeded(f"{self.name}: more than {PIECES_LIMIT // MEBIBYTE} MiB would have to be read")
        answer = self._ask(self._reached, self._next)
        with answer.body:
            piece = answer.body.read()
        self.size_bytes = self._whole(answer)
        self._piece = memoryview(piece)
        self._reached += len(piece)
        self._next = min(2 * self._next, _LARGEST)
        if not piece and self._reached < self.size_bytes:
            raise Unreachable(f"{self.name}: the server sends nothing from byte {self._reached} on")

    def _whole(self, answer: Answer) -> int:
        """Size of the whole file. A range that is not the one asked for, or another size than before, is no answer."""
        if answer.status == 200 and not self._reached:
            return answer.size_bytes
        place, _, size = answer.headers.get("content-range", "").removeprefix("bytes ").partition("/")
        start = place.partition("-")[0]
        if answer.status != 206 or start != str(self._reached) or not size.isdecimal() or self.size_bytes not in (0, int(size)):
            raise Unreachable(f"{self.name}: the server does not send the range it was asked for")
        return int(size)
