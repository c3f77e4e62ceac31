"""Changes of watched files, as the agent noticed them (inotify(7)); only the agent itself can tell."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from .columns import ANY_CASE, HIDDEN, SMALL
from .sources import FileEvents

examples = (
    "select * from file_events",
    "select target_path, action, sha256 from file_events where target_path like '%/authorized_keys'",
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The columns, in osquery's order. What stood there is empty where nothing did any more."""

    target_path: Annotated[str, "absolute path"]
    category: Annotated[str, "name in file_paths"]
    action: Annotated[str, "CREATED, UPDATED, ATTRIBUTES_MODIFIED, DELETED, MOVED_FROM, MOVED_TO, OPENED or ACCESSED"]
    transaction_id: Annotated[int, "the same in both halves of a move, else 0"] = 0
    inode: Annotated[int | None, "inode"] = None
    uid: Annotated[int | None, "owner"] = None
    gid: Annotated[int | None, "group"] = None
    mode: Annotated[str, "permission bits in octal"] = ""
    size: Annotated[int | None, "size in bytes"] = None
    atime: Annotated[int | None, "when it was last read, in seconds since 1970"] = None
    mtime: Annotated[int | None, "when its content changed last"] = None
    ctime: Annotated[int | None, "when its content, owner or mode changed last"] = None
    md5: Annotated[str, "MD5 of the content, of what was created, changed or moved here", ANY_CASE] = ""
    sha1: Annotated[str, "SHA-1 of the content", ANY_CASE] = ""
    sha256: Annotated[str, "SHA-256 of the content", ANY_CASE] = ""
    hashed: Annotated[int, "1 the digests are there, -1 it could not be read or is too large, 0 they were not asked for", SMALL] = 0
    time: Annotated[int, "when it happened, in seconds since 1970"]
    eid: Annotated[str, "number of the event, rising", HIDDEN] = ""


def rows(events: FileEvents) -> Iterator[Row]:
    """Yield one row per event that this query has not told yet, in the order of noticing."""
    for kept in events:
        event = kept.event
        yield Row(
            target_path=event.path, category=event.category, action=event.action.value, transaction_id=event.transaction,
            inode=event.inode, uid=event.uid, gid=event.gid, mode="" if event.mode is None else f"{event.mode:04o}",
            size=event.size_bytes, atime=event.read_at, mtime=event.modified_at, ctime=event.changed_at,
            md5=event.md5, sha1=event.sha1, sha256=event.sha256, hashed=event.hashed, time=event.at, eid=f"{kept.number:010}",
        )  # fmt: skip
