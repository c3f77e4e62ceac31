"""A Docker Engine is asked in its own version, and whatever it answers ends in bytes or in an error that helps."""

from pathlib import Path

import pytest

from hullwatch.errors import Denied, LimitExceeded, Misuse, NotFound, Unreachable
from hullwatch.targets import engine as engine_module
from hullwatch.targets.engine import connect

from .engine_double import STOP, VERSION, answer, chunked, engine


def test_version_is_asked_once(tmp_path: Path) -> None:
    """An older engine is asked in its own version, over one connection, and /version only once."""
    with engine(tmp_path, [[answer(VERSION), answer(b"[1]"), answer(b"[2]")]]) as (address, asked):
        docker = connect(address, timeout_s=5)
        assert [docker.get("/images/json"), docker.get("/containers/json", all="1")] == [b"[1]", b"[2]"]
    assert asked.lines == ["GET /version HTTP/1.1", "GET /v1.41/images/json HTTP/1.1", "GET /v1.41/containers/json?all=1 HTTP/1.1"]
    assert asked.connections == 1
    assert docker.endpoint == address


def test_newer_engine_is_asked_in_our_version(tmp_path: Path) -> None:
    """Fields of a version that we do not know are never seen."""
    with engine(tmp_path, [[answer(b'{"ApiVersion": "1.99", "MinAPIVersion": "1.44"}'), answer(b"{}")]]) as (address, asked):
        connect(address, timeout_s=5).get("/info")
    assert asked.lines[1] == "GET /v1.47/info HTTP/1.1"


def test_engine_that_is_too_new(tmp_path: Path) -> None:
    """An engine that no longer speaks our version is told as such."""
    with (
        engine(tmp_path, [[answer(b'{"ApiVersion": "2.0", "MinAPIVersion": "1.60"}')]]) as (address, _),
        pytest.raises(Unreachable, match="use a newer hullwatch"),
    ):
        connect(address, timeout_s=5).get("/info")


@pytest.mark.parametrize("version", [b"", b"<html>", b"[]", b'{"ApiVersion": "new"}', b'{"ApiVersion": 1.4}', b"[" * 100_000])
def test_something_else_than_an_engine(tmp_path: Path, version: bytes) -> None:
    """Whatever else speaks HTTP is recognised by its odd version."""
    with engine(tmp_path, [[answer(version)]]) as (address, _), pytest.raises(Unreachable, match="no Docker Engine"):
        connect(address, timeout_s=5).get("/info")


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        ("404 Not Found", NotFound, "No such container: web"),
        ("403 Forbidden", Denied, "No such container: web"),
        ("500 Internal Server Error", Unreachable, "No such container: web"),
        ("409 Conflict", Unreachable, "No such container: web"),
        ("301 Moved Permanently", Unreachable, "No such container: web"),
    ],
)
def test_failures(tmp_path: Path, status: str, error: type[Exception], message: str) -> None:
    """An error is told in the engine's words, and the connection lives on."""
    said = b'{"message": "No such container:\\n web"}'
    with engine(tmp_path, [[answer(VERSION), answer(said, status), answer(b"{}")]]) as (address, asked):
        docker = connect(address, timeout_s=5)
        with pytest.raises(error, match=r"No such container:\s+web"):
            docker.get("/containers/web/json")
        assert docker.get("/info") == b"{}"
    assert asked.connections == 1


@pytest.mark.parametrize("body", [b"", b"not JSON", b'{"message": 1}', b"\xff"])
def test_failures_without_words(tmp_path: Path, body: bytes) -> None:
    """An error without a message is told by its status."""
    with engine(tmp_path, [[answer(VERSION), answer(body, "500 Oh")]]) as (address, _), pytest.raises(Unreachable, match="status 500"):
        connect(address, timeout_s=5).get("/info")


def test_paths_are_quoted(tmp_path: Path) -> None:
    """Nothing that is put into a path or a query can end it or begin another question."""
    with engine(tmp_path, [[answer(VERSION), answer(b"{}")]]) as (address, asked):
        connect(address, timeout_s=5).get("/images/a b?\r\nHost: x/json", ps_args="-eo pid,uid&x=\N{SNOWMAN}")
    assert asked.lines[1] == "GET /v1.41/images/a%20b%3F%0D%0AHost:%20x/json?ps_args=-eo%20pid%2Cuid%26x%3D%E2%98%83 HTTP/1.1"


