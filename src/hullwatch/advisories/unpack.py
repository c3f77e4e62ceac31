"""Packed streams as plain ones, with bounds: on memory, and on how much comes out."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from ..errors import LimitExceeded, Malformed
from ..ports import KIBIBYTE, MEBIBYTE

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEMORY = 128 * MEBIBYTE
"""What unpacking xz may take; ``xz -9`` needs 65 MiB."""
_CHUNK = 16 * KIBIBYTE


class Xz(io.RawIOBase):
    """An xz stream, unpacked as it is read, within a bound on memory."""

    def __init__(self, packed: BinaryIO) -> None:
        super().__init__()
        self._packed = packed
        self._unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MEMORY)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """As io.RawIOBase has it. Raises lzma.LZMAError, EOFError."""
        target = memoryview(buffer).cast("B")
        while target and not self._ended():
            packed = self._packed.read(_CHUNK) if self._unpacker.needs_input else b""
            if not packed and self._unpacker.needs_input:
                raise EOFError("the xz stream ends in the middle")
            if data := self._unpacker.decompress(packed, len(target)):
                target[: len(data)] = data
                return len(data)
        return 0

    def _ended(self) -> bool:
        """Whether nothing more comes; one stream may follow another."""
        if not self._unpacker.eof:
            return False
        following = self._unpacker.unused_data.lstrip(b"\0")
        while not following:
            if not (more := self._packed.read(_CHUNK)):
                return True
            following = more.lstrip(b"\0")
        self._packed = cast(BinaryIO, _Joined(following, self._packed))
        self._unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MEMORY)
        return False


class _Joined:
    """Bytes that were read too far, and the rest of their stream."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start = start
        self._rest = rest

    def read(self, size: int) -> bytes:
        start, self._start = self._start[:size], self._start[size:]
        return start or self._rest.read(size)


class _Counted(io.RawIOBase):
    """Counts what is read, and says at the limit whether that is the end or an error."""

    def __init__(self, stream: BinaryIO, limit: int, refusal: str) -> None:
        super().__init__()
        self._stream = stream
        self._left = limit
        self._refusal = refusal

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """As io.RawIOBase has it. Raises LimitExceeded."""
        target = memoryview(buffer).cast("B")
        data = self._stream.read(min(len(target), self._left) if self._left else int(bool(self._refusal)))
        if data and not self._left:
            raise LimitExceeded(self._refusal)
        self._left -= len(data)
        target[: len(data)] = data
        return len(data)


def bounded(stream: BinaryIO, limit: int, what: str) -> BinaryIO:
    """The stream, which raises LimitExceeded when there are more than ``limit`` bytes."""
    return cast(BinaryIO, io.BufferedReader(_Counted(stream, limit, f"{what} unpacks to more than {limit // MEBIBYTE} MiB"), _CHUNK))


def part(stream: BinaryIO, size_bytes: int) -> BinaryIO:
    """The next bytes of a stream, as one that ends after them."""
    return cast(BinaryIO, io.BufferedReader(_Counted(stream, size_bytes, ""), _CHUNK))


def unpacked(stream: BinaryIO, name: str) -> BinaryIO:
    """The stream as its name says it is packed: ``.xz``, ``.gz``, ``.bz2``, ``.zst``, or not at all."""
    match name.rpartition(".")[2]:
        case "xz":
            return cast(BinaryIO, io.BufferedReader(Xz(stream), _CHUNK))
        case "gz":
            return cast(BinaryIO, gzip.open(stream))
        case "bz2":
            return cast(BinaryIO, bz2.open(stream))
        case "zst":
            import zstandard

            return cast(BinaryIO, zstandard.ZstdDecompressor().stream_reader(stream))
        case _:
            return stream


@contextmanager
def unpacking(what: str) -> Iterator[None]:
    """All that unpackers complain about means that the bytes are not what they claim to be. Raises Malformed."""
    try:
        yield
    except (lzma.LZMAError, zlib.error, EOFError, OSError, ValueError, MemoryError) as error:
        raise Malformed(f"{what}: cannot be unpacked: {error}") from error
    except Exception as error:
        if type(error).__name__ != "ZstdError":
            raise
        raise Malformed(f"{what}: cannot be unpacked: {error}") from error
