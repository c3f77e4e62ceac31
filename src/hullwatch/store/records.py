"""Records as bytes, and text as any database keeps it: names from a target may hold what UTF-8 or PostgreSQL refuse."""

import hashlib
import re
import zlib
from typing import Any, TypeVar

import msgspec

Record = TypeVar("Record")
_SQUEEZED_ABOVE_BYTES = 1024
_ESCAPE = "\ufdd0"
_ODD = re.compile(f"[\x00\ud800-\udfff{_ESCAPE}]")
_ESCAPED = re.compile(f"{_ESCAPE}([0-9a-f]{{4}})")
_ENCODER = msgspec.json.Encoder(order="deterministic")


def escape(text: str) -> str:
    """Text without NUL and lone surrogates (bytes of a path that are no UTF-8); ``unescape`` gives them back. Different stays different."""
    return text if text.isascii() and "\0" not in text else _ODD.sub(lambda odd: f"{_ESCAPE}{ord(odd[0]):04x}", text)


def unescape(text: str) -> str:
    """What ``escape`` was given."""
    return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), text) if _ESCAPE in text else text


def encode(record: object) -> bytes:
    """A record as JSON whose bytes depend on its content alone."""
    try:
        data = _ENCODER.encode(record)
    except UnicodeEncodeError:
        return _ENCODER.encode(_each_text(msgspec.to_builtins(record), escape))
    return _ENCODER.encode(_each_text(msgspec.to_builtins(record), escape)) if _ESCAPE.encode() in data else data


def pack(record: object) -> bytes:
    """A record as JSON, compressed where that pays."""
    data = encode(record)
    return zlib.compress(data, 1) if len(data) > _SQUEEZED_ABOVE_BYTES else data


def unpack(data: bytes, kind: type[Record]) -> Record:
    """What ``pack`` was given. Raises msgspec.MsgspecError or zlib.error when the bytes are damaged."""
    plain = zlib.decompress(data) if data[:1] == b"x" else data
    if _ESCAPE.encode() in plain:
        return msgspec.convert(_each_text(msgspec.json.decode(plain), unescape), kind)
    return msgspec.json.decode(plain, type=kind)


def identity(record: object) -> bytes:
    """16 bytes that are equal for equal records and, for practical purposes, for no others."""
    return hashlib.blake2b(encode(record), digest_size=16).digest()


def _each_text(tree: Any, change: Any) -> Any:
    match tree:
        case str():
            return change(tree)
        case dict():
            return {_each_text(key, change): _each_text(value, change) for key, value in tree.items()}
        case list() | tuple():
            return [_each_text(item, change) for item in tree]
        case _:
            return tree
