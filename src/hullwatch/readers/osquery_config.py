"""osquery's configurations and packs (https://osquery.readthedocs.io/en/stable/deployment/configuration/): bytes to records.

A pack has the sections of a configuration, save that its queries stand under ``queries``. Nothing is opened here: packs that lie elsewhere
are named.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from ..errors import Malformed
from ..model import Gap, Note
from .lenient_json import parse_lenient
from .osquery_options import TRUE

SIZE_LIMIT = 4 * 1024 * 1024
LONGEST_INTERVAL_S = 604_800
SPOKEN_VERSION = "5.23.1"
"""The osquery whose configurations we understand: what queries that want a version are compared with."""
_OUR_PLATFORMS = ("any", "all", "linux", "posix", "ubuntu", "centos")
"""Words that mean Linux to osquery, wherever in the text they stand."""
_UNSUPPORTED = ("views", "yara", "auto_table_construction", "prometheus_targets", "feature_vectors", "kafka_topics", "file_paths_query")
_IGNORED = ("description", "oncall", "logger", "events", "platform", "version", "shard", "discovery", "queries", "schedule", "name", "type")

Object = Mapping[str, object]


class ScheduledQuery(Struct, frozen=True, kw_only=True):
    """A query that runs again and again."""

    name: str
    """As its source has it; in the log a pack's name stands before it."""
    sql: str
    interval_s: int | None = None
    """None where the default counts."""
    removed: bool = True
    snapshot: bool = False
    shard: int = 0
    priority: int | None = None
    """Where it is set the query also runs at the start, lower ones first."""


class Pack(Struct, frozen=True, kw_only=True):
    """A pack: where it lies, or what it says."""

    name: str
    path: str = ""
    part: "Part | None" = None
    discovery: tuple[str, ...] = ()
    """It counts where each of these gives a row."""
    shard: int = 0


class Part(Struct, frozen=True, kw_only=True):
    """What one file, or one pack, says."""

    options: Mapping[str, str] = {}
    queries: tuple[ScheduledQuery, ...] = ()
    packs: tuple[Pack, ...] = ()
    decorate_load: tuple[str, ...] = ()
    decorate_always: tuple[str, ...] = ()
    decorate_interval: tuple[tuple[int, str], ...] = ()
    file_paths: tuple[tuple[str, str], ...] = ()
    """Category and pattern."""
    exclude_paths: tuple[str, ...] = ()
    file_accesses: frozenset[str] = frozenset()
    said: tuple[Gap | Note, ...] = ()
    """What of it could not be understood, or means nothing here."""


def read_part(data: bytes, origin: str) -> Part:
    """Read a configuration file. Raises Malformed, LimitExceeded."""
    document = parse_lenient(data, origin, limit=SIZE_LIMIT)
    if not isinstance(document.value, dict):
        raise Malformed(f"{origin} holds no object", remedy="mend the file")
    doubled = (Gap(kind="configuration", what=f"{name} in {origin}", why="it stands twice; the first counts") for name in document.doubled)
    return _Reading(origin).part(document.value, tuple(doubled))


def read_pack(data: bytes, name: str, origin: str) -> Pack:
    """Read the file of a pack. Raises Malformed, LimitExceeded."""
    document = parse_lenient(data, origin, limit=SIZE_LIMIT)
    if not isinstance(document.value, dict):
        raise Malformed(f"{origin} holds no object", remedy="mend the file")
    return _Reading(origin).pack(name, document.value)


