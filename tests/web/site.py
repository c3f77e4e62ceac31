"""A server for tests of pages: real routes over a real socket, a memory of its own, hands that do nothing."""

import html.parser
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from argon2 import PasswordHasher
from msgspec.structs import replace

from hullwatch.config import Settings
from hullwatch.jobs.server import Server
from hullwatch.model import Judgement, Report, Target, TargetReport
from hullwatch.store.memory import Memory
from hullwatch.store.runs import Parameters, Run, RunStatus
from hullwatch.store.users import Role
from hullwatch.store.work import Waiting
from hullwatch.web.app import create_app
from hullwatch.web.passwords import Passwords

from ..doubles import FixedClock
from ..reports.builders import MADE_AT

PASSWORD = "correct horse battery"
HTML = {"accept": "text/html,application/xhtml+xml"}
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class IdleHands:
    """Takes everything and does nothing."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self) -> None:
        self.taken += 1

    def drop(self, waiting: Sequence[Waiting]) -> None:
        pass


class Site:
    """The server, and visitors who come by browser."""

    def __init__(self, server: Server, url: str) -> None:
        self.server = server
        self.memory: Memory = server.memory
        self.url = url
        self._clients: list[httpx.Client] = []
        self._known: dict[Role, Visitor] = {}

    def close(self) -> None:
        """Visitors leave."""
        for client in self._clients:
            client.close()

    def visitor(self, role: Role | None = Role.ADMIN) -> "Visitor":
        """Somebody of that role who is logged in, the same each time; None: somebody new who is not."""
        if role in self._known:
            return self._known[role]
        client = httpx.Client(base_url=self.url, headers=HTML, timeout=30, trust_env=False)
        self._clients.append(client)
        visitor = Visitor(client)
        if role is not None:
            name = str(role)
            if self.memory.users.password_of(name) is None:
                self.memory.users.add(name, _QUICK.hash(PASSWORD), role, self.server.clock.now())
            visitor.post("/login", form="/login", name=name, password=PASSWORD)
            self._known[role] = visitor
        return visitor

    def watch(self, target: Target) -> int:
        """Its number."""
        return self.memory.targets.watch(target, name="", labels=(), by="admin", at=MADE_AT).id

    def remember(self, *targets: TargetReport) -> Run:
        """Watch targets, and have them looked at in one run that found what their reports say."""
        for each in targets:
            self.watch(each.inventory.target)
        references = [each.inventory.target.reference for each in targets]
        run = self.memory.work.request("scan", references, by="admin", at=MADE_AT, parameters=Parameters(fail_on="high,fixable"))
        for position, each in enumerate(targets):
            self.memory.work.begin(run.id, position, MADE_AT)
            judgement = Judgement(
                inventory=each.inventory, findings=tuple(found.finding for found in each.findings), gaps=each.gaps, feeds=each.feeds
            )
            self.memory.history.remember([judgement], started_at=MADE_AT, finished_at=MADE_AT, run=run.id)
            kept = Report(made_at=MADE_AT, machine="web-1", version="1", targets=(replace(each, mended=(), relation=""),))
            self.memory.work.end(run.id, position, RunStatus.SUCCEEDED, MADE_AT, report=kept)
        return self.memory.runs.get(run.id)


class Visitor:
    """A browser without scripts: keeps cookies, follows redirects, sends forms as it found them."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, path: str, status: int = 200) -> "Page":
        """A page."""
        answer = self.client.get(path, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return Page(answer)

    def post(self, path: str, *, form: str, status: int = 200, **fields: str | list[str]) -> "Page":
        """Send a form that the page at ``form`` has, with its hidden fields; gives the page one ends at."""
        hidden = self.get(form).hidden(path)
        answer = self.client.post(path, data=hidden | fields, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return Page(answer)


class Element:
    """One element, with all text in it."""

    def __init__(self, tag: str, attributes: dict[str, str], parents: tuple["Element", ...]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parents = parents
        self.text = ""

    def is_in(self, tag: str) -> bool:
        """Whether it lies in such an element."""
        return any(each.tag == tag for each in self.parents)


class Page(html.parser.HTMLParser):
    """A page, read as a browser does; elements that are not closed as they were opened are a failure."""

    _BLOCKS = frozenset(
        {
            "p",
            "div",
            "dl",
            "dt",
            "dd",
            "li",
            "ol",
            "ul",
            "table",
            "tr",
            "td",
            "th",
            "details",
            "summary",
            "pre",
            "section",
            "blockquote",
            "br",
        }
    )
    _VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer = answer
        self.source = answer.text
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(self.source)
        assert not self._open, f"{answer.url}: {self._open[-1].tag} is not closed"

    @property
    def path(self) -> str:
        """Where one ended."""
        return self.answer.url.path

    @property
    def text(self) -> str:
        """What is read, with single spaces."""
        return self.one("main").words

    def all(self, tag: str) -> list[Element]:
        """Elements, in order."""
        return [each for each in self.elements if each.tag == tag]

    def one(self, tag: str) -> "Words":
        """The only one."""
        (found,) = self.all(tag)
        return Words(found)

    def hidden(self, action: str) -> dict[str, str | list[str]]:
        """Hidden fields of the first form that is sent to ``action``; none where there is no such form."""
        form = next((each for each in self.all("form") if each.attributes["action"] == action), None)
        fields = [each.attributes for each in self.all("input") if form in each.parents and each.attributes.get("type") == "hidden"]
        return {each["name"]: each["value"] for each in fields}

    def actions(self) -> set[str]:
        """Where forms of the page are sent to by POST."""
        return {each.attributes["action"] for each in self.all("form") if each.attributes.get("method") == "post"}

    def links(self) -> set[str]:
        """Where one can go."""
        return {each.attributes["href"] for each in self.all("a")}

    def table(self, heading: str) -> list[list[str]]:
        """Rows of the first table behind a heading, as words."""
        start = next(at for at, each in enumerate(self.elements) if each.tag == "h2" and heading in each.text)
        table = next(each for each in self.elements[start:] if each.tag == "table")
        rows = [each for each in self.all("tr") if table in each.parents and not each.is_in("thead")]
        cells = [each for each in self.elements if each.tag in ("td", "th")]
        return [[Words(cell).words for cell in cells if row in cell.parents] for row in rows]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {key: value or "" for key, value in attrs}, tuple(self._open))
        self.elements.append(element)
        if tag in self._BLOCKS:
            self.handle_data(" ")
        if tag not in self._VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


class Words:
    """An element's text with single spaces."""

    def __init__(self, element: Element) -> None:
        self.words = re.sub(r"\s+", " ", element.text).strip()


@contextmanager
def serving(address: str | Path, home: Path, *, settings: Settings | None = None) -> Iterator[Site]:
    """A site at a free port."""
    memory = Memory.open(address)
    server = Server(settings or Settings(home=home), memory, IdleHands(), FixedClock(MADE_AT))
    app = create_app(server, passwords=Passwords(memory, server.clock, _QUICK))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listener = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=listener.run, kwargs={"sockets": [listening]})
        thread.start()
        site = Site(server, f"http://127.0.0.1:{listening.getsockname()[1]}")
        try:
            yield site
        finally:
            site.close()
            listener.should_exit = True
            thread.join(timeout=20)
            memory.close()


def doubled(values: Iterable[str]) -> list[str]:
    """Those that are there twice."""
    return [each for each, number in Counter(values).items() if number > 1]
