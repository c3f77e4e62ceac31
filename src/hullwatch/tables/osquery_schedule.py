"""Queries that the agent runs on a schedule, and how they have run; only the agent itself can tell."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from .columns import HIDDEN, SMALL
from .sources import Schedule

examples = (
    "select name, interval, executions, last_executed from osquery_schedule",
    "select name, wall_time_ms / executions as ms from osquery_schedule where executions > 0 order by ms desc",
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The columns, in osquery's order."""

    name: Annotated[str, "name, as in the log"]
    query: Annotated[str, "the statement"]
    interval: Annotated[int, "seconds between runs, before they are spread", SMALL]
    executions: Annotated[int, "how often it ran"]
    last_executed: Annotated[int, "when it ran last, in seconds since 1970"]
    denylisted: Annotated[int, "always 0: a query that fails is said to, and tried again", SMALL] = 0
    output_size: Annotated[int, "bytes of names and values of all rows so far"]
    wall_time: Annotated[int, "seconds it took, of all runs"]
    wall_time_ms: Annotated[int, "the same in milliseconds"]
    last_wall_time_ms: Annotated[int, "milliseconds that the last run took"]
    user_time: Annotated[int, "milliseconds spent in the program, of all runs"]
    last_user_time: Annotated[int, "of the last run"]
    system_time: Annotated[int, "milliseconds spent in the kernel, of all runs"]
    last_system_time: Annotated[int, "of the last run"]
    average_memory: Annotated[int, "bytes by which the agent grew in a run, on average"]
    last_memory: Annotated[int, "bytes by which it grew in the last run"]
    blacklisted: Annotated[int, "older name of denylisted", HIDDEN, SMALL] = 0


def rows(schedule: Schedule) -> Iterator[Row]:
    """Yield one row per query, in the order of the configuration."""
    for query in schedule:
        yield Row(
            name=query.name, query=query.query, interval=query.interval_s, executions=query.executions, last_executed=query.last_executed,
            output_size=query.output_size, wall_time=query.wall_time // 1000, wall_time_ms=query.wall_time,
            last_wall_time_ms=query.last_wall_time, user_time=query.user_time, last_user_time=query.last_user_time,
            system_time=query.system_time, last_system_time=query.last_system_time,
            average_memory=query.memory // max(1, query.executions), last_memory=query.last_memory,
        )  # fmt: skip
