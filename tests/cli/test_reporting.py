"""Where reports go."""

from pathlib import Path

import pytest

from hullwatch.cli.options import Color
from hullwatch.cli.reporting import Outputs
from hullwatch.errors import HomeUnavailable, Misuse
from tests.reports.samples import machine_report


def outputs(*places: str, targets: int | None = None) -> Outputs:
    return Outputs("lines", places, Color.NEVER, targets=targets, everything=False, quiet=2)


def test_a_file_is_written_whole_and_a_link_stays_a_link(tmp_path: Path) -> None:
    """A report replaces a file; through a link (as /dev/stdout is one) it goes to what the link names."""
    (tmp_path / "named.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "named.json")
    outputs(str(tmp_path / "link.json"), str(tmp_path / "new" / "plain.sarif")).write(machine_report())
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "named.json").read_bytes().startswith(b"{")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["link.json", "named.json", "plain.sarif"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """With what to do; nothing half written is left."""
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnavailable, match="--output"):
        outputs(str(tmp_path / "file" / "r.json")).write(machine_report())


@pytest.mark.parametrize(("place", "targets"), [("r.pdf", 1), ("pdf=r", 1), ("r.cdx.json", 2), ("r.cdx.json", None)])
def test_what_cannot_be_is_misuse_before_anything_is_scanned(place: str, targets: int | None) -> None:
    """A suffix or format that nobody knows; one file for several targets in a format that holds one."""
    with pytest.raises(Misuse):
        outputs(place, targets=targets)
