"""Records as bytes, and text that any database keeps."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.model import Gap, Location
from hullwatch.store.records import encode, escape, identity, pack, unpack

ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from("\0\udc80\ufdd0"))


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_a_record_comes_back_whatever_a_target_named_its_things(kind: str, what: str, path: str) -> None:
    """NUL, bytes that are no UTF-8, and our own escape character survive."""
    gap = Gap(kind=kind, what=what, why="w" * 2000, seen_at=Location(path))
    assert unpack(pack(gap), Gap) == gap


@given(ANY_TEXT, ANY_TEXT)
def test_different_text_stays_different_and_is_fit_for_every_database(one: str, other: str) -> None:
    """Two names never become one row; no database is given what it refuses."""
    assert (escape(one) == escape(other)) == (one == other)
    assert "\0" not in escape(one)
    escape(one).encode()


def test_the_order_of_a_mapping_is_no_part_of_a_record() -> None:
    """Two engines may list labels in other orders."""
    assert encode({"a": 1, "b": 2}) == encode({"b": 2, "a": 1})
    assert identity({"a": 1, "b": 2}) == identity({"b": 2, "a": 1})


def test_large_records_are_compressed() -> None:
    """A list of packages costs a fraction of its JSON."""
    assert len(pack(Gap(kind="k", what="w" * 10_000, why=""))) < 200


@pytest.mark.parametrize("damaged", [b"", b"{", b"x\x9c damaged", b'{"type":"note"}'])
def test_damaged_bytes_are_an_error_that_the_room_knows(damaged: bytes) -> None:
    """``transaction`` turns exactly these into HomeUnavailable."""
    from zlib import error as zlib_error

    with pytest.raises((msgspec.MsgspecError, zlib_error)):
        unpack(damaged, Gap)
