"""One HTTP exchange, on guard: time, size, redirects, truncation, and web pages in place of what was asked for."""

import hashlib
import time
from collections.abc import Mapping
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from ..config import without_login
from ..errors import HomeUnavailable, HullwatchError, LimitExceeded, Malformed, NotFound, Unreachable, Untrusted
from ..ports import KIBIBYTE, MEBIBYTE, Step

if TYPE_CHECKING:
    import httpx

_IN_MEMORY = 8 * MEBIBYTE
_REDIRECTS = 5
_PATIENCE = 20
"""A whole answer may take so many times as long as each of its parts."""
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_PAGE = (b"<!doctype html", b"<html")


class Again(Exception):
    """It failed in a way that may pass; ``error`` is what to say when it does not."""

    def __init__(self, error: HullwatchError, *, after_s: float = 0.0, host_is_gone: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.after_s = after_s
        self.host_is_gone = host_is_gone


class Answer(Struct, frozen=True, kw_only=True):
    """What came back: the body from its start on, and what the server says of it."""

    status: int
    headers: Mapping[str, str]
    body: BinaryIO
    size_bytes: int
    sha256: str


def get(client: "httpx.Client", address: str, headers: Mapping[str, str], *, limit: int, timeout_s: float, step: Step | None) -> Answer:
    """Answer of a GET with status 200, 206 or 304.

    Raises Again, NotFound, Unreachable, Untrusted, Malformed, LimitExceeded, HomeUnavailable (no room for the answer).
    """
    import httpx

    ends = time.monotonic() + _PATIENCE * timeout_s
    try:
        for _ in range(_REDIRECTS + 1):
            with client.stream("GET", address, headers=dict(headers)) as response:
                if not response.has_redirect_location:
                    return _received(response, without_login(address), limit, ends, step)
                address = _redirected(address, response.headers["location"])
    except httpx.ConnectError as error:
        raise _no_connection(without_login(address), error) from error
    except httpx.TimeoutException as error:
        gone = isinstance(error, httpx.ConnectTimeout)
        raise Again(Unreachable(f"{without_login(address)}: no answer within {timeout_s:g} s"), host_is_gone=gone) from error
    except httpx.TransportError as error:
        raise Again(Unreachable(f"{without_login(address)}: {error}")) from error
    except OSError as error:
        raise HomeUnavailable(
            f"{without_login(address)} cannot be kept: {error.strerror or error}", remedy="make room for temporary files"
        ) from error
    except (httpx.InvalidURL, httpx.StreamError, httpx.DecodingError, UnicodeError) as error:
        raise Malformed(f"{without_login(address)}: {error}") from error
    raise Unreachable(f"{without_login(address)}: redirected more than {_REDIRECTS} times")


def _no_connection(address: str, error: Exception) -> Exception:
    """A name that does not exist and a certificate that does not fit stay so; the rest may pass."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return Untrusted(f"{address}: {text}", remedy="install the certificate authority that signed it, or use another mirror")
    if "Name or service not known" in text or "No address associated" in text:
        host = urlsplit(address).hostname
        return Unreachable(f"{address}: no such host: {host}", remedy="check the network and its name servers, or pass --mirror")
    return Again(Unreachable(f"{address}: {text}", remedy="check the network, or pass --mirror"), host_is_gone=True)


def _redirected(address: str, location: str) -> str:
    """The address to go on with: on the same host, or over https; never from https to plain http. Raises Untrusted."""
    target = urljoin(address, location)
    old, new = urlsplit(address), urlsplit(target)
    if new.scheme == "https" or (new.scheme == old.scheme == "http" and new.netloc == old.netloc):
        return target
    raise Untrusted(f"{without_login(address)} redirects to {without_login(target)}, which is neither the same host nor https")


def _received(response: "httpx.Response", address: str, limit: int, ends: float, step: Step | None) -> Answer:
    _check_status(response, address)
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit and response.status_code == 200:
        raise _too_large(address, limit)
    with ExitStack() as stack:
        body = cast(BinaryIO, stack.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY)))
        size, sha256 = _copied(response, body, address, limit, ends, step)
        body.seek(0)
        stack.pop_all()
    return Answer(status=response.status_code, headers=response.headers, body=body, size_bytes=size, sha256=sha256)


def _copied(response: "httpx.Response", body: BinaryIO, address: str, limit: int, ends: float, step: Step | None) -> tuple[int, str]:
    """Size and digest of what was copied."""
    digest, size = hashlib.sha256(), 0
    for chunk in response.iter_bytes(256 * KIBIBYTE):
        if not size and _is_page(chunk, response):
            raise Malformed(
                f"{address} answers with a web page, not with a feed",
                remedy="a proxy or a login page may stand in between; try it in a browser",
            )
        size += len(chunk)
        if size > limit:
            raise _too_large(address, limit)
        if time.monotonic() > ends:
            raise Again(Unreachable(f"{address}: too slow: {size} bytes so far"))
        digest.update(chunk)
        body.write(chunk)
        if step is not None:
            step.advance(len(chunk))
    return size, digest.hexdigest()


def _check_status(response: "httpx.Response", address: str) -> None:
    status = response.status_code
    if status in (200, 206, 304):
        return
    if status in (404, 410):
        raise NotFound(f"{address}: there is no such document ({status})")
    error = Unreachable(f"{address}: answers {status} {response.reason_phrase}".rstrip())
    if status in _WORTH_ANOTHER_TRY:
        after = response.headers.get("retry-after", "")
        raise Again(error, after_s=float(after) if after.isdecimal() else 0.0)
    raise error


def _is_page(start: bytes, response: "httpx.Response") -> bool:
    """HTML, by what the bytes say; a server's word for a type is often wrong, so it does not count alone."""
    text = start[:KIBIBYTE].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return text.startswith(_PAGE) or (text.startswith(b"<") and "html" in response.headers.get("content-type", ""))


def _too_large(address: str, limit: int) -> LimitExceeded:
    return LimitExceeded(f"{address} is larger than {limit // MEBIBYTE} MiB")