class _Reading:
    """One document; gathers what is to be said of it."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._said: list[Gap | Note] = []

    def part(self, value: Object, said: tuple[Gap, ...] = ()) -> Part:
        self._said = list(said)
        decorators = self._object(value, "decorators")
        return Part(
            options={_text(name): _text(setting) for name, setting in self._object(value, "options").items()},
            queries=tuple(query for name in ("schedule", "queries") for query in self._queries(self._object(value, name))),
            packs=tuple(self._packs(self._object(value, "packs"))),
            decorate_load=_texts(decorators.get("load")),
            decorate_always=_texts(decorators.get("always")),
            decorate_interval=tuple(self._decorate_interval(self._object(decorators, "interval"))),
            file_paths=tuple((_text(name), path) for name, paths in self._object(value, "file_paths").items() for path in _texts(paths)),
            exclude_paths=tuple(path for paths in self._object(value, "exclude_paths").values() for path in _texts(paths)),
            file_accesses=frozenset(_texts(value.get("file_accesses"))),
            said=(*self._said, *self._further(value)),
        )

    def pack(self, name: str, value: Object) -> Pack:
        counts = _counts_here(value)
        part = self.part(value if counts else {})
        return Pack(name=name, part=part, discovery=_texts(value.get("discovery")), shard=_number(value.get("shard")) or 0)

    def _packs(self, packs: Object) -> Iterator[Pack]:
        for name, value in packs.items():
            if isinstance(value, str):
                yield Pack(name=_text(name), path=_text(value))
            elif isinstance(value, dict):
                yield _Reading(self._origin).pack(_text(name), value)
            else:
                self._gap(f"pack {_text(name)}", "it is neither a path nor an object")

    def _queries(self, queries: Object) -> Iterator[ScheduledQuery]:
        for name, value in queries.items():
            what = f"query {_text(name)}"
            if not isinstance(value, dict) or not _text(value.get("query")).strip():
                self._gap(what, "it has no statement")
            elif (interval := _number(value.get("interval"))) is None and value.get("interval") is not None:
                self._gap(what, f"its interval {_text(value['interval'])!r} is no number")
            elif interval is not None and not 1 <= interval <= LONGEST_INTERVAL_S:
                self._gap(what, f"its interval {interval} is not from 1 to {LONGEST_INTERVAL_S}")
            elif _counts_here(value):
                yield ScheduledQuery(
                    name=_text(name), sql=_text(value["query"]).strip(), interval_s=interval,
                    removed=_is_true(value.get("removed", True)), snapshot=_is_true(value.get("snapshot", False)),
                    shard=_number(value.get("shard")) or 0, priority=_number(value.get("startup_priority")),
                )  # fmt: skip

    def _decorate_interval(self, intervals: Object) -> Iterator[tuple[int, str]]:
        for text, queries in intervals.items():
            interval = _number(text)
            if not interval or interval % 60:
                self._gap(f"decorators.interval.{_text(text)}", "it is no multiple of 60 seconds")
            else:
                yield from ((interval, sql) for sql in _texts(queries))

    def _further(self, value: Object) -> Iterator[Gap | Note]:
        known = {*Part.__struct_fields__, "decorators", *_IGNORED}
        for name in map(_text, value):
            if name in _UNSUPPORTED:
                yield Gap(kind="configuration", what=f"{name} in {self._origin}", why="this section is not heeded")
            elif name not in known:
                yield Note(kind="configuration", what=f"{name} in {self._origin}", why="it is not known")

    def _object(self, value: Object, name: str) -> Object:
        found = value.get(name)
        if isinstance(found, dict):
            return found
        if found not in (None, []):
            self._gap(name, "it is no object")
        return {}

    def _gap(self, what: str, why: str) -> None:
        self._said.append(Gap(kind="configuration", what=f"{what} in {self._origin}", why=why))


def _counts_here(value: Object) -> bool:
    """Whether a query or pack is meant for this platform, and for an osquery no newer than the one we speak."""
    platform = _text(value.get("platform")).lower()
    wanted = _text(value.get("version"))
    return (not platform or any(word in platform for word in _OUR_PLATFORMS)) and _version(wanted) <= _version(SPOKEN_VERSION)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part[:9]) if part.isascii() and part.isdecimal() else 0 for part in text.split(".")) if text else ()


def _number(value: object) -> int | None:
    """A whole number, also as text; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal() and len(value) <= 18:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_true(value: object) -> bool:
    return _text(value).lower() in TRUE


def _texts(value: object) -> tuple[str, ...]:
    """A list of texts; one text is a list of one."""
    each = value if isinstance(value, list) else [value]
    return tuple(_text(item) for item in each if isinstance(item, str) and item.strip())


def _text(value: object) -> str:
    """A setting as text, which is what osquery makes of all of them; halves of characters become question marks."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).encode("utf-8", "replace").decode()
