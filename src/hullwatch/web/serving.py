"""Listening: where, to whom, and until when."""

import ipaddress
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from msgspec import Struct

from ..config import Settings
from ..errors import HomeUnavailable, Misuse
from ..jobs.workers import working
from .app import create_app
from .passwords import FIRST_ADMIN, Passwords

_GRACE_S = 5
"""How long answers that are under way may take once the server is told to stop; followers of logs are cut off."""


class Listener(Struct, frozen=True, kw_only=True):
    """Where a server listens."""

    host: str = "127.0.0.1"
    port: int = 8080
    behind_proxy: bool = False
    """A proxy before it speaks TLS with browsers."""
    certificate: Path | None = None
    key: Path | None = None

    @property
    def encrypted(self) -> bool:
        """Whether it speaks TLS itself."""
        return self.certificate is not None

    def check(self) -> None:
        """Raises Misuse where passwords would cross a network in clear."""
        if (self.certificate is None) != (self.key is None):
            raise Misuse("a certificate needs its key, and a key its certificate", remedy="give both --tls-cert and --tls-key")
        if not (self.encrypted or self.behind_proxy or _is_loopback(self.host)):
            raise Misuse(
                f"{self.host} can be reached from elsewhere, where passwords would be read on the way",
                remedy="give --tls-cert and --tls-key, or say --behind-proxy, or listen at 127.0.0.1",
            )

    def open(self) -> socket.socket:
        """Listen. Raises HomeUnavailable where that cannot be."""
        try:
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
            return socket.create_server((self.host, self.port), family=family, backlog=128)
        except (OSError, UnicodeError) as error:
            raise HomeUnavailable(f"{self.host}:{self.port}: {error}", remedy="name another --host or --port") from error

    def address(self, listening: socket.socket) -> str:
        """How a browser on this machine reaches it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.encrypted else 'http'}://{host}:{listening.getsockname()[1]}"


def serve_until_stopped(settings: Settings, listener: Listener, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. ``say`` is told the address and, once, the first password. Raises as ``working``, and Misuse."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())  # while it runs uvicorn hears them, and sends them on once it has ended
    with listener.open() as listening, working(settings) as (server, rounds):
        passwords = Passwords(server.memory, server.clock)
        if (password := passwords.first_admin()) is not None:
            say(f"the first user is {FIRST_ADMIN}, with the password {password} (it is shown this once)")
        app = create_app(server, passwords=passwords, secure_cookies=listener.encrypted or listener.behind_proxy, well=lambda: rounds.well)
        answering = _uvicorn(app, listener)
        say(f"listening at {listener.address(listening)}")
        answering.should_exit = stop.is_set()
        answering.run(sockets=[listening])
        say("stopping")


def _uvicorn(app: FastAPI, listener: Listener) -> uvicorn.Server:
    try:
        return uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=listener.behind_proxy,
                timeout_graceful_shutdown=_GRACE_S,
                ssl_certfile=listener.certificate,
                ssl_keyfile=listener.key,
                lifespan="off",
            )
        )
    except OSError as error:
        raise Misuse(f"the certificate or its key cannot be read: {error}", remedy="name files in PEM that fit each other") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
