"""The cache of facts: kept across processes, pruned, and never in the way."""

import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hullwatch.store.facts import FactStore

DAY_S = 24 * 60 * 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store lies; its directory is not there yet."""
    return tmp_path / "home" / "facts.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[FactStore]:
    """A store, closed after the test."""
    store = FactStore(path)
    yield store
    store.close()


def test_what_was_kept_is_there_for_the_next_process(store: FactStore, path: Path) -> None:
    """And nothing else; the file is for this user alone."""
    store.save({"a": b"1", "b": b"", "c": b"3"})
    store.save({"c": b"4"})
    store.close()

    other = FactStore(path)
    assert other.load(["a", "b", "c", "absent"]) == {"a": b"1", "b": b"", "c": b"4"}
    assert other.load([]) == {}
    other.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_thousands_of_keys_may_be_asked_for_at_once(store: FactStore) -> None:
    """An image of many layers and readers does."""
    values = {f"key {number}": bytes([number % 256]) for number in range(5000)}
    store.save(values)

    assert store.load(values.keys()) == values


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be looked at" * 50, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_made_anew(path: Path, content: bytes) -> None:
    """What it held is lost, which costs time only."""
    path.parent.mkdir()
    path.write_bytes(content)
    store = FactStore(path)

    assert store.load(["a"]) == {}
    store.save({"a": b"1"})
    assert store.load(["a"]) == {"a": b"1"}
    store.close()


def test_a_file_damaged_in_the_middle_is_made_anew(store: FactStore, path: Path) -> None:
    """Noticed when it is used."""
    store.save({f"{number}": os.urandom(5000) for number in range(100)})
    store.close()
    with path.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * 100_000)

    other = FactStore(path)
    other.save({f"{number}": b"new" for number in range(100)})
    assert other.load(["5"]) == {"5": b"new"}
    other.close()


def test_a_file_of_another_version_is_made_anew(store: FactStore, path: Path) -> None:
    """Whatever tables it has."""
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("create table facts (other text)")
        connection.execute("pragma user_version = 99")
    connection.close()

    store.save({"a": b"1"})
    assert store.load(["a"]) == {"a": b"1"}


def test_a_home_that_cannot_be_used_keeps_nothing_and_raises_nothing(tmp_path: Path) -> None:
    """A file stands where the directory should be."""
    (tmp_path / "file").write_text("")
    store = FactStore(tmp_path / "file" / "facts.sqlite")

    store.save({"a": b"1"})
    assert store.load(["a"]) == {}


def test_what_nobody_asks_for_is_dropped_after_a_while(path: Path) -> None:
    """Asking keeps it."""
    for day in (0, 5, 9, 12):
        store = FactStore(path, max_age_days=7, now=lambda day=day: day * DAY_S)  # type: ignore[misc]  # a default binds the day
        if day == 0:
            store.save({"asked": b"1", "forgotten": b"2"})
        assert "asked" in store.load(["asked"])
        store.save({f"{day}": b""})
        store.close()

    last = FactStore(path)
    assert last.load(["asked", "forgotten"]) == {"asked": b"1"}
    last.close()


def test_too_much_is_pruned_the_longest_unused_first(path: Path) -> None:
    """The file stays within its limit, give or take one save."""
    for day in range(20):
        store = FactStore(path, max_bytes=1_000_000, now=lambda day=day: day * DAY_S)  # type: ignore[misc]  # a default binds the day
        store.save({f"{day}/{number}": os.urandom(10_000) for number in range(20)})
        store.close()

    last = FactStore(path, max_bytes=1_000_000)
    assert path.stat().st_size < 1_500_000
    assert len(last.load([f"19/{number}" for number in range(20)])) == 20
    assert last.load([f"0/{number}" for number in range(20)]) == {}
    last.close()


def test_many_threads_may_use_one_store(store: FactStore) -> None:
    """Targets may be looked at side by side."""

    def save_some(name: int) -> None:
        for number in range(50):
            store.save({f"{name}/{number}": b"x"})

    threads = [threading.Thread(target=save_some, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(store.load([f"{name}/{n}" for name in range(4) for n in range(50)])) == 200


def test_many_processes_may_use_one_file(path: Path) -> None:
    """Each sees what the others kept."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_some, args=(str(path), name)) for name in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    store = FactStore(path)
    assert len(store.load([f"{name}/{n}" for name in range(3) for n in range(30)])) == 90
    store.close()


def write_some(path: str, name: int) -> None:
    """What each process does."""
    store = FactStore(Path(path))
    for number in range(30):
        store.save({f"{name}/{number}": b"x" * 1000})
        store.load([f"{name}/{number}"])
    store.close()
