"""The kernel's word."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from hullwatch.errors import LimitExceeded
from hullwatch.targets.watch import inotify as kernel
from hullwatch.targets.watch.inotify import Happened, Inotify, limit, parse


@pytest.fixture
def inotify() -> Iterator[Inotify]:
    """Watches nothing yet."""
    made = Inotify()
    yield made
    made.close()


def test_what_happens_is_told_in_its_order(inotify: Inotify, tmp_path: Path) -> None:
    """Names as bytes have them."""
    directory = os.open(tmp_path, os.O_RDONLY)
    watch = inotify.add(directory, kernel.CREATE | kernel.DELETE)
    assert inotify.add(directory, kernel.CREATE | kernel.DELETE) == watch
    os.close(directory)
    odd = os.fsdecode(b"\xff\xfe")
    (tmp_path / odd).touch()
    (tmp_path / odd).unlink()
    taken: list[Happened] = []
    while len(taken) < 2:
        inotify.wait(10)
        taken += inotify.take()
    assert taken == [Happened(watch, kernel.CREATE, 0, odd), Happened(watch, kernel.DELETE, 0, odd)]
    inotify.remove(watch)
    inotify.remove(watch)


def test_waiting_ends_when_it_is_woken_or_over(inotify: Inotify) -> None:
    """Without anything to take."""
    inotify.wake()
    inotify.wait(None)
    inotify.wait(0)
    assert list(inotify.take()) == []


def test_only_directories_can_be_watched(inotify: Inotify, tmp_path: Path) -> None:
    """Anything else is an error of the system."""
    (tmp_path / "f").touch()
    file = os.open(tmp_path / "f", os.O_RDONLY)
    with pytest.raises(NotADirectoryError):
        inotify.add(file, kernel.CREATE)
    os.close(file)


def test_the_queue_holds_so_much_and_then_waits(inotify: Inotify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes then stays in the kernel's, until something is taken: nothing is lost by it."""
    monkeypatch.setattr(kernel, "QUEUE_BYTES", 1)
    directory = os.open(tmp_path, os.O_RDONLY)
    inotify.add(directory, kernel.CREATE)
    os.close(directory)
    for number in range(50):
        (tmp_path / str(number)).touch()
    names: list[str] = []
    while len(names) < 50:
        inotify.wait(10)
        names += [happened.name for happened in inotify.take()]
    assert names == [str(number) for number in range(50)]


def test_entries_are_cut_where_they_end() -> None:
    """Names are filled up with zeros; some have none."""
    piece = struct.pack("iIII", 3, kernel.CREATE, 7, 16) + b"name".ljust(16, b"\0") + struct.pack("iIII", -1, kernel.OVERFLOW, 0, 0)
    assert list(parse(piece)) == [Happened(3, kernel.CREATE, 7, "name"), Happened(-1, kernel.OVERFLOW, 0, "")]
    assert list(parse(b"")) == []


def test_limits_are_the_kernels() -> None:
    """Where it says them."""
    assert limit("max_user_watches").isdecimal()
    assert limit("no_such_limit") == "unknown"


def test_too_many_instances_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""

    class Full:
        def inotify_init1(self, _: int) -> int:
            import ctypes

            ctypes.set_errno(24)
            return -1

    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: Full())
    with pytest.raises(LimitExceeded, match="max_user_instances"):
        Inotify()
