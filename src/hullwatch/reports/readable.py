"""A record with each of its strings changed: made fit to be shown, or to be encoded."""

from collections.abc import Callable
from enum import Enum
from itertools import chain
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

_T = TypeVar("_T")


def with_strings(record: _T, change: Callable[[str], str]) -> _T:
    """``record`` with ``change`` applied to every string in it, at any depth. What nothing changes in is the same object."""
    changed: _T = _changed(record, change)
    return changed


def encodable(text: str) -> str:
    """``text`` without lone surrogates, which no UTF-8 can hold: they become ``\\udcff``."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case Enum():
            return value
        case str():
            return change(value)
        case Struct():
            return _changed_struct(value, change)
        case tuple() | list() | frozenset():
            items = [_changed(each, change) for each in value]
            return value if all(new is old for new, old in zip(items, value, strict=True)) else type(value)(items)
        case dict():
            pairs = [(_changed(key, change), _changed(each, change)) for key, each in value.items()]
            return value if all(new is old for new, old in zip(chain(*pairs), chain(*value.items()), strict=True)) else dict(pairs)
        case _:
            return value


def _changed_struct(record: Struct, change: Callable[[str], str]) -> Struct:
    changes: dict[str, Any] = {}
    for name in record.__struct_fields__:
        old = getattr(record, name)
        if old is not None and (new := _changed(old, change)) is not old:
            changes[name] = new
    return replace(record, **changes) if changes else record
