"""Speaking to a server: its address, our token, its answers and its problems. What is shown is made from its JSON and nothing else."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import Denied, HullwatchError, Malformed, Misuse, NotFound, Unreachable
from ..ports import MEBIBYTE

if TYPE_CHECKING:
    import httpx

ServerAddress = Annotated[str, typer.Option("--server", metavar="URL", help="Where the server answers.", envvar="HULLWATCH_SERVER")]
AccessToken = Annotated[
    str,
    typer.Option(
        "--token",
        metavar="TOKEN",
        help="Lets us in; better as a variable: others see the command line. [env: HULLWATCH_TOKEN]",
        show_default=False,
    ),
]
DEFAULT_SERVER = "http://127.0.0.1:8080"
_TIMEOUT_S = 60
_ANSWER_BYTES = 256 * MEBIBYTE


class Form(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    LINES = "lines"


FormOption = Annotated[Form, typer.Option("--format", "-f", help="How to write it.", envvar="HULLWATCH_FORMAT")]
Document = Mapping[str, Any]


class Remote:
    """A server's API. Every method raises Unreachable, Denied (not let in), NotFound, Misuse, Malformed."""

    def __init__(self, server: str, token: str) -> None:
        self._server = server.rstrip("/")
        if not self._server.startswith(("http://", "https://")):
            raise Misuse(f"{server!r} is no address of a server", remedy=f"write it as in {DEFAULT_SERVER}")
        secret = token or os.environ.get("HULLWATCH_TOKEN", "")
        self._headers = {"authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any) -> Document:
        """A document."""
        return self._document("GET", path, query=query)

    def text(self, path: str, **query: Any) -> bytes:
        """Whatever lies there, as it is."""
        return self._send("GET", path, query=query)

    def post(self, path: str, body: Document | None = None, *, login: tuple[str, str] | None = None) -> Document:
        """Ask for something; ``login`` is a name with its password, in place of a token."""
        return self._document("POST", path, body={} if body is None else body, login=login)

    def patch(self, path: str, body: Document) -> Document:
        """Change something."""
        return self._document("PATCH", path, body=body)

    def delete(self, path: str) -> None:
        """Take something away."""
        self._send("DELETE", path)

    def all(self, path: str, noun: str, **query: Any) -> Iterator[Document]:
        """Every item of a list, page by page."""
        cursor = ""
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page[noun]
            cursor = page.get("next", "")
            if not cursor:
                return

    def events(self, path: str) -> Iterator[tuple[str, Document]]:
        """Events of a stream as they come: what kind, and what of. One that breaks off is taken up again."""
        import httpx

        last = ""
        while True:
            try:
                headers = {"accept": "text/event-stream"} | ({"last-event-id": last} if last else {})
                with self._client() as client, client.stream("GET", path, headers=headers) as answer:
                    if answer.is_error:
                        answer.read()
                        raise _problem(answer.status_code, answer.content)
                    kind = ""
                    for line in answer.iter_lines():
                        name, _, value = line.partition(": ")
                        kind, last = (value if name == "event" else kind), (value if name == "id" else last)
                        if name == "data":
                            yield kind, _parsed(value.encode())
                            if kind == "end":
                                return
            except (httpx.ReadTimeout, httpx.RemoteProtocolError):
                continue
            except httpx.HTTPError as error:
                raise self._unreachable(error) from error

    def _document(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Document | None = None,
        login: tuple[str, str] | None = None,
    ) -> Document:
        return _parsed(self._send(method, path, query=query, body=body, login=login))

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Document | None = None,
        login: tuple[str, str] | None = None,
    ) -> bytes:
        import httpx

        wanted = {key: value for key, value in (query or {}).items() if value not in (None, "", [], ())}
        try:
            with self._client() as client:
                answer = client.request(method, path, params=wanted, json=body, auth=login)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if answer.is_error:
            raise _problem(answer.status_code, answer.content)
        return answer.content

    def _client(self) -> "httpx.Client":
        import httpx

        try:
            return httpx.Client(base_url=f"{self._server}/api/v1", headers=self._headers, timeout=_TIMEOUT_S)
        except (httpx.InvalidURL, UnicodeEncodeError, ValueError) as error:
            raise Misuse(f"server or token: {error}", remedy=f"write the server as in {DEFAULT_SERVER}") from error

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(f"{self._server}: {error}", remedy="see that hullwatch serve runs there, or name another --server")


def _parsed(data: bytes) -> Document:
    try:
        found = json.loads(data)
    except ValueError as error:
        raise Malformed("the server's answer is no JSON", remedy="see that hullwatch answers at --server") from error
    if not isinstance(found, dict):
        raise Malformed("the server's answer is not as it should be", remedy="see that hullwatch answers at --server")
    return found


def _problem(status: int, data: bytes) -> HullwatchError:
    try:
        told = json.loads(data)
        detail, remedy = str(told["detail"]), str(told["remedy"])
    except (ValueError, KeyError, TypeError):
        return Unreachable(f"the server answered {status}", remedy="see that hullwatch answers at --server")
    match status:
        case 401:
            return Denied(detail, remedy="set HULLWATCH_TOKEN; hullwatch tokens add makes one")
        case 403 | 429:
            return Denied(detail, remedy=remedy)
        case 404:
            return NotFound(detail, remedy=remedy)
        case 422:
            return Misuse(detail, remedy=remedy)
        case _:
            return Unreachable(detail, remedy=remedy)


def show(items: Sequence[Document], columns: Sequence[str], form: Form) -> None:
    """Write items: as JSON whole, else these of their fields. A dot leads into a field (``counts.new``)."""
    from ..tables.engine import Answer
    from .answers import render_answer
    from .options import Color
    from .streams import write_out
    from .terminal import look_of

    if form is Form.JSON:
        write_out(json.dumps(list(items), indent=2, ensure_ascii=not (sys.stdout.encoding or "").lower().startswith("utf")) + "\n")
        return
    rows = tuple(tuple(_cell(item, column) for column in columns) for item in items)
    answer = Answer(columns=tuple(columns), rows=rows)
    write_out(render_answer(answer, form.value, look_of(Color.AUTO)))


def show_one(item: Document, form: Form) -> None:
    """Write one item, a field a line."""
    if form is Form.TABLE:
        show([{"field": name, "value": value} for name, value in item.items()], ("field", "value"), form)
    else:
        show([item], tuple(item), form)


def _cell(item: Document, column: str) -> str | int | float | None:
    value: Any = item
    for name in column.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    match value:
        case None | "" | str():
            return value
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return value
        case list():
            return ", ".join(map(_shown, value))
        case dict():
            return (
                ", ".join(f"{number} {name}" for name, number in value.items() if number)
                if all(isinstance(each, int) for each in value.values())
                else json.dumps(value)
            )
        case _:
            return json.dumps(value)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
