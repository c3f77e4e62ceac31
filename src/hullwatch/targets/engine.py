"""A Docker Engine, asked through its HTTP API (https://docs.docker.com/reference/api/engine/). Only GET is ever asked."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, Protocol

import msgspec

from ..errors import Denied, LimitExceeded, NotFound, Unreachable
from ..ports import KIBIBYTE, MEBIBYTE, Docker
from .endpoints import find_endpoint

API_VERSION = (1, 47)
"""The newest version whose answers we know; an older engine is asked in its own."""
ANSWER_LIMIT = 64 * MEBIBYTE
"""Largest answer to ``get``."""
_MESSAGE_LIMIT = 64 * KIBIBYTE
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:@")


class Transport(Protocol):
    """How bytes get to the engine and back."""

    endpoint: str

    def ask(self, target: str, *, streaming: bool = False) -> AbstractContextManager[tuple[int, BinaryIO]]:
        """Status and body of ``GET target``. Raises Unreachable."""

    def close(self) -> None:
        """Give up all connections."""


def connect(docker_host: str, *, timeout_s: float, environ: Mapping[str, str] | None = None) -> Docker:
    """Find the engine (see ``endpoints.find_endpoint``) and connect to it.

    Raises NotFound (none was named and there is none), Unreachable, Denied; Misuse for an odd address.
    """
    endpoint = find_endpoint(docker_host, os.environ if environ is None else environ)
    if endpoint.is_absent:
        path = endpoint.address.removeprefix("unix://")
        remedy = "start the Docker daemon, or say where it answers in DOCKER_HOST"
        raise NotFound(f"no Docker Engine on this machine: there is no {path}", remedy=remedy)
    if endpoint.address.startswith("unix://"):
        from .unix_http import UnixTransport

        return Engine(UnixTransport(endpoint.address.removeprefix("unix://"), timeout_s=timeout_s))
    from .sdk_http import SdkTransport

    engine = Engine(SdkTransport(endpoint, timeout_s=timeout_s))
    engine.get("/_ping")
    return engine


class _Version(msgspec.Struct):
    api: str = msgspec.field(name="ApiVersion")
    oldest_api: str = msgspec.field(name="MinAPIVersion", default="1.12")


class _Message(msgspec.Struct):
    message: str = ""


class Engine:
    """Port ``Docker`` over a transport. Safe for threads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._prefix = ""
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        """For example ``unix:///var/run/docker.sock``."""
        return self._transport.endpoint

    def get(self, path: str, **query: str) -> bytes:
        """Body of ``GET path``. Raises NotFound (404), Denied, Unreachable (also on a time-out), LimitExceeded."""
        with self._ask(self._versioned(path, query), streaming=False) as body:
            data = body.read(ANSWER_LIMIT + 1)
        if len(data) > ANSWER_LIMIT:
            raise LimitExceeded(f"{self.endpoint}: the answer to {path} is larger than {ANSWER_LIMIT} bytes")
        return data

    @contextmanager
    def stream(self, path: str, **query: str) -> Iterator[BinaryIO]:
        """The body as a stream, for exports; reading raises Unreachable when it ends early. Raises as ``get``."""
        with self._ask(self._versioned(path, query), streaming=True) as body:
            yield body

    def close(self) -> None:
        """Give up all connections; a later question connects again."""
        self._transport.close()

    @contextmanager
    def _ask(self, target: str, *, streaming: bool) -> Iterator[BinaryIO]:
        with self._transport.ask(target, streaming=streaming) as (status, body):
            if status != 200:
                raise _failure(status, self.endpoint, body.read(_MESSAGE_LIMIT))
            yield body

    def _versioned(self, path: str, query: Mapping[str, str]) -> str:
        """``/v1.41`` before the path: ours or the engine's, whichever is older. The engine is asked once."""
        with self._lock:
            if not self._prefix:
                self._prefix = self._negotiate()
        asked = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in query.items())
        return self._prefix + _quoted(path) + (f"?{asked}" if asked else "")

    def _negotiate(self) -> str:
        with self._ask("/version", streaming=False) as body:
            data = body.read(MEBIBYTE)
        try:
            version = msgspec.json.decode(data, type=_Version)
            newest, oldest = _numbers(version.api), _numbers(version.oldest_api or "1.12")
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            raise Unreachable(f"{self.endpoint}: what answers is no Docker Engine ({error})", remedy="check DOCKER_HOST") from error
        if oldest > API_VERSION:
            why = f"{self.endpoint}: the engine speaks API {version.oldest_api} and newer, we know {_dotted(API_VERSION)}"
            raise Unreachable(why, remedy="use a newer hullwatch")
        return f"/v{_dotted(min(API_VERSION, newest))}"


def _failure(status: int, endpoint: str, body: bytes) -> NotFound | Denied | Unreachable:
    try:
        said = msgspec.json.decode(body, type=_Message).message
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = ""
    said = "".join(c if c.isprintable() else " " for c in said)[:300].strip() or f"status {status}"
    match status:
        case 404:
            return NotFound(said)
        case 401 | 403:
            return Denied(f"{endpoint}: {said}", remedy="see what the engine, or the proxy before it, allows this user to ask")
    return Unreachable(f"{endpoint}: {said}", remedy="see the daemon's log" if status >= 500 else "")


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _quoted(text: str) -> str:
    """Percent-encoded as RFC 3986 has it, save for what paths of this API hold."""
    return "".join(c if c in _SAFE else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "surrogateescape")) for c in text)
