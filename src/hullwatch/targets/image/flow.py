"""Bytes on their way from an archive to a parser: decompressed under limits, and hashed beside it, while nothing is written to disk."""

import hashlib
import threading
from collections.abc import Callable
from queue import Queue
from typing import BinaryIO, Protocol, cast

from ...config import Limits
from ...errors import LimitExceeded, Malformed
from ...model import Digest
from ...ports import KIBIBYTE, MEBIBYTE
from .layer_facts import over

CHUNK = 1 * MEBIBYTE
_COMPRESSED_CHUNK = 128 * KIBIBYTE
_RATIO_FROM = 1024 * MEBIBYTE
_ZSTD_WINDOW = 128 * MEBIBYTE
"""The largest that ``zstd --long`` makes without being told; more memory than that is not given."""
_NOT_WHOLE = "the file is not whole: save it again"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Source(Protocol):
    """Anything that bytes are read from; what comes may be shorter than asked for, and is empty only at the end."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""


class Pushed:
    """A source after its first bytes were looked at."""

    def __init__(self, head: bytes, rest: Source) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""
        if not self._head:
            return self._rest.read(size)
        piece, self._head = self._head[:size], self._head[size:]
        return piece


class Counted:
    """A source that may not give more than ``limit`` bytes; with ``against``, not more than a ratio to the bytes of that one either."""

    def __init__(self, source: Source, limits: Limits, *, against: "Counted | None" = None) -> None:
        self.count = 0
        self._source = source
        self._limits = limits
        self._against = against

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes. Raises LimitExceeded."""
        piece = self._source.read(size)
        self.count += len(piece)
        if self.count > self._limits.layer_bytes:
            raise over("layer_bytes", self._limits.layer_bytes, "bytes in one layer or archive")
        if self._against and self.count > _RATIO_FROM and self.count > self._limits.ratio * self._against.count:
            raise over("ratio", self._limits.ratio, "times its compressed size in a compressed layer")
        return piece


class Hashed:
    """A source whose bytes are hashed by another thread on their way. Use as a context manager."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self._pieces: Queue[bytes] = Queue(maxsize=8)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""
        piece = self._source.read(size)
        if piece:
            self._pieces.put(piece)
        return piece

    def finish(self) -> Digest:
        """Read what is left and answer with the digest of everything."""
        while self.read(CHUNK):
            pass
        self._stop()
        return Digest(f"sha256:{self._hash.hexdigest()}")

    def __enter__(self) -> "Hashed":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._thread.is_alive():
            self._pieces.put(b"")
            self._thread.join()

    def _work(self) -> None:
        while piece := self._pieces.get():
            self._hash.update(piece)


def read_exactly(source: Source, size: int) -> bytes:
    """``size`` bytes, or fewer at the end."""
    piece = source.read(size)
    if len(piece) == size or not piece:
        return piece
    pieces, left = [piece], size - len(piece)
    while left and (piece := source.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def is_compressed(head: bytes) -> bool:
    """Whether these first bytes are those of a compression that we know."""
    return head.startswith((_GZIP, _ZSTD))


def decompressed(source: Source, limits: Limits) -> Source:
    """The source itself, or what its gzip or zstd stream holds. Reading may raise Malformed or LimitExceeded."""
    head = read_exactly(source, 4)
    whole = Counted(Pushed(head, source), limits)
    if head.startswith(_GZIP):
        return Counted(_Gunzipped(whole), limits, against=whole)
    if head.startswith(_ZSTD):
        return Counted(_Unzstd(whole), limits, against=whole)
    return whole


class _Gunzipped:
    """One gzip member after another (RFC 1952), as gzip(1) reads them; zeros may follow the last."""

    def __init__(self, source: Source) -> None:
        from isal import igzip_lib

        self._source = source
        self._start: Callable[[], igzip_lib.IgzipDecompressor] = lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        self._error = cast(type[Exception], igzip_lib.IsalError)
        self._member = self._start()
        self._given = b""

    def read(self, size: int, /) -> bytes:
        try:
            while not self._member.eof or self._next_member():
                if self._member.needs_input and not self._given:
                    self._given = self._source.read(_COMPRESSED_CHUNK)
                    if not self._given:
                        raise Malformed("a gzip stream ends early", remedy=_NOT_WHOLE)
                given, self._given = self._given, b""
                if piece := self._member.decompress(given, size):
                    return bytes(piece)
        except self._error as error:
            raise Malformed(f"a gzip stream is damaged: {error}", remedy=_NOT_WHOLE) from error
        return b""

    def _next_member(self) -> bool:
        rest = self._member.unused_data or self._source.read(_COMPRESSED_CHUNK)
        while rest and not rest.strip(b"\0"):
            rest = self._source.read(_COMPRESSED_CHUNK)
        if rest:
            self._given, self._member = bytes(rest), self._start()
        return bool(rest)


class _Unzstd:
    """All frames of a zstd stream (RFC 8878). An early end is not noticed here, but by who reads the archive or checks its digest."""

    def __init__(self, source: Source) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._reader = decompressor.stream_reader(cast(BinaryIO, _Whole(source)), read_size=_COMPRESSED_CHUNK, read_across_frames=True)

    def read(self, size: int, /) -> bytes:
        try:
            return self._reader.read(size)
        except self._error as error:
            if "window" in str(error).lower() or "memory" in str(error).lower():
                raise LimitExceeded(f"a zstd stream asks for a window of more than {_ZSTD_WINDOW} bytes") from error
            raise Malformed(f"a zstd stream is damaged: {error}", remedy=_NOT_WHOLE) from error


class _Whole:
    """What ``zstandard`` asks of a file."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        return self._source.read(size if size > 0 else _COMPRESSED_CHUNK)
