"""The one fetcher of all sources: places in turn, "unchanged", another try where it is worth it, digests and signatures.

Reads package archives by ranges too, for what stands at the start of a large file. httpx is imported when the network is first asked.
"""

import hashlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from msgspec import Struct

from .. import __version__
from ..config import without_login
from ..errors import Denied, HomeUnavailable, HullwatchError, LimitExceeded, Malformed, NotFound, Unreachable, Untrusted
from ..ports import KIBIBYTE, MEBIBYTE, Progress, Step
from . import transfer
from .feed_file import Fingerprint
from .pieces import PIECES_LIMIT, Pieces
from .places import DIRECT, Archive, Place, mirror_address, path_of, places_of
from .records import Remote, Wanted
from .signatures import signed_text

if TYPE_CHECKING:
    import httpx

_TRIES = 3
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_TELLING = (HomeUnavailable, Untrusted, Malformed, LimitExceeded, Denied, Unreachable, NotFound)
"""Of what several places answered, the first kind that occurs is what the user is told; that nothing is there, by the last of them."""


class Fetched(Struct, frozen=True, kw_only=True):
    """A document. Close ``body`` when done."""

    body: BinaryIO
    fingerprint: Fingerprint
    unchanged: bool = False
    """The publisher says, or the digest shows, that it is what was known; then ``body`` may be empty."""


