"""Which packages of a Debian release are no longer supported, or not fully: the lists of the package debian-security-support."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from msgspec import Struct

from ...errors import HullwatchError, NotFound
from ...model import Lifecycle
from ..records import Opener
from .pool import Binary, tar_members
from .releases import RELEASES
from .sources import Offer

PACKAGE = "debian-security-support"
_LIST = re.compile(r"(?:[^/]+/|\./usr/share/debian-security-support/)?security-support-(ended|limited)(?:\.deb(\d+))?")
_TEXT = 240
_LIST_LIMIT = 1024 * 1024


class Support(Struct, frozen=True, array_like=True):
    """What one version of the package lists, and in the course of which update of the feed it was read."""

    version: str
    lifecycles: tuple[Lifecycle, ...] = ()
    failure: str = ""
    """Why the lists cannot be read."""
    tried_at: datetime | None = None


def read_support(offer: Offer, code: str, open_: Opener, binaries: Callable[[], Sequence[Binary]]) -> tuple[Lifecycle, ...]:
    """Read the lists out of the package's source, else out of the package. Raises NotFound, Unreachable, Untrusted, Malformed."""
    failure: HullwatchError = NotFound(f"{PACKAGE} {offer.version} lies nowhere")
    sources = [Binary(f"{place.directory}/{place.file.name}", place.file) for place in offer.places if place.file is not None]
    for candidates in (lambda: sources, binaries):
        try:
            for each in candidates():
                members = tar_members(each.address, each.file, _LIST, _LIST_LIMIT, open_)
                return tuple(found for name, data in members for found in _parsed(name, data, code))
        except HullwatchError as error:
            failure = error
    raise failure


def _parsed(name: str, data: bytes, code: str) -> Iterator[Lifecycle]:
    found = _LIST.fullmatch(name)
    release = RELEASES.get(code)
    if found is None or (found[2] and (release is None or found[2] != release.number)):
        return
    lines = [line.split() for line in data.decode("utf-8", "replace").splitlines() if line.strip() and not line.startswith("#")]
    yield from parse_ended(lines) if found[1] == "ended" else parse_limited(lines)


def parse_ended(lines: Sequence[Sequence[str]]) -> Iterator[Lifecycle]:
    """Columns: source package or pattern, last version with support, day of its end, why. A line without a day has ended long ago."""
    for pattern, *rest in lines:
        try:
            ends = date.fromisoformat(rest[1])
        except (IndexError, ValueError):
            ends = date.min
        yield Lifecycle(subject=pattern, ends=ends, text=" ".join(rest[2:])[:_TEXT])


def parse_limited(lines: Sequence[Sequence[str]]) -> Iterator[Lifecycle]:
    """Columns: source package or pattern, why."""
    for pattern, *words in lines:
        yield Lifecycle(subject=pattern, limited=True, text=" ".join(words)[:_TEXT])
