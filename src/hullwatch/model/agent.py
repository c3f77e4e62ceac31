"""What an agent notices and keeps: changes of files, and how its scheduled queries ran."""

from enum import StrEnum

from msgspec import Struct


class FileAction(StrEnum):
    """What happened to a file, in osquery's words."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    ATTRIBUTES_MODIFIED = "ATTRIBUTES_MODIFIED"
    DELETED = "DELETED"
    MOVED_FROM = "MOVED_FROM"
    MOVED_TO = "MOVED_TO"
    OPENED = "OPENED"
    ACCESSED = "ACCESSED"


class FileEvent(Struct, frozen=True, kw_only=True):
    """One thing that happened to one path, with what stood there when it was looked at."""

    path: str
    """Absolute; bytes that are no UTF-8 are U+FFFD."""
    category: str
    action: FileAction
    at: int
    """Seconds since 1970."""
    transaction: int = 0
    """The same in both halves of a move; else 0."""
    inode: int | None = None
    """None, as all that follow, when nothing stood there any more."""
    uid: int | None = None
    gid: int | None = None
    mode: int | None = None
    """Permission bits."""
    size_bytes: int | None = None
    read_at: int | None = None
    modified_at: int | None = None
    changed_at: int | None = None
    md5: str = ""
    sha1: str = ""
    sha256: str = ""
    hashed: int = 0
    """1 the digests are there, -1 the content could not be read or is too large, 0 it was not asked for."""


class Signature(Struct, frozen=True):
    """By what we tell that a file is still the same: from its lstat(2)."""

    mode: int
    """With its kind."""
    inode: int
    uid: int
    gid: int
    size_bytes: int
    modified_at_ns: int
    changed_at_ns: int


class KeptFileEvent(Struct, frozen=True):
    """A file event with the number it was kept under; numbers rise."""

    number: int
    event: FileEvent


class QueryStatistics(Struct, frozen=True, kw_only=True):
    """How a scheduled query has run. Times in milliseconds, sizes in bytes."""

    name: str
    query: str
    interval_s: int
    executions: int = 0
    last_executed: int = 0
    """Seconds since 1970."""
    output_size: int = 0
    """Of names and values of all rows so far."""
    wall_time: int = 0
    last_wall_time: int = 0
    user_time: int = 0
    last_user_time: int = 0
    system_time: int = 0
    last_system_time: int = 0
    memory: int = 0
    """By how much our own memory grew, summed over all executions."""
    last_memory: int = 0
