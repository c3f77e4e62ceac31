"""Where everything must be there, a skipped test is a failed one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_TESTS = """
import pytest

def test_runs():
    pass

def test_skips():
    pytest.skip("no engine here")

@pytest.mark.xfail
def test_is_known_to_fail():
    assert False
"""


@pytest.mark.parametrize(
    ("environment", "summary"), [({}, b"1 passed, 1 skipped, 1 xfailed"), ({"HULLWATCH_NO_SKIPS": "1"}, b"1 failed, 1 passed")]
)
def test_a_skip_fails_where_none_is_allowed(tmp_path: Path, environment: dict[str, str], summary: bytes) -> None:
    """With its reason; elsewhere it is a skip."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_some.py").write_text(_TESTS)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(words, capture_output=True, env={"PATH": "/usr/bin:/bin", **environment}, cwd=tmp_path, check=False)
    assert summary in done.stdout
    assert (b"no engine here (and HULLWATCH_NO_SKIPS is set)" in done.stdout) == bool(environment)
    assert done.returncode == (1 if environment else 0)
