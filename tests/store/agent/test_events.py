"""Known files and events."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from hullwatch.model.agent import FileAction, FileEvent, Signature
from hullwatch.store.agent import events
from hullwatch.store.agent.events import EventStore, KeptEvents

SIGNATURE = Signature(
    mode=0o100644, inode=2**64 - 1, uid=2**32 - 1, gid=0, size_bytes=5, modified_at_ns=-1, changed_at_ns=1795600000_000000001
)
EVENT = FileEvent(path="/etc/a", category="etc", action=FileAction.CREATED, at=100, inode=2**64 - 1, mode=0o644, sha256="ab", hashed=1)
ODD = os.fsdecode(b"\xff%_'")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EventStore]:
    """An empty one."""
    made = EventStore(tmp_path)
    yield made
    made.close()


@pytest.fixture
def kept(store: EventStore, tmp_path: Path) -> Iterator[KeptEvents]:
    """Its reader."""
    made = KeptEvents(tmp_path)
    yield made
    made.close()


def test_what_is_known_comes_back_as_it_was(store: EventStore) -> None:
    """Numbers of 64 bits, names that are no text."""
    store.put("d", ODD, SIGNATURE)
    store.put("", "top", SIGNATURE)
    assert (store.get("d", ODD), store.inside("d"), store.get("d", "none")) == (SIGNATURE, {ODD: SIGNATURE}, None)
    store.put("d", ODD, replace(SIGNATURE, inode=1))
    assert store.inside("d") == {ODD: replace(SIGNATURE, inode=1)}
    assert sorted(store.directories()) == ["", "d"]
    store.drop("d", ODD)
    store.forget("")
    assert (store.inside("d"), store.inside("")) == ({}, {})


def test_what_lies_below_is_dropped_deepest_first(store: EventStore) -> None:
    """And nothing that is only called alike."""
    for directory in ("a/b", "a/b/c", "a/b-", "a/b0", "a/bc"):
        store.put(directory, "f", SIGNATURE)
    assert store.drop_below("a/b") == ["a/b/c/f", "a/b/f"]
    assert sorted(store.directories()) == ["a/b-", "a/b0", "a/bc"]
    assert store.drop_below("a/b") == []


def test_a_directory_that_moves_takes_what_is_known_along(store: EventStore) -> None:
    """Over what was known there."""
    for directory in (f"a/{ODD}", f"a/{ODD}/c", "n", f"a/{ODD}x"):
        store.put(directory, "f", SIGNATURE)
    store.move(f"a/{ODD}", "n")
    assert sorted(store.directories()) == [f"a/{ODD}x", "n", "n/c"]
    assert store.get("n/c", "f") == SIGNATURE


def test_established_patterns_are_those_said_last(store: EventStore) -> None:
    """And no others."""
    store.establish(["a", "b"])
    store.establish(["b", "c"])
    assert store.established() == {"b", "c"}


def test_events_and_what_is_known_are_kept_together(store: EventStore, kept: KeptEvents, tmp_path: Path) -> None:
    """Or not at all: so nothing is lost or told twice when we are killed in between."""
    with store.writing():
        store.add(EVENT)
        store.put("etc", "a", SIGNATURE)
    with pytest.raises(KeyError):
        _write_and_fail(store)
    assert [(each.number, each.event) for each in kept.after(0, 10)] == [(1, EVENT)]
    assert store.get("etc", "b") is None
    store.close()
    store.__init__(tmp_path)  # type: ignore[misc]  # the same file again, as after a restart
    assert store.get("etc", "a") == SIGNATURE


def _write_and_fail(store: EventStore) -> None:
    with store.writing():
        store.add(EVENT)
        store.put("etc", "b", SIGNATURE)
        raise KeyError


def test_events_are_read_on_from_a_number(store: EventStore, kept: KeptEvents) -> None:
    """In their order, some at a time."""
    for number in range(5):
        store.add(replace(EVENT, at=number))
    assert [each.event.at for each in kept.after(1, 2)] == [1, 2]
    assert (kept.newest(), [each.number for each in kept.after(5, 9)]) == (5, [])
    assert len(kept.series) == 16


def test_old_events_are_dropped_when_they_were_told(store: EventStore, kept: KeptEvents, monkeypatch: pytest.MonkeyPatch) -> None:
    """Untold ones only where there are far too many; that is counted. Numbers go on rising."""
    for number in range(1, 11):
        store.add(replace(EVENT, at=number))
    assert store.expire(before=4, told=2, most_told=100) == 0
    assert [each.number for each in kept.after(0, 99)] == list(range(3, 11))
    assert store.expire(before=0, told=8, most_told=4) == 0
    assert [each.number for each in kept.after(0, 99)] == [7, 8, 9, 10]
    monkeypatch.setattr(events, "UNTOLD_MOST", 1)
    assert store.expire(before=0, told=0, most_told=100) == 3
    store.expire(before=99, told=99, most_told=0)
    assert kept.newest() == 0
    store.add(EVENT)
    assert kept.newest() == 11


def test_a_damaged_file_is_said_and_numbers_begin_anew(tmp_path: Path) -> None:
    """In another series, so that what was told before does not hide what is new."""
    first = EventStore(tmp_path)
    reader = KeptEvents(tmp_path)
    series = reader.series
    reader.close()
    first.close()
    (tmp_path / "hullwatch-events.sqlite").write_bytes(b"no" * 5000)
    second = EventStore(tmp_path)
    assert second.was_damaged
    reader = KeptEvents(tmp_path)
    assert reader.series != series
    reader.close()
    second.close()
