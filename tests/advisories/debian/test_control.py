"""Debian's control files."""

import hashlib
import io
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.advisories import unpack
from hullwatch.advisories.debian import control as debian_control
from hullwatch.advisories.debian.control import fields_of, paragraphs, parse_release
from hullwatch.errors import LimitExceeded, Malformed

INDEXES = "debian-archive-2026-11-25/indexes"


def test_a_real_release_file_lists_a_real_index(data: Path) -> None:
    """Date, components without their prefix, and a digest that fits the index recorded beside."""
    release = parse_release((data / INDEXES / "bookworm-updates.InRelease").read_bytes(), "x")
    assert (release.origin, release.code_name, release.valid_until) == ("Debian", "bookworm-updates", None)
    assert f"{release.date:%Y-%m-%d %H:%M}" == "2026-11-24 02:12"
    index = (data / INDEXES / "bookworm-updates.Sources.xz").read_bytes()
    listed = release.files["main/source/Sources.xz"]
    assert (listed.sha256, listed.size_bytes) == (hashlib.sha256(index).hexdigest(), len(index))


def test_the_security_suite_names_its_components_otherwise_than_its_paths(data: Path) -> None:
    """``updates/main`` in the field, ``main/source`` on the server."""
    release = parse_release((data / INDEXES / "bookworm-security.InRelease").read_bytes(), "x")
    assert release.components == ("main", "contrib", "non-free-firmware", "non-free")
    assert "main/source/Sources.xz" in release.files
    assert release.valid_until is not None


@pytest.mark.parametrize("document", [b"", b"Origin: Debian\nCodename: x\n", b"Codename: x\nDate: soon\nSHA256:\n", b"\xff\xfe"])
def test_a_release_file_without_date_or_digests_is_refused(document: bytes) -> None:
    """Nothing could be checked by it."""
    with pytest.raises(Malformed):
        parse_release(document, "x")


def test_paragraphs_of_a_real_index(data: Path) -> None:
    """Each once, however the pieces of the stream fall."""
    with (data / INDEXES / "bookworm-updates.Sources.xz").open("rb") as stream:
        names = [fields_of(paragraph)["Package"] for paragraph in paragraphs(stream, "x")]
    assert names == ["ca-certificates", "openssh", "openssl", "samba", "tzdata"]


def test_a_paragraph_without_an_empty_line_after_it() -> None:
    """The last one of a file may end so."""
    assert list(paragraphs(io.BytesIO(lzma.compress(b"A: 1\n\nB: 2")), "x")) == [b"A: 1", b"B: 2"]
    assert list(paragraphs(io.BytesIO(lzma.compress(b"")), "x")) == []


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: b"<html>", lambda data: data[:30] + bytes(len(data) - 30)])
def test_damaged_indexes_are_refused(damage: object) -> None:
    """Half an index is none."""
    whole = lzma.compress(b"\n\n".join(b"Package: %d" % number for number in range(10_000)))
    assert callable(damage)
    with pytest.raises(Malformed):
        list(paragraphs(io.BytesIO(damage(whole)), "x"))


def test_an_index_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes may hold gigabytes."""
    monkeypatch.setattr(debian_control, "INDEX_LIMIT", 1000)
    with pytest.raises(LimitExceeded):
        list(paragraphs(io.BytesIO(lzma.compress(bytes(5000))), "x"))


def test_xz_may_not_take_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """An xz file says itself how much memory its unpacking takes; one that wants more than we give is refused."""
    packed = lzma.compress(b"x" * 100)
    assert list(paragraphs(io.BytesIO(packed), "x")) == [b"x" * 100]
    monkeypatch.setattr(unpack, "MEMORY", 100_000)
    with pytest.raises(Malformed, match="emory"):
        list(paragraphs(io.BytesIO(packed), "x"))


def test_xz_streams_may_follow_one_another() -> None:
    """As ``cat`` of two files, with or without padding."""
    packed = lzma.compress(b"A: 1\n\n") + bytes(4) + lzma.compress(b"B: 2\n\n") + lzma.compress(b"C: 3\n\n")
    assert list(paragraphs(io.BytesIO(packed), "x")) == [b"A: 1", b"B: 2", b"C: 3"]


@given(st.binary())
def test_hostile_paragraphs_raise_nothing(paragraph: bytes) -> None:
    """Whatever bytes stand there."""
    assert all(isinstance(value, str) for value in fields_of(paragraph).values())
