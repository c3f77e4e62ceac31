"""Digests of the content of regular files; the statement names the paths, by ``path`` or ``directory``."""

import hashlib
import stat
from collections.abc import Iterator
from typing import Annotated

import msgspec

from ..errors import HullwatchError, LimitExceeded
from ..model import Gap, Location
from ..ports import MEBIBYTE, File, Files, Paths
from .columns import ANY_CASE, CHOOSES, HIDDEN, LIKE, NEEDED, SMALL
from .places import Place, places
from .sources import Asked, Namespaces

examples = (
    "select sha256 from hash where path = '/usr/bin/sudo'",
    "select path, sha256 from hash where directory = '/etc/cron.d'",
    "select p.pid, h.sha256 from processes p join hash h on h.path = p.path where p.uid = 0",
)

CONTENT_LIMIT = 16 * 1024 * MEBIBYTE
"""A larger file is a gap and has no digests."""
_CHUNK = MEBIBYTE


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The columns, in osquery's order. Only the digests that the statement looks at are computed."""

    path: Annotated[str, "absolute path", CHOOSES, LIKE, NEEDED]
    directory: Annotated[str, "directory that holds it", CHOOSES, LIKE, NEEDED]
    md5: Annotated[str, "MD5 of the content, in hexadecimal", ANY_CASE] = ""
    sha1: Annotated[str, "SHA-1 of the content", ANY_CASE] = ""
    sha256: Annotated[str, "SHA-256 of the content", ANY_CASE] = ""
    pid_with_namespace: Annotated[int, "a process: its files are looked at, as it sees them", HIDDEN, CHOOSES, SMALL] = 0
    mount_namespace_id: Annotated[str, "mount namespace of that process", HIDDEN] = ""


def rows(paths: Paths, namespaces: Namespaces, files: Files, asked: Asked) -> Iterator[Row | Gap]:
    """Yield one row for each regular file that the statement names, links followed; a gap, too, for one that cannot be read."""
    wanted = [name for name in ("md5", "sha1", "sha256") if asked.any_of(name)]
    for place in places(paths, namespaces, files, asked):
        if isinstance(place, Gap):
            yield place
        elif place.entry.behind is not None and stat.S_ISREG(place.entry.behind.st_mode):
            yield from _digested(place, wanted)


def _digested(place: Place, wanted: list[str]) -> Iterator[Row | Gap]:
    digests: dict[str, str] = {}
    try:
        file = place.paths.open(place.path[1:]) if wanted else None
        digests = _digests(file, wanted) if file else {}
    except HullwatchError as error:
        yield Gap(kind="file-unreadable", what=place.path, why=str(error), seen_at=Location(place.path[1:]))
    yield Row(
        path=place.path, directory=place.directory, **digests, pid_with_namespace=place.pid, mount_namespace_id=place.mount_namespace
    )  # fmt: skip


def _digests(file: File, wanted: list[str]) -> dict[str, str]:
    running = {name: hashlib.new(name, usedforsecurity=False) for name in wanted}
    left = CONTENT_LIMIT
    with file.open() as stream:
        while chunk := stream.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise LimitExceeded(f"it is larger than {CONTENT_LIMIT} bytes")
            for digest in running.values():
                digest.update(chunk)
    return {name: digest.hexdigest() for name, digest in running.items()}
