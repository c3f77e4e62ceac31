"""The job of ``hullwatch inventory``."""

from pathlib import Path

import pytest

from hullwatch.config import Limits, Settings
from hullwatch.errors import LimitExceeded
from hullwatch.jobs.edges import Edges
from hullwatch.jobs.inventory import inventory
from tests.doubles import QuietProgress


def test_the_limits_of_the_settings_hold(tmp_path: Path) -> None:
    """What is below ``[limits]`` is what a target is read with."""
    root = tmp_path / "root"
    for name in "abc":
        (root / name).mkdir(parents=True)
    edges = Edges(Settings(home=tmp_path / "home", limits=Limits(entries=2)), QuietProgress())
    with pytest.raises(LimitExceeded, match="entries"):
        inventory(f"dir:{root}", edges)
