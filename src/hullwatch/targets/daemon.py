"""A Docker daemon: all that its API says in one pass and, where it is this machine's, what the machine says of it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from msgspec.structs import replace

from ..errors import Denied, HullwatchError, LimitExceeded, Malformed, NotFound, Unreachable
from ..model import Container, Daemon, Digest, Gap, LocalImage, Network
from ..ports import MEBIBYTE, Commands, Docker, Files
from ..readers import engine_answers
from ..readers.engine_answers import Listed
from .daemon_machine import read_machine, reason_for_elsewhere

PATIENCE = 3
"""So many questions may go wrong before the rest of a list is given up."""
PARALLEL = 4
"""Questions under way at a time, to an engine that is not on a Unix socket."""
_T = TypeVar("_T")
_Item = TypeVar("_Item")


def read_daemon(docker: Docker, *, files: Files | None, commands: Commands | None) -> tuple[Daemon, tuple[Gap, ...]]:
    """Facts, and gaps for all that could not be had. Raises Unreachable, Denied, Malformed when not even /info can be had.

    ``files`` and ``commands`` are this machine's; they are used only when the daemon runs here.
    """
    gaps: list[Gap] = []
    daemon = engine_answers.read_daemon_answers(docker.get("/version"), docker.get("/info"), endpoint=docker.endpoint)
    elsewhere = reason_for_elsewhere(daemon, files)
    daemon = replace(
        daemon,
        networks=_read_networks(docker, gaps),
        containers=_read_containers(docker, None if elsewhere else files, gaps),
        images=_read_images(docker, gaps),
    )
    if elsewhere or files is None:
        what = "files, settings and audit rules of the daemon's machine"
        return daemon, (*gaps, Gap(kind="host-facts", what=what, why=elsewhere))
    daemon, more = read_machine(daemon, files, commands)
    return daemon, (*gaps, *more)


def _read_networks(docker: Docker, gaps: list[Gap]) -> tuple[Network, ...] | None:
    try:
        return engine_answers.read_networks(docker.get("/networks"))
    except HullwatchError as error:
        gaps.append(Gap(kind="engine-answer", what="networks", why=str(error)))
        return None


def _read_containers(docker: Docker, files: Files | None, gaps: list[Gap]) -> tuple[Container, ...] | None:
    """Every container, also those that do not run, by name."""

    def ask(listed: Listed) -> Container:
        container = engine_answers.read_container(docker.get(f"/containers/{listed.id}/json"))
        return replace(container, process_uid=_process_uid(docker, files, container))

    try:
        listed = engine_answers.read_container_list(docker.get("/containers/json", all="1"))
    except HullwatchError as error:
        gaps.append(Gap(kind="engine-answer", what="containers", why=str(error)))
        return None
    return tuple(_each(docker, listed, ask, lambda one: f"container:{one.name}", gaps))


def _read_images(docker: Docker, gaps: list[Gap]) -> tuple[LocalImage, ...] | None:
    """Every image, by name."""

    def ask(image_id: Digest) -> LocalImage:
        return engine_answers.read_image(docker.get(f"/images/{image_id}/json"))

    try:
        listed = engine_answers.read_image_list(docker.get("/images/json"))
    except HullwatchError as error:
        gaps.append(Gap(kind="engine-answer", what="images", why=str(error)))
        return None
    return tuple(sorted(_each(docker, listed, ask, lambda image_id: f"image:{image_id}", gaps), key=lambda image: (image.names, image.id)))


def _each(
    docker: Docker, items: tuple[_Item, ...], ask: Callable[[_Item], _T], name: Callable[[_Item], str], gaps: list[Gap]
) -> Iterator[_T]:
    """What is answered for each, in order; gone and odd ones are gaps, and when the engine falls silent so is the rest at once."""

    def attempt(item: _Item) -> _T | HullwatchError:
        try:
            return ask(item)
        except HullwatchError as error:
            return error

    failures = 0
    with _mapped(docker, attempt, items) as answers:
        for asked, (item, answer) in enumerate(zip(items, answers, strict=True), 1):
            if not isinstance(answer, HullwatchError):
                yield answer
                continue
            gone = isinstance(answer, NotFound)
            why = "it went away while we looked" if gone else str(answer)
            gaps.append(Gap(kind="gone" if gone else "engine-answer", what=name(item), why=why))
            failures += isinstance(answer, Unreachable)
            if failures >= PATIENCE and asked < len(items):
                what = f"{name(items[asked])} and {len(items) - asked - 1} after it"
                gaps.append(Gap(kind="engine-answer", what=what, why=f"not asked, after {failures} questions went wrong"))
                return


@contextmanager
def _mapped(docker: Docker, attempt: Callable[[_Item], _T], items: tuple[_Item, ...]) -> Iterator[Iterable[_T]]:
    """Answers in order, one after the other over a Unix socket, a few at a time where each takes a journey."""
    if docker.endpoint.startswith("unix://"):
        yield map(attempt, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(PARALLEL)
    try:
        yield pool.map(attempt, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _process_uid(docker: Docker, files: Files | None, container: Container) -> int | None:
    """Who the first process is. Elsewhere the engine is asked, and only for a named user: numbers speak for themselves."""
    if not container.process_id:
        return None
    try:
        if files is not None:
            status = files.open(f"proc/{container.process_id}/status")
            lines = status.text(MEBIBYTE).splitlines() if status else []
            return next((int(line.split()[2]) for line in lines if line.startswith("Uid:")), None)
        user = container.user.partition(":")[0]
        if user in ("", "root") or user.lstrip("+-").isdecimal():
            return None
        top = docker.get(f"/containers/{container.id}/top", ps_args="-eo pid,uid")
        return engine_answers.read_process_uid(top, container.process_id)
    except (Denied, LimitExceeded, Malformed, NotFound, Unreachable):  # not knowing is kept as not knowing; the check says so
        return None
