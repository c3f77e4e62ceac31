"""Several errands at a time, by threads that nobody has to wait for."""

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def several(act: Callable[[Item], Result], items: Sequence[Item], *, threads: int) -> Generator[Result, None, None]:
    """What ``act`` says of each item, in order; raises what it raises. Close it to begin no more.

    Neither who stops listening nor the end of the program waits for what is under way: it may wait for the network for long.
    """
    futures: list[Future[Result]] = [Future() for _ in items]
    waiting: SimpleQueue[tuple[Future[Result], Item]] = SimpleQueue()
    for pair in zip(futures, items, strict=True):
        waiting.put(pair)
    stopped = threading.Event()

    def work() -> None:
        while not stopped.is_set():
            try:
                future, item = waiting.get_nowait()
            except Empty:
                return
            try:
                future.set_result(act(item))
            except BaseException as error:  # the one who listens raises it
                future.set_exception(error)

    for _ in range(min(threads, len(items))):
        threading.Thread(target=work, daemon=True).start()
    try:
        for future in futures:
            yield future.result()
    finally:
        stopped.set()
