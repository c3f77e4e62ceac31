"""Cursors: where a page of answers ended, opaque to whoever holds one."""

import base64
import binascii
from typing import Annotated, TypeVar

import msgspec
from fastapi import Query

from ..errors import Misuse

Kind = TypeVar("Kind")
MAX_LIMIT = 500

Cursor = Annotated[str, Query(max_length=1000, description="`next` of the page before; empty: from the start")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="how many at most")]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


def write_cursor(position: object) -> str:
    """A cursor for a position."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def read_cursor(cursor: str, kind: type[Kind]) -> Kind:
    """The position. Raises Misuse."""
    try:
        data = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        return msgspec.json.decode(data, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Misuse("the cursor cannot be read", remedy="use `next` of the page before as it is") from error
