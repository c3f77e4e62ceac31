"""What an agent does, made from what its configuration says; and which of its queries are due. Pure: the time is handed in."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from ...model import Gap, Note
from ...readers.osquery_config import Pack, Part, ScheduledQuery
from ...readers.osquery_options import AgentOptions, read_options

MIN_SPLAY, MAX_SPLAY, USUAL_SPLAY = 2, 100, 10


class Planned(Struct, frozen=True, kw_only=True):
    """A query as it runs."""

    name: str
    """As in the log."""
    sql: str
    interval_s: int
    every_s: int
    """The interval, spread so that not all machines do the same at the same time."""
    removed: bool
    snapshot: bool
    priority: int | None
    """Where it is set, it also runs at the start; lower ones first."""


class Plan(Struct, frozen=True, kw_only=True):
    """All that a configuration asks for."""

    options: AgentOptions
    queries: tuple[Planned, ...] = ()
    decorate_load: tuple[str, ...] = ()
    decorate_always: tuple[str, ...] = ()
    decorate_interval: tuple[tuple[int, str], ...] = ()
    file_paths: tuple[tuple[str, str], ...] = ()
    exclude_paths: tuple[str, ...] = ()
    file_accesses: frozenset[str] = frozenset()
    said: tuple[Gap | Note, ...] = ()


def make_plan(parts: Sequence[Part], packs: Sequence[Pack], hostname: str, given: Mapping[str, str]) -> Plan:
    """Join files in their order, and packs. Of options the last counts, those of ``given`` over all; of equal names the first."""
    everything = [*parts, *(pack.part for pack in packs if pack.part and _is_in_shard(pack.shard, hostname))]
    options, said = read_options({name: text for part in everything for name, text in part.options.items()} | dict(given))
    named = [(query.name, query) for part in parts for query in part.queries]
    for pack in packs:
        if pack.part and _is_in_shard(pack.shard, hostname):
            named += [(options.pack_delimiter.join(("pack", pack.name, query.name)), query) for query in pack.part.queries]
    queries: dict[str, Planned] = {}
    doubled: list[Gap] = []
    for name, query in named:
        if name in queries:
            doubled.append(Gap(kind="configuration", what=f"query {name}", why="there is another of this name; the first counts"))
        elif _is_in_shard(query.shard, hostname):
            queries[name] = _planned(name, query, options, hostname)
    return Plan(
        options=options,
        queries=tuple(queries.values()),
        decorate_load=_joined(part.decorate_load for part in everything),
        decorate_always=_joined(part.decorate_always for part in everything),
        decorate_interval=tuple(each for part in everything for each in part.decorate_interval),
        file_paths=tuple(dict.fromkeys(each for part in everything for each in part.file_paths)),
        exclude_paths=_joined(part.exclude_paths for part in everything),
        file_accesses=frozenset(each for part in everything for each in part.file_accesses),
        said=(*(each for part in everything for each in part.said), *said, *doubled),
    )


def due(queries: Sequence[Planned], ran: Mapping[str, int], now: int) -> tuple[Planned, ...]:
    """Those whose interval has turned over since they ran, in the order of the configuration.

    A query runs where the seconds since 1970 are a multiple of its interval, as in osquery; unlike there, a turn that was
    slept through is caught up with, once. ``ran`` has a time for each: of its last run, or from when it counts.
    """
    return tuple(query for query in queries if now // query.every_s > ran[query.name] // query.every_s)


def next_due(queries: Iterable[Planned], ran: Mapping[str, int], otherwise: int) -> int:
    """When the next one is due, in seconds since 1970; ``otherwise`` where there is none."""
    return min(((ran[query.name] // query.every_s + 1) * query.every_s for query in queries), default=otherwise)


def splayed(interval_s: int, percent: int, seed: str) -> int:
    """An interval up to so many percent longer or shorter, always the same for one seed; 0 and 1 percent mean 10, as in osquery."""
    percent = USUAL_SPLAY if percent < MIN_SPLAY else percent
    reach = int(interval_s * percent / 100) if percent <= MAX_SPLAY else 0
    number = int.from_bytes(hashlib.sha256(seed.encode("utf-8", "surrogateescape")).digest()[:8])
    return max(1, interval_s - reach + number % (2 * reach + 1))


def _planned(name: str, query: ScheduledQuery, options: AgentOptions, hostname: str) -> Planned:
    interval_s = query.interval_s or max(1, options.schedule_default_interval)
    return Planned(
        name=name, sql=query.sql, interval_s=interval_s,
        every_s=splayed(interval_s, options.schedule_splay_percent, f"{hostname}:{name}:{interval_s}"),
        removed=query.removed, snapshot=query.snapshot, priority=query.priority,
    )  # fmt: skip


def _joined(each: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for texts in each for text in texts))


def _is_in_shard(shard: int, hostname: str) -> bool:
    """Whether a query for so many percent of all machines is for this one."""
    machine = hashlib.sha1(hostname.encode("utf-8", "surrogateescape"), usedforsecurity=False).digest()[0] * 100 // 255
    return not shard or shard >= machine
