"""What tests of the web share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..databases import sqlite_pattern
from ..reports.samples import ten_targets
from .site import Site, serving

__all__ = ["sqlite_pattern"]


@pytest.fixture
def site(tmp_path: Path, sqlite_pattern: Path) -> Iterator[Site]:
    """A server that watches nothing yet."""
    path = tmp_path / "history.sqlite"
    shutil.copyfile(sqlite_pattern, path)
    with serving(path, tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, sqlite_pattern: Path) -> Iterator[Site]:
    """A server that looked at the ten targets of the reports' sample; tests only read from it."""
    home = tmp_path_factory.mktemp("fleet")
    path = home / "history.sqlite"
    shutil.copyfile(sqlite_pattern, path)
    with serving(path, home) as served:
        served.remember(*ten_targets())
        yield served
