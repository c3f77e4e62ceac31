"""Logs of runs on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from hullwatch.store import logs
from hullwatch.store.logs import LogLevel, NewLine
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Parameters

from .judgements import day


def ask(memory: Memory) -> int:
    """A run."""
    return memory.work.request("scan", ["host"], by="ann", at=day(0), parameters=Parameters()).id


def line(text: str) -> NewLine:
    """A line."""
    return NewLine(at=day(0), text=text, target="host")


def test_lines_are_numbered_without_a_hole(memory: Memory) -> None:
    """Also when many write at the same time: a reader that goes on from the last number misses nothing."""
    run, other = ask(memory), ask(memory)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: memory.logs.append(run, [line(f"a{number}"), line(f"b{number}")]), range(20)))
    memory.logs.append(other, [line("other")])
    found = memory.logs.read(run)
    assert [each.seq for each in found] == list(range(1, 41))
    assert {each.text for each in found} == {f"{letter}{number}" for letter in "ab" for number in range(20)}
    assert [each.seq for each in memory.logs.read(run, after=38)] == [39, 40]
    assert [each.seq for each in memory.logs.read(run, after=3, limit=2)] == [4, 5]
    assert [each.text for each in memory.logs.read(other)] == ["other"]


def test_a_line_comes_back_as_it_was_written(memory: Memory) -> None:
    """Hostile names too; one without end is cut."""
    run = ask(memory)
    odd = "\x1b[31m\0 \udcff </script>"
    memory.logs.append(run, [NewLine(at=day(1), text=odd, level=LogLevel.WARNING, target=odd), line("x" * 10_000)])
    first, second = memory.logs.read(run)
    assert (first.text, first.target, first.level, first.at) == (odd, odd, LogLevel.WARNING, day(1))
    assert second.text == "x" * logs.MAX_LINE + "…"


def test_a_log_has_an_end(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last line says so."""
    monkeypatch.setattr(logs, "MAX_LINES", 5)
    run = ask(memory)
    for number in range(4):
        memory.logs.append(run, [line(f"{number}"), line(f"{number}")])
    found = memory.logs.read(run)
    assert [each.text for each in found] == ["0", "0", "1", "1", "the log is full (5 lines); the rest is not kept"]
    assert found[-1].level is LogLevel.WARNING


def test_old_logs_are_cleared_away(memory: Memory) -> None:
    """Those of the last runs stay."""
    first, second = ask(memory), ask(memory)
    for run in (first, second):
        memory.logs.append(run, [line("x")])
    assert memory.logs.forget(keep=2) == 0
    assert memory.logs.forget(keep=1) == 1
    assert (memory.logs.read(first), len(memory.logs.read(second))) == ([], 1)
