"""Reading tar archives as they flow by: ustar and pax (POSIX.1-2017, pax), GNU tar's long names, numbers and sparse files.

Python's ``tarfile`` takes thrice as long for a header and holds every one; here a header costs a few slices and nothing is held.
"""

import re
import zlib
from collections.abc import Iterator

from msgspec import Struct

from ...errors import LimitExceeded, Malformed
from ...ports import KIBIBYTE, MEBIBYTE
from .flow import CHUNK, Source, read_exactly

BLOCK = 512
LONG_NAME_LIMIT = 64 * KIBIBYTE
PAX_LIMIT = 1 * MEBIBYTE
_NULL = bytes(BLOCK)
_ADLER = 65521
_RECORD = re.compile(rb"(\d{1,8}) ")
_ASKED_FOR = (b"path", b"linkpath", b"size", b"GNU.sparse.name")
"""Of extended headers: all others are dropped at once, however many an archive has."""
_SPARSE = "GNU.sparse."
_REMEDY = "the archive is not whole: save it again"


class Entry(Struct):
    """One entry of an archive. Names are as written: bytes that are no UTF-8 are surrogates."""

    name: str
    kind: str
    """The type flag; ``0`` for every kind of regular file."""
    size_bytes: int
    """Of the body in the archive: 0 for what has none."""
    link: str = ""
    mode_field: bytes = b""
    """As written; asked for by few."""
    sparse: bool = False
    """The body holds only parts of the file."""

    @property
    def mode(self) -> int:
        """Permission bits. Raises Malformed."""
        return _number(self.mode_field) & 0o7777

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory; in the oldest format a slash at the end says so."""
        return self.kind == "5" or (self.kind == "0" and self.name.endswith("/"))


class Tar:
    """An archive: iterate to get entries; until the next one is asked for, the body of the last can be read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._chunk = b""
        self._at = 0
        self._body_left = 0
        self._padding = 0

    def __iter__(self) -> Iterator[Entry]:
        """Entries in order. Raises Malformed, LimitExceeded."""
        pax: dict[str, bytes] = {}
        while (block := self._next_header()) is not None:
            entry = _parse(block)
            self._begin_body(entry)
            match entry.kind:
                case "x":
                    pax |= _parse_pax(self._small_body(PAX_LIMIT))
                case "g":
                    continue  # comments and defaults for a whole archive: nothing that we ask for
                case "L":
                    pax["path"] = _until_null(self._small_body(LONG_NAME_LIMIT))
                case "K":
                    pax["linkpath"] = _until_null(self._small_body(LONG_NAME_LIMIT))
                case _:
                    if entry.kind == "S":
                        self._skip_sparse_map(block)
                    if pax or entry.kind == "S":
                        _apply(pax, entry)
                        self._begin_body(entry)
                        pax = {}
                    yield entry

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes of the body; empty at its end. Raises Malformed when the archive ends first."""
        if self._body_left == 0:
            return b""
        if self._at == len(self._chunk):
            self._fill()
        piece = self._chunk[self._at : self._at + min(size, self._body_left)]
        self._at += len(piece)
        self._body_left -= len(piece)
        return piece

    def rest(self) -> bytes:
        """What was read beyond the archive's end, and is no part of it."""
        return self._chunk[self._at :]

    def _begin_body(self, entry: Entry) -> None:
        self._body_left = entry.size_bytes
        self._padding = -entry.size_bytes % BLOCK

    def _next_header(self) -> bytes | None:
        """The next header; None at the end. What follows the end is read too: digests cover it."""
        self._skip(self._body_left + self._padding)
        self._body_left = self._padding = 0
        block = self._take(BLOCK)
        if not block or block == _NULL:
            return None
        if len(block) < BLOCK:
            raise Malformed("a tar archive ends within a header", remedy=_REMEDY)
        return block

    def _small_body(self, limit: int) -> bytes:
        if self._body_left > limit:
            raise LimitExceeded(f"a tar header of {self._body_left} bytes, more than the {limit} that are read")
        return read_exactly(self, self._body_left)

    def _skip_sparse_map(self, block: bytes) -> None:
        """GNU's old sparse files: further blocks of the map lie between header and body."""
        if block[482:483] not in (b"\0", b""):
            self._body_left = self._padding = 0
            while len(more := self._take(BLOCK)) == BLOCK and more[504:505] not in (b"\0", b""):
                continue

    def _take(self, size: int) -> bytes:
        """Bytes outside of bodies; fewer at the end of the archive."""
        end = self._at + size
        if end <= len(self._chunk):
            piece = self._chunk[self._at : end]
            self._at = end
            return piece
        pieces = [self._chunk[self._at :]]
        self._chunk, self._at = b"", 0
        left = size - len(pieces[0])
        while left and (chunk := self._source.read(CHUNK)):
            pieces.append(chunk[:left])
            self._chunk, self._at = chunk, min(left, len(chunk))
            left -= len(pieces[-1])
        return b"".join(pieces)

    def _skip(self, size: int) -> None:
        left = size - (len(self._chunk) - self._at)
        if left <= 0:
            self._at += size
            return
        while left > 0:
            chunk = self._source.read(CHUNK)
            if not chunk:
                raise Malformed("a tar archive ends within a file", remedy=_REMEDY)
            self._chunk, self._at = chunk, min(left, len(chunk))
            left -= len(chunk)

    def _fill(self) -> None:
        self._chunk, self._at = self._source.read(CHUNK), 0
        if not self._chunk:
            raise Malformed("a tar archive ends within a file", remedy=_REMEDY)


