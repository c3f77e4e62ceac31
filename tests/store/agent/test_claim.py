"""One agent for one memory."""

import os
from pathlib import Path

import pytest

from hullwatch.errors import Denied, Misuse
from hullwatch.store.agent.claim import Claim


def test_the_directories_are_made_and_the_process_id_is_told(tmp_path: Path) -> None:
    """And the file is gone at the end."""
    claim = Claim(tmp_path / "var/osquery.db", tmp_path / "run/osquery/pid")
    assert (tmp_path / "run/osquery/pid").read_text() == f"{os.getpid()}\n"
    assert (tmp_path / "var/osquery.db").stat().st_mode & 0o777 == 0o700
    claim.release()
    assert not (tmp_path / "run/osquery/pid").exists()


def test_a_second_agent_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    """It is told who it is; a file left behind by one that was killed is in nobody's way."""
    claim = Claim(tmp_path, tmp_path / "pid")
    with pytest.raises(Misuse, match=rf"process {os.getpid()}\)"):
        Claim(tmp_path, tmp_path / "other")
    assert not (tmp_path / "other").exists()
    claim.release()
    (tmp_path / "pid").write_text("1\n")
    Claim(tmp_path, tmp_path / "pid").release()


def test_a_place_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Denied, match="--database-path"):
        Claim(tmp_path / "file/db", tmp_path / "pid")
