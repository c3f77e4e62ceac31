"""Our records as answers and bodies of requests, and the same records in the OpenAPI document: what is said is what is sent."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response

from ..errors import LimitExceeded, Misuse
from ..ports import MEBIBYTE
from ..reports.readable import encodable, with_strings
from .problem import MEDIA_TYPE, Problem

Record = TypeVar("Record")
MAX_BODY_BYTES = MEBIBYTE
_REFERENCE = "#/components/schemas/{name}"
_KINDS: dict[str, type] = {"Problem": Problem}
"""Every record that a route names, by its name in the document."""


class Answer(JSONResponse):
    """A record as JSON; what a name holds that UTF-8 refuses is made visible."""

    def render(self, content: object) -> bytes:
        """The body."""
        try:
            return msgspec.json.encode(content)
        except UnicodeEncodeError:
            return msgspec.json.encode(with_strings(content, encodable))


def says(
    kind: type | None,
    status: int = 200,
    *,
    takes: type | None = None,
    also: dict[int, str] | None = None,
    streams: str = "",
    open_to_all: bool = False,
) -> dict[str, Any]:
    """What a route answers (a record, or something else) and takes, for its decorator; refusals and failures are added.

    ``streams``: what it answers to those who follow. ``open_to_all``: nobody is refused.
    """
    refusals = {} if open_to_all else {401: "not logged in", 403: "the role does not suffice"}
    refusals |= {422: "cannot be understood"} | (also or {})
    problem = {MEDIA_TYPE: {"schema": _refer(Problem)}}
    responses: dict[int, dict[str, Any]] = {each: {"description": what, "content": problem} for each, what in refusals.items()}
    content = {"application/json": {"schema": _refer(kind)}} if kind else {}
    if streams:
        content["text/event-stream"] = {"schema": {"type": "string", "description": streams}}
    responses[status] = {"description": HTTPStatus(status).phrase} | ({"content": content} if content else {})
    given: dict[str, Any] = {
        "status_code": status,
        "response_class": Answer if kind else Response,
        "response_model": None,
        "responses": responses,
    }
    if takes is not None:
        body = {"required": True, "content": {"application/json": {"schema": _refer(takes)}}}
        given["openapi_extra"] = {"requestBody": body}
    return given


def body(kind: type[Record]) -> Callable[[Request], Awaitable[Record]]:
    """A dependency: the request's body as a record. Raises Misuse, LimitExceeded."""

    async def read(request: Request) -> Record:
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > MAX_BODY_BYTES:
                raise LimitExceeded(f"the body is longer than {MAX_BODY_BYTES} bytes")
        try:
            return msgspec.json.decode(bytes(data), type=kind)
        except msgspec.MsgspecError as error:
            raise Misuse(f"the body: {error}", remedy="see /api/v1/openapi.json") from error
        except UnicodeDecodeError as error:
            raise Misuse("the body is no UTF-8", remedy="send JSON") from error

    return read


class Application(FastAPI):
    """FastAPI with our records in its OpenAPI document."""

    def openapi(self) -> dict[str, Any]:
        """The document, in OpenAPI 3.1."""
        if self.openapi_schema is None:
            document = get_openapi(title=self.title, version=self.version, summary=self.summary, routes=self.routes)
            _, components = msgspec.json.schema_components(list(_KINDS.values()), ref_template=_REFERENCE)
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas |= components
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            self.openapi_schema = document
        return self.openapi_schema


def _refer(kind: type) -> dict[str, Any]:
    known = _KINDS.setdefault(kind.__name__, kind)
    if known is not kind:
        raise TypeError(f"two records are called {kind.__name__}")
    return {"$ref": _REFERENCE.format(name=kind.__name__)}
