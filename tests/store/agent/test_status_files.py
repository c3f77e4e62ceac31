"""Status files."""

import os
from datetime import UTC, datetime
from pathlib import Path

from hullwatch.reports.osquery_log import Severity
from hullwatch.store.agent.status_files import StatusFiles

AT = datetime(2026, 11, 25, 12, 0, 1, 5, tzinfo=UTC)
NAME = f"20261125-120001.{os.getpid()}"


def test_a_message_stands_in_the_files_of_its_severity_and_below(tmp_path: Path) -> None:
    """Each with a header, found by a link, closed to others."""
    files = StatusFiles(tmp_path, "host1")
    for severity in Severity:
        files.say(severity, AT, 7, "a.py:1", f"it is {severity}")
    files.close()
    for severity, messages in ((Severity.INFO, 3), (Severity.WARNING, 2), (Severity.ERROR, 1)):
        path = tmp_path / f"osqueryd.{severity}"
        assert path.readlink() == Path(f"osqueryd.{severity}.{NAME}")
        lines = path.read_text().splitlines()
        assert lines[1] == "Running on machine: host1"
        assert len(lines) == 4 + messages
        assert path.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "osqueryd.ERROR").read_text().splitlines()[-1] == "E1125 12:00:01.000005     7 a.py:1] it is ERROR"


def test_what_is_below_the_lowest_is_not_written(tmp_path: Path) -> None:
    """And no file is made for it."""
    files = StatusFiles(tmp_path, "host1", lowest=1)
    files.say(Severity.INFO, AT, 7, "a.py:1", "quiet")
    assert list(tmp_path.iterdir()) == []
    files.say(Severity.ERROR, AT, 7, "a.py:1", "loud")
    files.close()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_symlink()) == ["osqueryd.ERROR", "osqueryd.WARNING"]


def test_the_link_leads_to_the_newest(tmp_path: Path) -> None:
    """An older one is replaced."""
    (tmp_path / "osqueryd.INFO").symlink_to("osqueryd.INFO.older")
    files = StatusFiles(tmp_path, "host1")
    files.say(Severity.INFO, AT, 7, "a.py:1", "new")
    files.close()
    assert (tmp_path / "osqueryd.INFO").read_text().endswith("new\n")
