"""The fetcher, against a server on loopback that behaves as servers do."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from hullwatch.advisories.feed_file import Fingerprint
from hullwatch.advisories.fetch import Fetcher
from hullwatch.advisories.places import Archive, Place
from hullwatch.advisories.records import Wanted
from hullwatch.errors import HullwatchError, LimitExceeded, Malformed, NotFound, Unreachable, Untrusted
from hullwatch.ports import MEBIBYTE

from ..doubles import QuietProgress
from .builders import LonelyFetcher
from .conftest import Script, Web, send, serving

PUBLISHER = "https://feeds.example.org/a.json"
BODY = b'{"packages": []}'


@pytest.fixture
def waits() -> list[float]:
    """How long the fetcher wanted to wait."""
    return []


@pytest.fixture
def fetcher(web: Web, waits: list[float]) -> Iterator[Fetcher]:
    """One with the server as its mirror."""
    with LonelyFetcher(mirror=web.address, timeout_s=0.5, progress=QuietProgress(), sleep=waits.append) as fetcher:
        yield fetcher


def once(*scripts: Script) -> Script:
    """One answer after the other, the last for ever."""
    left = list(scripts)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return answer


def answering(body: bytes = BODY, status: int = 200, **headers: str) -> Script:
    return lambda handler: send(handler, body, status, **headers)


def fetch(fetcher: Fetcher, known: Fingerprint | None = None, **wanted: object) -> tuple[bytes, Fingerprint, bool]:
    fetched = fetcher.fetch(Wanted(address=PUBLISHER, **wanted), known)  # type: ignore[arg-type]  # words of several types
    with fetched.body as body:
        return body.read(), fetched.fingerprint, fetched.unchanged


def test_a_mirror_is_asked_by_host_and_path(web: Web, fetcher: Fetcher) -> None:
    """And says who asks."""
    web.answer = answering(etag='"1"', last_modified="Mon, 01 Jun 2026 00:00:00 GMT")
    body, fingerprint, unchanged = fetch(fetcher)
    assert (body, unchanged) == (BODY, False)
    assert (fingerprint.etag, fingerprint.sha256) == ('"1"', hashlib.sha256(BODY).hexdigest())
    [(path, headers)] = web.requests
    assert path == "/feeds.example.org/a.json"
    assert headers["user-agent"].startswith("hullwatch/")


def test_unchanged_is_asked_for_and_believed(web: Web, fetcher: Fetcher) -> None:
    """The second request is conditional, with both kinds of condition; 304 means unchanged."""
    web.answer = once(answering(etag='"1"', last_modified="Mon, 01 Jun 2026 00:00:00 GMT"), answering(b"", 304))
    _, known, _ = fetch(fetcher)
    _, again, unchanged = fetch(fetcher, known)
    assert unchanged
    assert again == known
    headers = web.requests[1][1]
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"1"', "Mon, 01 Jun 2026 00:00:00 GMT")


def test_the_same_bytes_are_unchanged_too(web: Web, fetcher: Fetcher) -> None:
    """Some servers give no fingerprint of their own."""
    web.answer = answering()
    _, known, _ = fetch(fetcher)
    assert fetch(fetcher, known)[2]


def test_a_fingerprint_of_another_place_is_no_condition(web: Web, fetcher: Fetcher) -> None:
    """What a mirror called version 1 the publisher may call version 7."""
    web.answer = answering()
    fetch(fetcher, Fingerprint(address=PUBLISHER, sha256="0", etag='"1"', place="https://elsewhere.example.org/a.json"))
    assert "if-none-match" not in web.requests[0][1]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_passing_failure_is_worth_another_try(web: Web, fetcher: Fetcher, waits: list[float], status: int) -> None:
    """After a pause."""
    web.answer = once(answering(b"", status), answering())
    assert fetch(fetcher)[0] == BODY
    assert len(waits) == 1
    assert 0.3 < waits[0] < 1


def test_a_server_says_how_long_to_wait(web: Web, fetcher: Fetcher, waits: list[float]) -> None:
    """Within reason."""
    web.answer = once(answering(b"", 503, retry_after="7"), answering(b"", 503, retry_after="86400"), answering())
    fetch(fetcher)
    assert waits == [7.0, 30.0]


def test_pauses_grow_and_tries_end(web: Web, fetcher: Fetcher, waits: list[float]) -> None:
    """Three tries, then it is said what the server answered."""
    web.answer = answering(b"", 503)
    with pytest.raises(Unreachable, match="503"):
        fetch(fetcher)
    assert len(web.requests) == 3
    assert waits[1] > waits[0]


@pytest.mark.parametrize(("status", "error"), [(404, NotFound), (410, NotFound), (401, Unreachable), (403, Unreachable)])
def test_what_will_not_pass_is_not_tried_again(web: Web, fetcher: Fetcher, status: int, error: type[HullwatchError]) -> None:
    """One request of the mirror; then the publisher, whom nobody reaches here."""
    web.answer = answering(b"", status)
    with pytest.raises(HullwatchError):
        fetch(fetcher)
    assert len(web.requests) == 1
    with Fetcher(timeout_s=1, progress=QuietProgress()) as plain, pytest.raises(error):
        plain.fetch(Wanted(address=f"{web.address}/x"))


def test_an_optional_document_may_be_missing(web: Web) -> None:
    """It is empty then; but an unreachable publisher is no proof that there is none."""
    with Fetcher(timeout_s=1, progress=QuietProgress()) as plain:
        fetched = plain.fetch(Wanted(address=f"{web.address}/x", optional=True))
        assert fetched.body.read() == b""
    with LonelyFetcher(mirror=web.address, timeout_s=1, progress=QuietProgress()) as lonely, pytest.raises(Unreachable):
        lonely.fetch(Wanted(address=PUBLISHER, optional=True))


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>log in</p>", b"\n  <html><body>busy</body></html>", b"\xef\xbb\xbf<HTML>"])
def test_a_web_page_is_no_feed(web: Web, fetcher: Fetcher, page: bytes) -> None:
    """Whatever the server calls it."""
    web.answer = answering(page, content_type="application/json")
    with pytest.raises(Malformed, match="web page"):
        fetch(fetcher)


def test_a_feed_with_the_wrong_type_is_a_feed(web: Web, fetcher: Fetcher) -> None:
    """Static servers call everything text/html."""
    web.answer = answering(content_type="text/html")
    assert fetch(fetcher)[0] == BODY


def test_a_truncated_body_is_tried_again(web: Web, fetcher: Fetcher) -> None:
    """Half a document is none."""
    web.answer = once(answering(BODY[:5], content_length=str(len(BODY))), answering())
    assert fetch(fetcher)[0] == BODY
    web.answer = answering(BODY[:5], content_length=str(len(BODY)))
    with pytest.raises(Unreachable):
        fetch(fetcher)


def test_redirects_on_the_same_host_are_followed(web: Web, fetcher: Fetcher) -> None:
    """A mirror may keep its files elsewhere."""
    web.answer = once(answering(b"", 302, location="/other"), answering())
    assert fetch(fetcher)[0] == BODY
    assert web.requests[1][0] == "/other"


def test_redirects_in_a_circle_end(web: Web, fetcher: Fetcher) -> None:
    """After a handful."""
    web.answer = answering(b"", 302, location="/again")
    with pytest.raises(Unreachable, match="redirected more than"):
        fetch(fetcher)
    assert len(web.requests) == 6


@pytest.mark.parametrize("location", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "file:///etc/passwd", "gopher://x/"])
def test_redirects_to_other_hosts_without_tls_are_refused(web: Web, fetcher: Fetcher, location: str) -> None:
    """Nobody else on the network may be asked in our name."""
    web.answer = answering(b"", 302, location=location)
    with pytest.raises(Untrusted, match="redirects"):
        fetch(fetcher)


def test_a_silent_server_is_left(web: Web, fetcher: Fetcher) -> None:
    """After as many tries as another."""
    release = threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        release.wait(10)

    web.answer = wait
    with pytest.raises(Unreachable, match="no answer within"):
        fetch(fetcher)
    release.set()
    assert len(web.requests) == 3


def test_a_dripping_server_is_left(web: Web) -> None:
    """Each part comes in time, the whole never does."""
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "1000000")
        handler.end_headers()
        while not stop.wait(0.02):
            handler.wfile.write(b"x" * 300_000)
            handler.wfile.flush()
            stop.wait(0.3)

    web.answer = drip
    with (
        LonelyFetcher(mirror=web.address, timeout_s=0.01, progress=QuietProgress(), sleep=lambda _: None) as hasty,
        pytest.raises(Unreachable),
    ):
        hasty.fetch(Wanted(address=PUBLISHER))
    stop.set()


def test_large_documents_are_refused(web: Web, fetcher: Fetcher) -> None:
    """By what is announced, and by what comes when nothing is."""
    web.answer = answering(b"x" * (2 * MEBIBYTE))
    with pytest.raises(LimitExceeded):
        fetch(fetcher, limit_bytes=MEBIBYTE)

    def unannounced(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"x" * (2 * MEBIBYTE))

    web.answer = unannounced
    with pytest.raises(LimitExceeded):
        fetch(fetcher, limit_bytes=MEBIBYTE)


def test_bytes_that_do_not_fit_their_digest_are_refused(web: Web) -> None:
    """And looked for under their digest, where an archive keeps indexes while it is being renewed."""
    digest = hashlib.sha256(BODY).hexdigest()
    wanted = Wanted(address=f"{web.address}/debian/dists/x/Sources.xz", sha256=digest)
    with Fetcher(timeout_s=1, progress=QuietProgress()) as fetcher:
        web.answer = answering(b"another")
        with pytest.raises(Untrusted, match="signed index"):
            fetcher.fetch(wanted)
        web.answer = lambda handler: send(handler, BODY if "/by-hash/SHA256/" in handler.path else b"another")
        with fetcher.fetch(wanted).body as body:
            assert body.read() == BODY


def test_a_host_that_cannot_be_reached_is_asked_once(waits: list[float]) -> None:
    """Not again for each of fifty documents."""
    with LonelyFetcher(mirror="http://127.0.0.1:1", timeout_s=1, progress=QuietProgress(), sleep=waits.append) as fetcher:
        for _ in range(3):
            with pytest.raises(Unreachable):
                fetch(fetcher)
    assert len(waits) == 2


def test_a_login_is_used_and_never_told(web: Web) -> None:
    """A mirror's password is not in what is said, nor in what is kept."""
    web.answer = once(answering(status=503), answering(status=503), answering(status=503), answering(etag='"1"'), answering(status=304))
    mirror = web.address.replace("://", "://me:s3cret@")
    with LonelyFetcher(mirror=mirror, timeout_s=0.5, progress=QuietProgress(), sleep=lambda _: None) as fetcher:
        with pytest.raises(Unreachable) as told:
            fetch(fetcher)
        _, fingerprint, _ = fetch(fetcher)
        assert fetch(fetcher, fingerprint)[2]
    assert "s3cret" not in f"{told.value}{fingerprint}"
    assert web.requests[-1][1]["authorization"].startswith("Basic ")
    assert web.requests[-1][1]["if-none-match"] == '"1"'


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "nonsense://u:s3cret@host", "http://[::1"])
def test_a_proxy_that_cannot_be_used_is_said(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of apt's configuration or of the environment: no feed can be had, and everything else goes on."""
    archive = Archive(published="https://feeds.example.org", places=(Place("http://127.0.0.1:1", proxy),))
    with LonelyFetcher(archives=[archive], timeout_s=0.5, progress=QuietProgress()) as fetcher, pytest.raises(Unreachable) as told:
        fetch(fetcher)
    assert "s3cret" not in str(told.value)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    with LonelyFetcher(mirror="http://127.0.0.1:1", timeout_s=0.5, progress=QuietProgress()) as fetcher, pytest.raises(Unreachable):
        fetch(fetcher)


def test_the_most_telling_failure_is_told(web: Web, tmp_path: Path) -> None:
    """That a directory has no such file says less than that the publisher cannot be reached."""
    with (
        LonelyFetcher(mirror=str(tmp_path), timeout_s=1, progress=QuietProgress()) as fetcher,
        pytest.raises(Unreachable, match="no network"),
    ):
        fetch(fetcher)


def test_a_directory_is_a_mirror(tmp_path: Path) -> None:
    """Unchanged is known by digest; a file that is too large is refused."""
    (tmp_path / "feeds.example.org").mkdir()
    (tmp_path / "feeds.example.org/a.json").write_bytes(BODY)
    with LonelyFetcher(mirror=str(tmp_path), timeout_s=1, progress=QuietProgress()) as fetcher:
        body, known, _ = fetch(fetcher)
        assert body == BODY
        assert fetch(fetcher, known)[2]
        with pytest.raises(HullwatchError):
            fetch(fetcher, limit_bytes=3)


def test_pieces_of_a_file_are_fetched_as_they_are_read(web: Web, tmp_path: Path) -> None:
    """From the start on, growing; no more than was wanted, and the whole size is known."""
    content = bytes(range(256)) * 4000
    (tmp_path / "pool").mkdir()
    (tmp_path / "pool/a.tar").write_bytes(content)
    web.answer = serving(tmp_path)
    with Fetcher(timeout_s=2, progress=QuietProgress()) as fetcher:
        remote = fetcher.open(f"{web.address}/pool/a.tar")
        with remote.stream as stream:
            assert remote.size_bytes == len(content)
            assert stream.read(100) == content[:100]
            assert len(web.requests) <= 3
            assert stream.read() == content[100:]
    assert web.requests[0][1]["range"] == "bytes=0-16383"


def test_a_server_without_ranges_sends_the_whole(web: Web) -> None:
    """Which is used as it is."""
    web.answer = answering(b"x" * 100_000)
    with Fetcher(timeout_s=2, progress=QuietProgress()) as fetcher, fetcher.open(f"{web.address}/a").stream as stream:
        assert stream.read() == b"x" * 100_000
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    "later",
    [
        answering(b"y" * 10, 206, content_range="bytes 0-9/100000"),
        answering(b"y" * 10, 206, content_range="bytes 16384-16393/99"),
        answering(b"y" * 10, 206),
        answering(b"y" * 100_000),
        answering(b"", 206, content_range="bytes 16384-16383/100000"),
        answering(b"", 404),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_no_file(web: Web, later: Script) -> None:
    """Another range, another size, the whole, nothing at all."""
    web.answer = once(answering(b"x" * 16384, 206, content_range="bytes 0-16383/100000"), later)
    with Fetcher(timeout_s=2, progress=QuietProgress()) as fetcher:
        stream = fetcher.open(f"{web.address}/a").stream
        with closing(stream), pytest.raises(HullwatchError):
            stream.read()


def test_archives_of_the_machine_stand_for_the_publisher(web: Web) -> None:
    """By ranges, too."""
    web.answer = answering(b"content")
    archive = Archive(published="http://deb.example.org/debian", places=(Place(f"{web.address}/mirror"),))
    address = "http://deb.example.org/debian/pool/a"
    with LonelyFetcher(archives=(archive,), timeout_s=2, progress=QuietProgress()) as fetcher, fetcher.open(address).stream as stream:
        assert stream.read() == b"content"
    assert web.requests[0][0] == "/mirror/pool/a"
