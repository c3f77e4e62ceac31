"""Events, as the agent kept them."""

from hullwatch.model.agent import FileAction, FileEvent, KeptFileEvent
from tests.tables.doubles import KnownSources, as_text, ask

GONE = FileEvent(path="/etc/a", category="etc", action=FileAction.MOVED_FROM, at=1795600000, transaction=7)
NEW = FileEvent(
    path="/etc/b", category="etc", action=FileAction.MOVED_TO, at=1795600000, transaction=7, inode=9, uid=0, gid=0, mode=0o4755,
    size_bytes=2, read_at=1, modified_at=2, changed_at=3, md5="d1", sha1="d2", sha256="ab", hashed=1,
)  # fmt: skip


def test_events_are_rows_in_the_order_of_noticing() -> None:
    """What is not there is empty; the number is hidden and has ten digits."""
    sources = KnownSources(file_events=(KeptFileEvent(1, GONE), KeptFileEvent(12, NEW)))
    first, second = as_text(ask("select *, eid from file_events", sources))
    assert first == {
        "target_path": "/etc/a", "category": "etc", "action": "MOVED_FROM", "transaction_id": "7", "inode": "", "uid": "", "gid": "",
        "mode": "", "size": "", "atime": "", "mtime": "", "ctime": "", "md5": "", "sha1": "", "sha256": "", "hashed": "0",
        "time": "1795600000", "eid": "0000000001",
    }  # fmt: skip
    assert (second["mode"], second["size"], second["sha256"], second["hashed"], second["eid"]) == ("4755", "2", "ab", "1", "0000000012")


def test_digests_are_compared_without_regard_to_case() -> None:
    """As osquery compares them."""
    sources = KnownSources(file_events=(KeptFileEvent(12, NEW),))
    assert ask("select target_path from file_events where sha256 = 'AB'", sources).rows == (("/etc/b",),)
