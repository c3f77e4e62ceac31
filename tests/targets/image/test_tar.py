"""Tar archives as they flow by: every format that Python's own library writes, GNU's and pax's corners, damage and hostility."""

import io
import tarfile
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import HullwatchError, LimitExceeded, Malformed
from hullwatch.targets.image.flow import read_exactly
from hullwatch.targets.image.tar import Entry, Tar

from ..image_making import Hard, Item, Link, tar_of

LONG = "/".join(["directory" * 9] * 5) + "/name"


class Dribble:
    """A source that gives little at a time."""

    def __init__(self, data: bytes, pieces: int) -> None:
        self._stream = io.BytesIO(data)
        self._pieces = pieces

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._pieces))


def entries(data: bytes, pieces: int = 1 << 20) -> list[tuple[str, str, bytes]]:
    """Name, link and body of all entries."""
    tar = Tar(Dribble(data, pieces))
    return [(entry.name, entry.link, read_exactly(tar, entry.size_bytes)) for entry in tar]


def header(**fields: bytes) -> bytes:
    """One header with its sum."""
    block = bytearray(tarfile.TarInfo("name").tobuf(tarfile.USTAR_FORMAT))
    places = {"name": 0, "size": 124, "kind": 156, "link": 157, "sparse": 482}
    for field, value in fields.items():
        block[places[field] : places[field] + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("pieces", [1, 511, 513, 1 << 20])
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["ustar", "gnu", "pax"])
def test_entries_come_whole_in_every_format_however_little_is_read_at_a_time(form: int, pieces: int) -> None:
    """Long names and long targets of links too, where the format has them."""
    content: dict[str, Item] = {"a": b"1" * 513, "empty": b"", "dir/b": b"2", "link": Link("dir/b"), "hard": Hard("a")}
    if form != tarfile.USTAR_FORMAT:
        content |= {LONG: b"3", "to": Link(LONG), "größe": b"4"}

    read = entries(tar_of(content, form=form), pieces)

    links = {name: item.target for name, item in content.items() if isinstance(item, Link | Hard)}
    bodies = {name: item for name, item in content.items() if isinstance(item, bytes)}
    assert read == [(name, links.get(name, ""), bodies.get(name, b"")) for name in content]


def test_numbers_too_large_for_octal_are_binary() -> None:
    """GNU's base-256 sizes; the archive ends before such a body does."""
    tar = Tar(io.BytesIO(header(size=b"\x80" + (10 * 2**33).to_bytes(11, "big")) + bytes(512)))

    assert next(iter(tar)).size_bytes == 10 * 2**33
    with pytest.raises(Malformed):
        entries(header(size=b"\xff" * 12))


def test_a_size_of_an_extended_header_replaces_the_header_s() -> None:
    """Files over 8 GiB have it there."""
    entry = tarfile.TarInfo("big")
    entry.pax_headers = {"size": "600", "comment": "x"}
    raw = entry.tobuf(tarfile.PAX_FORMAT) + b"x" * 600 + bytes(1024 - 600) + bytes(1024)

    assert entries(raw) == [("big", "", b"x" * 600)]


def test_extended_headers_that_nobody_asks_for_are_not_held() -> None:
    """However many precede an entry: each could bring a MiB."""
    entry = tarfile.TarInfo("x")
    many = b""
    for number in range(20):
        entry.pax_headers = {f"x.{number}.{each}": "v" * 1000 for each in range(100)}
        many += entry.tobuf(tarfile.PAX_FORMAT)[:-512]  # without the header of the entry itself
    many += tar_of({"a": b""})
    tracemalloc.start()
    assert [name for name, _, _ in entries(many, pieces=512)] == ["a"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_the_map_of_an_old_sparse_file_is_no_part_of_its_body() -> None:
    """Its further blocks lie between header and body, and the file is marked as not whole."""
    more, last = bytes(504) + b"\1" + bytes(7), bytes(512)
    after = tar_of({"after": b"!"})
    tar = Tar(io.BytesIO(header(kind=b"S", size=b"00000000003\0", sparse=b"\1") + more + last + b"abc" + bytes(509) + after))

    assert [(entry.name, entry.sparse, tar.read(9)) for entry in tar] == [("name", True, b"abc"), ("after", False, b"!")]


def test_sums_of_signed_bytes_are_accepted() -> None:
    """Some old programs made them."""
    block = bytearray(header(name=b"\xe9t\xe9"))
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(byte - 256 if byte > 127 else byte for byte in block)

    assert [name.encode("utf-8", "surrogateescape") for name, _, _ in entries(bytes(block) + bytes(1024))] == [b"\xe9t\xe9e"]


def test_an_empty_archive_has_no_entries() -> None:
    """Zeros, or nothing at all."""
    assert entries(bytes(1024)) == []
    assert entries(b"") == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (header()[:300], Malformed),
        (b"\xff" * 512, Malformed),
        (header(size=b"00000001000\0") + bytes(100), Malformed),
        (header(size=b"0000000008z\0"), Malformed),
        (header(kind=b"x", size=b"00000000004\0") + b"9 a=" + bytes(508), Malformed),
        (header(kind=b"x", size=b"00000000007\0") + b"999 a=\n" + bytes(505), Malformed),
        (header(kind=b"x", size=b"77777777777\0"), LimitExceeded),
        (header(kind=b"L", size=b"77777777777\0"), LimitExceeded),
    ],
)
def test_damage_and_hostility_are_errors(data: bytes, error: type[HullwatchError]) -> None:
    """Ends that come too early, sums that do not fit, numbers that are none, headers without measure."""
    with pytest.raises(error):
        entries(data)


WHOLE = tar_of({"a/b": b"1" * 700, LONG: b"2", "l": Link(LONG), "größe": b"3"}) + tar_of({LONG: b"4"}, form=tarfile.GNU_FORMAT)


@given(position=st.integers(0, len(WHOLE) - 1), value=st.binary(min_size=1, max_size=20), end=st.integers(0, len(WHOLE)))
def test_whatever_is_damaged_nothing_but_our_errors_comes_out(position: int, value: bytes, end: int) -> None:
    """Bytes replaced anywhere, and the end cut off."""
    data = (WHOLE[:position] + value + WHOLE[position + len(value) :])[:end]
    try:
        for entry in (tar := Tar(io.BytesIO(data))):
            assert isinstance(entry, Entry)
            tar.read(1000)
    except HullwatchError:
        pass
