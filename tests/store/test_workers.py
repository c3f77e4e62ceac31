"""Workers on both databases: who lives, and who is buried."""

from hullwatch.store.memory import Memory
from hullwatch.store.workers import Worker

from .judgements import day


def worker(name: str, seen: int) -> Worker:
    """A worker that was last seen on that day."""
    return Worker(id=name, host="h", process=1, started_at=day(0), seen_at=day(seen))


def test_a_worker_that_was_not_seen_is_buried(memory: Memory) -> None:
    """Whoever takes over is told who lives; one that was wrongly buried lives again when it is seen."""
    for each in (worker("a", 1), worker("b", 2), worker("a", 5)):
        memory.workers.seen(each)
    told: list[frozenset[str]] = []
    assert memory.workers.bury(day(3), told.append) == ("b",)
    assert told == [frozenset({"a"})]
    memory.workers.seen(worker("b", 6))
    assert [(each.id, each.seen_at) for each in memory.workers.all()] == [("a", day(5)), ("b", day(6))]
    memory.workers.leave("a")
    memory.workers.forget()
    assert memory.workers.all() == []
