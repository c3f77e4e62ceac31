"""A web server on loopback whose answers a test decides, and a key that signs Release files."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Script = Callable[[BaseHTTPRequestHandler], None]


class Web:
    """A server: ``answer`` is asked for each request, ``requests`` holds what was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.answer: Script = not_found
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                web.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def send(handler: BaseHTTPRequestHandler, body: bytes = b"", status: int = 200, **headers: str) -> None:
    """Answer; underscores in names of headers become hyphens."""
    handler.send_response(status)
    for name, value in ({"content-length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def not_found(handler: BaseHTTPRequestHandler) -> None:
    """Answer 404."""
    send(handler, status=404)


def serving(root: Path) -> Script:
    """Answer with the files of a directory, by ranges where asked."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        path = root / handler.path.lstrip("/")
        if not path.is_file():
            return not_found(handler)
        body = path.read_bytes()
        if not (wanted := handler.headers.get("range")):
            return send(handler, body)
        first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
        part = body[first : last + 1]
        return send(handler, part, 206, content_range=f"bytes {first}-{first + len(part) - 1}/{len(body)}")

    return answer


@pytest.fixture
def web() -> Iterator[Web]:
    """A server on loopback; until told otherwise it knows nothing."""
    server = Web()
    yield server
    server.close()


class Signer:
    """A key of our own and the keyring that holds its public half."""

    def __init__(self, home: Path) -> None:
        self._home = home
        home.mkdir(mode=0o700)
        self._gpg("--passphrase", "", "--quick-generate-key", "test archive <archive@example.org>", "ed25519", "sign", "never")
        self.keyring = home / "keyring.gpg"
        self.keyring.write_bytes(self._gpg("--export"))

    def sign(self, text: bytes) -> bytes:
        """Clear-sign a text."""
        return self._gpg("--clear-sign", given=text)

    def _gpg(self, *words: str, given: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self._home), "--batch", "--quiet", "--pinentry-mode", "loopback", *words]
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    """A signer; the test is skipped where GnuPG is not installed."""
    home = tmp_path_factory.mktemp("gnupg") / "h"
    try:
        yield Signer(home)
    except FileNotFoundError as error:
        pytest.skip(f"GnuPG is not installed: {error}")
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
