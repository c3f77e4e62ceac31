"""Servers and workers of ours as processes, started and killed by tests."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

HULLWATCH = (sys.executable, "-c", "from hullwatch.__main__ import main; main()")
PATIENCE_S = 60.0


class Process:
    """One process; what it says on standard error is in ``said``."""

    def __init__(self, words: tuple[str, ...], environment: Mapping[str, str], said: Path) -> None:
        self.said = said
        with said.open("ab") as stream:
            self._process = subprocess.Popen(
                [*HULLWATCH, *words], env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stream
            )

    @property
    def number(self) -> int:
        """Its process id."""
        return self._process.pid

    def find(self, pattern: str) -> str:
        """What it said, once it has said it."""
        wait_until(lambda: self._process.poll() is not None or re.search(pattern, self.said.read_text()) is not None)
        found = re.search(pattern, self.said.read_text())
        assert found is not None, self.said.read_text()
        return found[1]

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Until it is; fails, with what was said, when the process ends before."""
        wait_until(lambda: self._process.poll() is not None or true())
        assert self._process.poll() is None, self.said.read_text()

    def kill_while(self, true: Callable[[], bool]) -> None:
        """``kill -9`` at a moment when that holds: it is stopped, looked at, and goes on where it does not."""
        while True:
            self._process.send_signal(signal.SIGSTOP)
            if true():
                self.kill()
                return
            self._process.send_signal(signal.SIGCONT)
            self.wait_until(lambda: True)
            threading.Event().wait(0.03)

    def kill(self) -> None:
        """``kill -9``."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """In order; gives its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=PATIENCE_S)

    def end(self) -> None:
        """Whatever it does."""
        if self._process.poll() is None:
            self.kill()


@contextmanager
def started(*words: str, environment: Mapping[str, str], said: Path) -> Iterator[Process]:
    """A process that does not outlive the test."""
    process = Process(words, environment, said)
    try:
        yield process
    finally:
        process.end()


def client_of(server: Process) -> httpx.Client:
    """A client with an admin's token, of a server that was started for the first time. Close it."""
    password = server.find(r"with the password (\S+)")
    address = server.find(r"listening at (\S+)")
    api = f"{address}/api/v1"
    made = httpx.post(f"{api}/tokens", json={"name": "test", "role": "admin"}, auth=("admin", password), timeout=30)
    return httpx.Client(base_url=api, timeout=30, headers={"authorization": f"Bearer {made.json()['secret']}"})


def wait_until(true: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Until it is; other processes are at work meanwhile."""
    until = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < until, "it never came to be"
        threading.Event().wait(0.03)
