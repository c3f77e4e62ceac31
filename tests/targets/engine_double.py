"""An engine on a Unix socket that answers with whatever bytes a test wants, connection by connection."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

VERSION = b'{"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"}'
STOP = None
"""In place of an answer: close the connection."""


def answer(body: bytes, status: str = "200 OK", *, headers: str = "") -> bytes:
    """An answer with its length."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """An answer in chunks."""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + end


class Asked:
    """What was asked, in order, and over how many connections."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.connections = 0
        self.clients: list[socket.socket] = []


@contextmanager
def engine(directory: Path, connections: Sequence[Sequence[bytes | None]]) -> Iterator[tuple[str, Asked]]:
    """Its address. Each connection gives its answers in turn, then says no more until the client leaves; STOP closes it at once."""
    path = str(directory / "engine.sock")
    asked = Asked()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        thread = threading.Thread(target=_serve, args=(server, connections, asked), daemon=True)
        thread.start()
        yield f"unix://{path}", asked
        for speaking in (server, *asked.clients):
            with suppress(OSError):
                speaking.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(server: socket.socket, connections: Sequence[Sequence[bytes | None]], asked: Asked) -> None:
    for answers in connections:
        try:
            client, _ = server.accept()
        except OSError:
            return
        asked.connections += 1
        asked.clients.append(client)
        with client:
            client.settimeout(10)
            _speak(client, answers, asked)


def _speak(client: socket.socket, answers: Sequence[bytes | None], asked: Asked) -> None:
    try:
        for given in (*answers, b""):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65536)
                if not piece:
                    return
                head += piece
            asked.lines.append(head.split(b"\r\n")[0].decode())
            if given is STOP:
                return
            client.sendall(given)
    except OSError:
        return
