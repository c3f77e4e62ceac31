"""An engine over TCP, by way of the docker SDK."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hullwatch.errors import NotFound, Unreachable
from hullwatch.targets.engine import connect

from .engine_double import VERSION, answer, chunked


@contextmanager
def tcp_engine(*answers: bytes) -> Iterator[str]:
    """One answer for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for given in answers:
                client, _ = server.accept()
                with client:
                    client.recv(65536)
                    client.sendall(given.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


def test_answers() -> None:
    """Answers and failures are those of any engine."""
    missing = answer(b'{"message": "No such image"}', "404 Not Found")
    with tcp_engine(answer(VERSION), answer(b"OK"), answer(b"{}"), missing, chunked(b"abc", b"def")) as address:
        docker = connect(address, timeout_s=5)
        assert docker.endpoint == address
        assert docker.get("/info") == b"{}"
        with pytest.raises(NotFound, match="No such image"):
            docker.get("/images/x/json")
        with docker.stream("/images/a/get") as body:
            assert body.read() == b"abcdef"


@pytest.mark.parametrize("cut", [answer(b"abcdef")[:-3], chunked(b"abcdef")[:-9]])
def test_truncated(cut: bytes) -> None:
    """A body that ends early is never taken for whole."""
    with tcp_engine(answer(VERSION), answer(b"OK"), cut) as address:
        docker = connect(address, timeout_s=5)
        with pytest.raises(Unreachable), docker.stream("/images/a/get") as body:
            body.read()


def test_nobody_there() -> None:
    """An address where nobody listens, or that speaks something else, is told at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unreachable, match=f"tcp://127.0.0.1:{port}"):
        connect(f"tcp://127.0.0.1:{port}", timeout_s=5)
    with tcp_engine(b"SSH-2.0-OpenSSH_9.2\r\n") as address, pytest.raises(Unreachable):
        connect(address, timeout_s=5)


def test_hangs() -> None:
    """An engine that takes the question and never answers ends in a time-out."""
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Unreachable, match=r"did not answer within 0\.2 s"):
        connect(f"tcp://127.0.0.1:{server.getsockname()[1]}", timeout_s=0.2)
