"""HTTP over a Unix socket: broken, slow and hostile answers."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hullwatch.errors import Denied, Unreachable
from hullwatch.targets.unix_http import UnixTransport

from .engine_double import STOP, answer, chunked, engine


def ask(directory: Path, *answers: bytes | None, timeout_s: float = 0.3) -> tuple[int, bytes]:
    with engine(directory, [answers]) as (address, _):
        transport = UnixTransport(address.removeprefix("unix://"), timeout_s=timeout_s)
        try:
            with transport.ask("/info") as (status, body):
                return status, body.read()
        finally:
            transport.close()


@pytest.mark.parametrize(
    ("given_answer", "body"),
    [
        (answer(b"{}"), b"{}"),
        (answer(b""), b""),
        (answer(b"{}", headers="X-Odd:\r\nServer: a:b\r\n"), b"{}"),
        (chunked(), b""),
        (chunked(b"a", b"b" * 100_000), b"a" + b"b" * 100_000),
        (chunked(b"a", end=b"0;x=y\r\nTrailer: 1\r\n\r\n"), b"a"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1;ext=1\r\na\r\n0\r\n\r\n", b"a"),
        (b"HTTP/1.1 200\nContent-Length: 1\n\na", b"a"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_whole_answers(tmp_path: Path, given_answer: bytes, body: bytes) -> None:
    """Bodies with a length and bodies in chunks are read to their end."""
    assert ask(tmp_path, given_answer, timeout_s=5)[1] == body


@pytest.mark.parametrize(
    "given_answer",
    [
        b"\x00\x01\x02\x03\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        chunked(end=b"0\r\n" + b"X: x\r\n" * 200),
    ],
)
def test_nonsense(tmp_path: Path, given_answer: bytes) -> None:
    """What is not HTTP, or does not say where it ends, is refused and no time-out is waited for."""
    with pytest.raises(Unreachable, match="see the daemon's log"):
        ask(tmp_path, given_answer, timeout_s=10)


@pytest.mark.parametrize(
    "given_answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", answer(b"{}")[:-1], chunked(b"abc")[:-9], chunked(b"abc")[:-2]]
)
def test_time_outs_and_truncation(tmp_path: Path, given_answer: bytes) -> None:
    """An answer that stops in its midst, or never comes, ends after the time that was given, or at once when the connection is closed."""
    with pytest.raises(Unreachable, match=r"did not answer within 0\.3 s"):
        ask(tmp_path, given_answer)
    (tmp_path / "engine.sock").unlink()
    with engine(tmp_path, [[given_answer[:1], STOP]]) as (address, _):
        transport = UnixTransport(address.removeprefix("unix://"), timeout_s=0.3)
        with pytest.raises(Unreachable), transport.ask("/info") as (_, body):
            body.read()


@pytest.mark.parametrize("given_answer", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{}"])
def test_closed_early(tmp_path: Path, given_answer: bytes | None) -> None:
    """A connection that is closed before the end of an answer is told as such."""
    with pytest.raises(Unreachable):
        ask(tmp_path, given_answer)


def test_errors_of_the_caller_pass(tmp_path: Path) -> None:
    """What goes wrong while an answer is used is not the engine's fault."""
    with engine(tmp_path, [[answer(b"{}")]]) as (address, _):
        transport = UnixTransport(address.removeprefix("unix://"), timeout_s=5)
        with pytest.raises(FileNotFoundError), transport.ask("/info"):
            Path("/nowhere/at/all").read_bytes()
        transport.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_socket_that_is_closed_to_us(tmp_path: Path) -> None:
    """Who may not open the socket is told which group may."""
    with engine(tmp_path, []) as (address, _):
        path = address.removeprefix("unix://")
        Path(path).chmod(0o600)
        os.chdir(tmp_path)
        os.seteuid(65534)
        try:
            with pytest.raises(Denied, match="run with sudo, or join the group"):
                UnixTransport("engine.sock", timeout_s=5)
        finally:
            os.seteuid(0)
            os.chdir("/")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=60), cut=st.integers(0, 60))
def test_any_bytes(tmp_path: Path, junk: bytes, cut: int) -> None:
    """Whatever bytes come, the end is an answer or an Unreachable."""
    (tmp_path / "engine.sock").unlink(missing_ok=True)
    whole = chunked(b"abc", b"def")
    for given_answer in (whole[:cut] + junk, junk):
        (tmp_path / "engine.sock").unlink(missing_ok=True)
        try:
            ask(tmp_path, given_answer, timeout_s=0.02)
        except Unreachable:
            continue
