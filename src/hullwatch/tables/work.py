"""What one statement makes: rows, made while they are asked for, and gaps."""

import re
from collections.abc import Iterator, Mapping
from typing import get_type_hints

import msgspec

from ..model import Gap
from ..ports import Files, Paths
from .catalogue import Table
from .columns import Value
from .sources import Asked, FileEvents, Inventories, Namespaces, Schedule, Sources

KEPT_ROWS = 100_000
"""Rows kept while one statement runs, so that what an inner loop of a join scans again is made once. Beyond it they are made again."""
KEPT_GAPS = 1_000
"""Gaps kept of one statement; further ones are counted."""

_SOURCES = {
    Files: "files", Paths: "paths", Inventories: "inventories", Namespaces: "namespaces",
    FileEvents: "file_events", Schedule: "schedule",
}  # fmt: skip
NO_TEXT = re.compile("[\ud800-\udfff]")
"""What Python keeps of bytes that are no UTF-8; SQLite's text has no place for it."""

Values = tuple[Value, ...]
_Key = tuple[str, frozenset[str], frozenset[tuple[str, frozenset[Value]]], frozenset[tuple[str, tuple[str, ...]]]]


class Work:
    """What one statement has made so far: rows to use again, and gaps."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._kept: dict[_Key, list[Values]] = {}
        self._room = KEPT_ROWS
        self._gaps: dict[Gap, None] = {}
        self._further_gaps = 0

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be judged, each once, in the order of meeting it."""
        if not self._further_gaps:
            return tuple(self._gaps)
        return (*self._gaps, Gap(kind="limit", what="the query's gaps", why=f"{self._further_gaps} more than the {KEPT_GAPS} kept"))

    def note(self, gap: Gap) -> None:
        """Keep a gap."""
        if gap in self._gaps or len(self._gaps) < KEPT_GAPS:
            self._gaps[gap] = None
        else:
            self._further_gaps += 1

    def scan(self, table: Table, asked: Asked) -> Iterator[Values]:
        """The rows of one scan; those of an equal scan before it, when they were kept."""
        key = (table.__name__, asked.columns, frozenset(asked.fixed.items()), frozenset(asked.like.items()))
        return iter(self._kept[key]) if key in self._kept else self._make(table, asked, key)

    def _make(self, table: Table, asked: Asked, key: _Key) -> Iterator[Values]:
        made: list[Values] | None = []
        for row in table.rows(**self._given(table, asked)):
            if isinstance(row, Gap):
                self.note(row)
                continue
            values = values_of(row)
            if made is not None:
                made.append(values)
                made = made if len(made) <= self._room else None
            yield values
        if made is not None:
            self._kept[key] = made
            self._room -= len(made) + 1

    def _given(self, table: Table, asked: Asked) -> Mapping[str, object]:
        hints = get_type_hints(table.rows)
        hints.pop("return")
        return {name: asked if hint is Asked else getattr(self._sources, _SOURCES[hint]) for name, hint in hints.items()}


def values_of(row: msgspec.Struct) -> Values:
    """The values of a row. Bytes of a path that are no UTF-8 (surrogates in Python) become U+FFFD: SQLite's text is UTF-8."""
    values: Values = msgspec.structs.astuple(row)
    if all(not isinstance(value, str) or value.isascii() for value in values):
        return values
    return tuple(NO_TEXT.sub("\ufffd", value) if isinstance(value, str) else value for value in values)