def is_header(block: bytes) -> bool:
    """Whether a block is a header, or the end of an archive without entries."""
    return len(block) == BLOCK and (block == _NULL or _sum_fits(block))


def _parse(block: bytes) -> Entry:
    if not _sum_fits(block):
        raise Malformed("a tar header whose sum does not fit", remedy=_REMEDY)
    kind = chr(block[156])
    if kind in ("\0", "7"):
        kind = "0"
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        prefix = _text(block[345:476] if block[508:] == b"tar\0" else block[345:500])
        name = f"{prefix}/{name}" if prefix else name
    if kind in "123456":
        return Entry(name, kind, 0, _text(block[157:257]) if kind in "12" else "")
    return Entry(name, kind, _number(block[124:136]), "", block[100:108], kind == "S")


def _sum_fits(block: bytes) -> bool:
    """The sum of all bytes with the field itself taken as spaces. Adler-32's low half is 1 plus the sum of the bytes, modulo 65521."""
    try:
        said = int(block[148:156].partition(b"\0")[0], 8)
    except ValueError:
        return False
    of_field = sum(block[148:156]) - 8 * 32
    if (said + of_field + 1 - (zlib.adler32(block) & 0xFFFF)) % _ADLER == 0:
        return True
    negative = sum(byte > 127 for byte in block)  # some old programs summed signed bytes
    return negative > 0 and said == sum(block) - of_field - 256 * negative


def _apply(pax: dict[str, bytes], entry: Entry) -> None:
    """Let extended headers replace what the header says."""
    entry.sparse = entry.sparse or any(key.startswith(_SPARSE) for key in pax)
    if (name := pax.get("GNU.sparse.name") or pax.get("path")) is not None:
        entry.name = _text(name)
    if entry.kind in "12" and "linkpath" in pax:
        entry.link = _text(pax["linkpath"])
    if entry.kind not in "123456" and "size" in pax:
        if not pax["size"].isdigit():
            raise Malformed("a pax header whose size is no number", remedy=_REMEDY)
        entry.size_bytes = int(pax["size"][:20])
    if entry.kind == "S":
        entry.kind = "0"


def _parse_pax(body: bytes) -> dict[str, bytes]:
    """``length key=value``, one record after another; those that are asked for, and ``GNU.sparse.`` for others of that kind."""
    records, at = {}, 0
    while at < len(body):
        length = _RECORD.match(body, at)
        end = at + int(length[1]) if length else 0
        if not length or end > len(body) or end <= length.end() or body[end - 1 : end] != b"\n":
            raise Malformed("a pax header that cannot be understood", remedy=_REMEDY)
        key, equals, value = body[length.end() : end - 1].partition(b"=")
        if not equals:
            raise Malformed("a pax header that cannot be understood", remedy=_REMEDY)
        if key in _ASKED_FOR:
            records[key.decode("ascii")] = value
        elif key.startswith(_SPARSE.encode()):
            records[_SPARSE] = b""
        at = end
    return records


def _number(field: bytes) -> int:
    """Octal digits, or GNU's binary numbers."""
    try:
        number = int(field.partition(b"\0")[0] or b"0", 8)
    except ValueError as error:
        if field[0] & 0x80:
            number = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big") if field[0] != 0xFF else -1
        elif not field.strip(b" \0"):
            number = 0
        else:
            raise Malformed("a tar header with a number that is none", remedy=_REMEDY) from error
    if number < 0:
        raise Malformed("a tar header with a negative number", remedy=_REMEDY)
    return number


def _until_null(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _text(field: bytes) -> str:
    return str(field.partition(b"\0")[0], "utf-8", "surrogateescape")
