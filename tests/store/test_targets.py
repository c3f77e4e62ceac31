"""Watched targets on both databases."""

import pytest

from hullwatch.errors import NotFound
from hullwatch.model import Severity, Target, TargetKind
from hullwatch.store.memory import Memory

from .judgements import IMAGE, day, flaw, image, judged, package, remember

HOST = Target(kind=TargetKind.HOST, reference="host")


def watch(memory: Memory, target: Target = HOST, **given: object) -> int:
    """A watched target."""
    name, labels = str(given.get("name", "")), given.get("labels", ())
    assert isinstance(labels, tuple)
    return memory.targets.watch(target, name=name, labels=labels, by="ann", at=day(0)).id


def test_a_target_is_watched_with_its_name_and_labels(memory: Memory) -> None:
    """Watched again, both are replaced; when and by whom it came stays."""
    first = watch(memory, name="laptop", labels=("a", "b"))
    assert memory.targets.watch(HOST, name="desk", labels=("c",), by="bob", at=day(1)).id == first
    found = memory.targets.get(first)
    assert (found.name, found.labels, found.watched_at, found.watched_by) == ("desk", ("c",), day(0), "ann")
    assert (found.last_judged_at, found.last_run, found.findings) == (None, None, {})


def test_what_was_found_of_it_is_counted(memory: Memory) -> None:
    """What fails, by severity; a target that was judged before it was watched brings that along."""
    found = image([package("zlib1g", source="zlib")])
    remember(memory.history, 1, judged(found, flaw("CVE-1", "zlib"), flaw("CVE-2", "zlib", severity=Severity.LOW), flaw("CVE-3", "zlib")))
    remember(memory.history, 2, judged(found, flaw("CVE-1", "zlib"), flaw("CVE-2", "zlib", severity=Severity.LOW)))
    target = watch(memory, found.target)
    watch(memory)
    assert memory.targets.get(target).findings == {"high": 1, "low": 1}
    assert memory.targets.get(target).last_judged_at == day(2)
    assert [(each.reference, each.findings) for each in memory.targets.page()] == [(IMAGE, {"high": 1, "low": 1}), ("host", {})]


def test_pages_go_on_behind_a_number(memory: Memory) -> None:
    """In the order they came."""
    numbers = [watch(memory, Target(kind=TargetKind.DIRECTORY, reference=f"dir:/{letter}")) for letter in "cab"]
    assert [each.id for each in memory.targets.page(limit=2)] == numbers[:2]
    assert [each.id for each in memory.targets.page(after=numbers[1])] == numbers[2:]
    assert [each.id for each in memory.targets.page(reference="dir:/a")] == numbers[1:2]
    assert memory.targets.references() == ("dir:/a", "dir:/b", "dir:/c")


def test_a_target_that_is_left_keeps_its_history(memory: Memory) -> None:
    """It is not found among the watched ones any more."""
    found = image([package("zlib1g", source="zlib")])
    remember(memory.history, 1, judged(found, flaw("CVE-1", "zlib")))
    target = watch(memory, found.target, name="api")
    memory.targets.leave(target)
    assert memory.targets.references() == ()
    assert len(memory.history.findings(IMAGE)) == 1
    for ask in (memory.targets.get, memory.targets.leave, memory.targets.change):
        with pytest.raises(NotFound, match="no watched target"):
            ask(target)
    assert memory.targets.get(watch(memory, found.target)).name == ""


def test_name_and_labels_change_apart(memory: Memory) -> None:
    """What is not said stays."""
    target = watch(memory, name="laptop", labels=("a",))
    assert memory.targets.change(target, name="desk").labels == ("a",)
    assert memory.targets.change(target, labels=()).name == "desk"
