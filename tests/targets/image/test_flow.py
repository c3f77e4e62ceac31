"""Bytes on their way: decompressed, counted, hashed."""

import gzip
import io
from contextlib import suppress
from hashlib import sha256

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.config import Limits
from hullwatch.errors import HullwatchError, LimitExceeded, Malformed
from hullwatch.targets.image import flow
from hullwatch.targets.image.flow import Hashed, Source, decompressed, read_exactly

DATA = b"".join(number.to_bytes(3, "big") for number in range(100_000))


def whole(source: Source) -> bytes:
    """All that a source gives."""
    pieces = []
    while piece := source.read(10_000):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize(
    "packed",
    [
        DATA,
        gzip.compress(DATA),
        gzip.compress(DATA[:1000]) + gzip.compress(b"") + gzip.compress(DATA[1000:]) + bytes(700),
        zstandard.compress(DATA),
        zstandard.compress(DATA[:1000]) + zstandard.compress(DATA[1000:]),
    ],
    ids=["plain", "gzip", "gzip members and padding", "zstd", "zstd frames"],
)
def test_what_was_compressed_comes_back(packed: bytes) -> None:
    """Whatever it was compressed with, in one piece or several."""
    assert whole(decompressed(io.BytesIO(packed), Limits())) == DATA


def test_a_hash_covers_all_bytes_those_too_that_nobody_read() -> None:
    """What follows the end of an archive is part of its digest."""
    with Hashed(io.BytesIO(DATA)) as hashed:
        assert read_exactly(hashed, 7) == DATA[:7]
        assert hashed.finish() == f"sha256:{sha256(DATA).hexdigest()}"


@pytest.mark.parametrize(
    "packed", [gzip.compress(DATA)[:-9], gzip.compress(DATA)[:1000] + b"x" * 50, zstandard.compress(b"1") + b"\xff" * 99]
)
def test_a_damaged_stream_is_an_error(packed: bytes) -> None:
    """An early end, or bytes that are none of the compression's."""
    with pytest.raises(Malformed):
        whole(decompressed(io.BytesIO(packed), Limits()))


def test_more_than_the_limit_is_not_read() -> None:
    """Compressed or not; the error names the setting."""
    for packed in (DATA, gzip.compress(DATA)):
        with pytest.raises(LimitExceeded, match="layer_bytes"):
            whole(decompressed(io.BytesIO(packed), Limits(layer_bytes=1000)))


def test_a_bomb_is_stopped_by_its_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a GiB is out; less here."""
    monkeypatch.setattr(flow, "_RATIO_FROM", 1_000_000)
    with pytest.raises(LimitExceeded, match="ratio"):
        whole(decompressed(io.BytesIO(gzip.compress(bytes(30_000_000))), Limits()))


@given(position=st.integers(0, 3000), value=st.binary(min_size=1, max_size=8), zstd=st.booleans())
def test_whatever_is_damaged_nothing_but_our_errors_comes_out(position: int, value: bytes, zstd: bool) -> None:
    """Bytes replaced in the middle."""
    packed = zstandard.compress(DATA[:3000]) if zstd else gzip.compress(DATA[:3000])
    with suppress(HullwatchError):
        whole(decompressed(io.BytesIO(packed[:position] + value + packed[position + len(value) :]), Limits()))
