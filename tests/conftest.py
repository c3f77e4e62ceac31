"""What all tests share: where recorded inputs lie, and whether the things beside the project are there."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")  # a machine that is busy fails no test
DATA = Path(__file__).parent / "data"
SHARED = Path(__file__).parents[2] / "shared"
NO_SKIPS = bool(os.environ.get("HULLWATCH_NO_SKIPS"))
"""Set where everything that tests need must be there: a test that would be skipped fails, with its reason."""
AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """See ``NO_SKIPS``."""
    return _not_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """See ``NO_SKIPS``."""
    return _not_skipped((yield))


def _not_skipped(report: AnyReport) -> AnyReport:
    if NO_SKIPS and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason} (and HULLWATCH_NO_SKIPS is set)"
    return report