def test_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is too large is refused, whether it says so beforehand or not."""
    monkeypatch.setattr(engine_module, "ANSWER_LIMIT", 10)
    with engine(tmp_path, [[answer(VERSION), answer(b"x" * 11)], [chunked(b"x" * 6, b"x" * 6)], [answer(b"x" * 10)]]) as (address, _):
        docker = connect(address, timeout_s=5)
        for _ in range(2):
            with pytest.raises(LimitExceeded):
                docker.get("/info")
        assert docker.get("/info") == b"x" * 10


def test_stream(tmp_path: Path) -> None:
    """An export comes piece by piece; one that is left early takes its connection with it."""
    with engine(tmp_path, [[answer(VERSION), chunked(b"abc", b"def"), chunked(b"ghi" * 50_000)], [answer(b"{}")]]) as (address, asked):
        docker = connect(address, timeout_s=5)
        with docker.stream("/images/a/get") as body:
            assert [body.read(2), body.read(), body.read(1)] == [b"ab", b"cdef", b""]
        with docker.stream("/images/b/get") as body:
            assert body.read(3) == b"ghi"
        assert docker.get("/info") == b"{}"
    assert asked.connections == 2


def test_stream_that_ends_early(tmp_path: Path) -> None:
    """What is cut off is never taken for whole."""
    with engine(tmp_path, [[answer(VERSION), chunked(b"abc", end=b""), STOP]]) as (address, _):
        docker = connect(address, timeout_s=0.3)
        with docker.stream("/images/a/get") as body:
            assert body.read(3) == b"abc"
            with pytest.raises(Unreachable):
                body.read()


def test_idle_connection_that_was_closed(tmp_path: Path) -> None:
    """An engine may give up a connection between two questions: the second is asked on another."""
    with engine(tmp_path, [[answer(VERSION), answer(b"1"), STOP], [answer(b"2")]]) as (address, asked):
        docker = connect(address, timeout_s=5)
        assert [docker.get("/info"), docker.get("/info")] == [b"1", b"2"]
    assert asked.connections == 2


def test_no_engine(tmp_path: Path) -> None:
    """Without a socket, or with nobody behind it, that is known at once, with what to do."""
    with pytest.raises(Unreachable, match="there is no such socket; start the Docker daemon"):
        connect(f"unix://{tmp_path}/engine.sock", timeout_s=5)
    with engine(tmp_path, []) as (address, _):
        pass
    with pytest.raises(Unreachable, match="nobody listens"):
        connect(address, timeout_s=5)
    with pytest.raises(Unreachable):
        connect(f"unix://{tmp_path}/{'x' * 200}", timeout_s=5)


def test_no_engine_that_anybody_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without an engine is told apart from one whose engine does not answer."""
    monkeypatch.setattr("hullwatch.targets.endpoints.find_endpoint.__kwdefaults__", {"system_socket": str(tmp_path / "none.sock")})
    with pytest.raises(NotFound, match=r"no Docker Engine on this machine: there is no /.*/none\.sock"):
        connect("", timeout_s=5, environ={"HOME": str(tmp_path)})
    (tmp_path / "none.sock").touch()
    with pytest.raises(Unreachable, match="nobody listens"):
        connect("", timeout_s=5, environ={"HOME": str(tmp_path)})


def test_odd_address() -> None:
    """An address of no known kind is misuse."""
    with pytest.raises(Misuse, match="say unix://PATH"):
        connect("ftp://engine", timeout_s=5)


@pytest.mark.docker
def test_real_engine() -> None:
    """The engine of this machine answers, also in chunks."""
    docker = connect("unix:///var/run/docker.sock", timeout_s=30)
    assert b'"ServerVersion"' in docker.get("/info")
    with pytest.raises(NotFound):
        docker.get("/images/hullwatch-has-no-such-image/json")
