"""Where a path leads."""

import pytest

from hullwatch.targets.links import real_path
from tests.doubles import MemoryFiles

FILES = MemoryFiles({}, links={"var/run": "/run", "sbin": "usr/sbin", "usr/bin/x": "../sbin/x", "a": "b", "b": "a", "up": "../../../etc"})


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/var/run/docker.sock", "run/docker.sock"), ("sbin/runc", "usr/sbin/runc"), ("usr/bin/x", "usr/sbin/x"),
        ("/etc//./docker/", "etc/docker"), ("up/passwd", "etc/passwd"), ("../etc", "etc"), ("/", ""), ("nothing/there", "nothing/there"),
    ],
)  # fmt: skip
def test_real_paths(path: str, real: str) -> None:
    """Links are followed inside the root, also where nothing stands at the end."""
    assert real_path(FILES, path) == real


def test_last_link_may_stay() -> None:
    """What watches a link watches the link: only the directories before it are resolved."""
    assert real_path(FILES, "/usr/bin/x", last=False) == "usr/bin/x"
    assert real_path(FILES, "/sbin/x", last=False) == "usr/sbin/x"


def test_cycles_end() -> None:
    """Links that lead to one another lead nowhere."""
    assert real_path(FILES, "a/x") in ("a/x", "b/x")
