"""What all tests share: where recorded inputs lie, and whether the things beside the project are there."""

import os
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def data() -> Path:
    """Recorded inputs, each folder with its SOURCE.md."""
    return DATA


@pytest.fixture(scope="session")
def shared() -> Path:
    """Feeds and samples beside the project; the test is skipped, with this reason, where they are not."""
    if not (SHARED / "feeds").is_dir():
        pytest.skip("../shared is not beside this checkout")
    return SHARED


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's home or settings."""
    for name in [name for name in os.environ if name.startswith("HULLWATCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HULLWATCH_HOME", str(tmp_path / "hullwatch-home"))
