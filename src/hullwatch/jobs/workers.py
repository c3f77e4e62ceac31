"""Processes that work on runs: opened in order, closed in order, and alone where the database wants that."""

import fcntl
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..config import Settings
from ..errors import HomeUnavailable
from ..notify.rules import parse_rules
from ..store.memory import Memory
from .durable import DurableHands
from .edges import SystemClock
from .rounds import Rounds
from .server import Server
from .working import Workshop


@contextmanager
def working(settings: Settings) -> Iterator[tuple[Server, Rounds]]:
    """A server whose hands are at work. Raises HomeUnavailable, also where another process has the home, and Misuse for bad settings."""
    parse_rules(settings.notify)
    home = settings.home.expanduser()
    address = settings.database_url or home / "history.sqlite"
    clock = SystemClock()
    with _alone(home) if isinstance(address, Path) else _together():
        memory = Memory.open(address)
        workshop = Workshop(settings, memory, clock)
        hands = DurableHands(workshop, working=settings.service.hands > 0)
        rounds = Rounds(workshop, hands)
        rounds.start()
        try:
            yield Server(settings, memory, hands, clock), rounds
        finally:
            rounds.stop()
            hands.close()
            memory.close()


def work_until_stopped(settings: Settings, say: Callable[[str], None]) -> None:
    """Work until SIGINT or SIGTERM. Raises as ``working``."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with working(settings) as (_, rounds):
        say(f"working, {settings.service.hands} hands")
        while rounds.well and not stop.wait(1):
            pass
        if not rounds.well:
            raise HomeUnavailable("the rounds have stopped", remedy="start it again; the log says why")
        say("stopping")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Nobody else works with this home. The lock goes with the process, however it ends. Raises HomeUnavailable."""
    path = home / "server.lock"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("w") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as error:
        raise HomeUnavailable(f"another server works with {home}", remedy="stop it, or name another home (HULLWATCH_HOME)") from error
    except OSError as error:
        raise HomeUnavailable(f"{path}: {error.strerror}", remedy="make it writable, or name another home (HULLWATCH_HOME)") from error


@contextmanager
def _together() -> Iterator[None]:
    yield
