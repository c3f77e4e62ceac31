"""Following a run's log as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.concurrency import run_in_threadpool

from ..reports.readable import encodable, with_strings
from ..store.memory import Memory

EVENT_STREAM = "text/event-stream"
_LOOK_S = 0.3
_ALIVE_S = 15.0
"""How often a silent stream says that it is alive, so that proxies leave it open."""
_LINES = 500


async def follow_log(memory: Memory, run: int, after: int) -> AsyncIterator[bytes]:
    """Every line behind number ``after``, as it comes, as an event ``line`` with its number as id; at the run's end an event ``end``."""
    silent_s = 0.0
    while True:
        found = await run_in_threadpool(memory.runs.get, run)  # first: what ends in between has its lines written
        lines = await run_in_threadpool(memory.logs.read, run, after=after, limit=_LINES)
        for line in lines:
            yield _event("line", with_strings(line, encodable), line.seq)
            after, silent_s = line.seq, 0.0
        if len(lines) == _LINES:
            continue
        if not found.open:
            yield _event("end", with_strings(found, encodable), after)
            return
        await asyncio.sleep(_LOOK_S)
        silent_s += _LOOK_S
        if silent_s >= _ALIVE_S:
            yield b": alive\n\n"
            silent_s = 0.0


def _event(kind: str, record: object, number: int) -> bytes:
    return b"event: %s\nid: %d\ndata: %s\n\n" % (kind.encode(), number, msgspec.json.encode(record))
