"""Several errands at a time, by threads that nobody has to wait for."""

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def several(act: Callable[[Item], Result], items: Sequence[Item], *, threads: int) -> Generator[Result, None, None]:
    """What ``act`` says of each item, in order; raises what it raises. Close it to begin no more.

    Neither who stops listening nor the end of the program waits for what is under way, as with an executor's threads: it may wait for
    the network for long.
    """
    from multiprocessing.pool import ThreadPool  # its threads are daemons

    with ThreadPool(max(1, min(threads, len(items)))) as pool:
        yield from pool.imap(act, items)
