"""A small machine, and watching it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hullwatch.targets.watch.patterns import parse_left_out

from .watched import PATTERNS, Begin, Watched, patterns_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small machine."""
    for path in ("etc/ssh", "home/bob/.ssh", "tmp", "srv", "end", "elsewhere"):
        (tmp_path / "root" / path).mkdir(parents=True)
    (tmp_path / "root/etc/hosts").write_text("hosts")
    (tmp_path / "root/home/bob/.ssh/authorized_keys").write_text("key")
    (tmp_path / "root/srv/app.conf").write_text("a = 1")
    (tmp_path / "root/srv/other.conf").write_text("b = 1")
    return tmp_path / "root"


@pytest.fixture
def begin(root: Path) -> Iterator[Begin]:
    """Watch, what the test says or all of ``PATTERNS``."""
    begun: list[Watched] = []

    def watch(*texts: tuple[str, str], left_out: Sequence[str] = ()) -> Watched:
        begun.append(Watched(root, [*patterns_of(*(texts or PATTERNS)), *map(parse_left_out, left_out)]))
        return begun[-1]

    yield watch
    for watched in begun:
        watched.close()