class Fetcher:
    """Fetches from a mirror first, then from this machine's package archives or the publisher. Safe to use from several threads.

    Raises Misuse for a mirror that is neither a directory nor an address.
    """

    def __init__(
        self, *, mirror: str = "", archives: Sequence[Archive] = (), timeout_s: float = 30, progress: Progress,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._mirror = mirror_address(mirror) if mirror else ""
        self._archives = tuple(archives)
        self._timeout_s = timeout_s
        self._progress = progress
        self._sleep = sleep
        self._clients: dict[str, httpx.Client] = {}
        self._gone: dict[str, HullwatchError] = {}
        self._lock = threading.Lock()

    def fetch(self, wanted: Wanted, known: Fingerprint | None = None, *, quietly: bool = False) -> Fetched:
        """The document from the first place that has it as it should be.

        Raises Unreachable, NotFound, Untrusted, Malformed, LimitExceeded: the most telling of what all places answered.
        """
        failures: list[HullwatchError] = []
        for place in self._places(wanted):
            try:
                return self._checked(self._from(place, wanted, known, quietly=quietly), wanted)
            except HullwatchError as error:
                failures.append(error)
        if wanted.optional and all(isinstance(error, NotFound) for error in failures):
            empty = Fingerprint(address=wanted.address, sha256=hashlib.sha256(b"").hexdigest())
            return Fetched(body=BytesIO(), fingerprint=empty, unchanged=known is not None and known.sha256 == empty.sha256)
        raise _most_telling(failures)

    def _places(self, wanted: Wanted) -> Iterator[Place]:
        """An index may also be had by its digest: there it cannot be caught half-way through a mirror's renewal."""
        for place in places_of(wanted.address, mirror=self._mirror, archives=self._archives):
            yield place
            if wanted.sha256 and "/dists/" in place.address:
                yield Place(f"{place.address.rpartition('/')[0]}/by-hash/SHA256/{wanted.sha256}", place.proxy)

    def _from(self, place: Place, wanted: Wanted, known: Fingerprint | None, *, quietly: bool) -> Fetched:
        path = path_of(place.address)
        if path is not None:
            return _from_file(path, wanted, known)
        headers = {} if known is None or known.place != without_login(place.address) else _conditions(known)
        if quietly:
            answer = self._asked(place, headers, wanted.limit_bytes, None)
        else:
            with self._progress.step(f"fetching {wanted.address}", None, "B") as step:
                answer = self._asked(place, headers, wanted.limit_bytes, step)
        if answer.status == 304 and known is not None:
            return Fetched(body=answer.body, fingerprint=known, unchanged=True)
        if answer.status != 200:
            answer.body.close()
            raise Unreachable(f"{without_login(place.address)}: answers {answer.status} to a plain question")
        fingerprint = Fingerprint(
            address=wanted.address, sha256=answer.sha256, place=without_login(place.address),
            etag=answer.headers.get("etag", ""), last_modified=answer.headers.get("last-modified", ""),
        )  # fmt: skip
        return Fetched(body=answer.body, fingerprint=fingerprint, unchanged=known is not None and known.sha256 == answer.sha256)

    def _checked(self, fetched: Fetched, wanted: Wanted) -> Fetched:
        if wanted.sha256 and not fetched.unchanged and fetched.fingerprint.sha256 != wanted.sha256:
            fetched.body.close()
            raise Untrusted(
                f"{wanted.address} is not what its signed index says",
                remedy="the mirror is inconsistent, often for some minutes only: try again, or use another one",
            )
        if not wanted.keyring or fetched.unchanged:
            return fetched
        with fetched.body as body:
            text = signed_text(body.read(), wanted.keyring, wanted.address)
        return Fetched(body=BytesIO(text), fingerprint=fetched.fingerprint)

    def _asked(self, place: Place, headers: Mapping[str, str], limit: int, step: Step | None) -> transfer.Answer:
        """Ask, and again where it is worth it, with growing pauses; a host that cannot be reached is not asked again in this run."""
        host = urlsplit(place.address).netloc
        if host in self._gone:
            raise self._gone[host]
        wait_s = _FIRST_WAIT_S
        for attempt in range(1, _TRIES + 1):
            try:
                return transfer.get(self._client(place.proxy), place.address, headers, limit=limit, timeout_s=self._timeout_s, step=step)
            except transfer.Again as again:
                if attempt == _TRIES:
                    if again.host_is_gone:
                        self._gone[host] = again.error
                    raise again.error from again
                self._sleep(min(_LONGEST_WAIT_S, max(again.after_s, wait_s * random.uniform(0.8, 1.2))))  # noqa: S311  # no secret
                wait_s *= 2
        raise AssertionError("the last try returns or raises")

    def open(self, address: str) -> Remote:
        """A file of a package archive from its start on, fetched in pieces as it is read. Raises NotFound, Unreachable, Untrusted."""
        failures: list[HullwatchError] = []
        for place in places_of(address, mirror=self._mirror, archives=self._archives):
            try:
                path = path_of(place.address)
                return _opened(path) if path is not None else _pieces(partial(self._piece, place), without_login(place.address))
            except HullwatchError as error:
                failures.append(error)
        raise _most_telling(failures)

    def _piece(self, place: Place, start: int, size: int) -> transfer.Answer:
        headers = {"range": f"bytes={start}-{start + size - 1}", "accept-encoding": "identity"}
        return self._asked(place, headers, PIECES_LIMIT, None)

    def _client(self, proxy: str) -> "httpx.Client":
        with self._lock:
            if proxy not in self._clients:
                import httpx

                try:
                    self._clients[proxy] = httpx.Client(
                        timeout=self._timeout_s,
                        headers={"user-agent": f"hullwatch/{__version__}"},
                        proxy=proxy if proxy and proxy != DIRECT else None,
                        trust_env=not proxy,
                    )
                except (ImportError, ValueError, httpx.InvalidURL) as error:  # of a SOCKS proxy, or of none that anybody could use
                    whose = f"the proxy {without_login(proxy)} of apt" if proxy else "the proxy that the environment names"
                    raise Unreachable(f"{whose} cannot be used: {error}", remedy="name an http proxy, or none") from error
            return self._clients[proxy]

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _conditions(known: Fingerprint) -> Mapping[str, str]:
    conditions = {"if-none-match": known.etag, "if-modified-since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _from_file(path: Path, wanted: Wanted, known: Fingerprint | None) -> Fetched:
    file = _opened(path)
    body, size = file.stream, file.size_bytes
    if size > wanted.limit_bytes:
        body.close()
        raise LimitExceeded(f"{path} is larger than {wanted.limit_bytes // MEBIBYTE} MiB")
    digest = hashlib.sha256()
    while chunk := body.read(MEBIBYTE):
        digest.update(chunk)
    body.seek(0)
    fingerprint = Fingerprint(address=wanted.address, sha256=digest.hexdigest(), place=path.as_uri())
    return Fetched(body=body, fingerprint=fingerprint, unchanged=known is not None and known.sha256 == digest.hexdigest())


def _opened(path: Path) -> Remote:
    try:
        if path.is_dir():
            raise NotFound(f"{path} is a directory")
        stream = path.open("rb")
        return Remote(stream, os.fstat(stream.fileno()).st_size)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{path}: no such file") from error
    except PermissionError as error:
        raise Denied(f"{path} may not be read") from error
    except (OSError, ValueError) as error:
        raise Unreachable(f"{path}: {error}") from error


def _pieces(ask: Callable[[int, int], transfer.Answer], name: str) -> Remote:
    pieces = Pieces(ask, name)
    return Remote(BufferedReader(pieces, 64 * KIBIBYTE), pieces.size_bytes)


def _most_telling(failures: Sequence[HullwatchError]) -> HullwatchError:
    return next((error for kind in _TELLING[:-1] for error in failures if isinstance(error, kind)), failures[-1])
