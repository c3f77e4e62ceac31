"""Keeping the advisory database current: what cannot be looked at does not keep the rest from it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from hullwatch.config import Settings
from hullwatch.errors import Misuse, NotFound
from hullwatch.jobs import update as module
from hullwatch.jobs.edges import Edges
from hullwatch.jobs.update import update
from hullwatch.model import Gap, Inventory
from tests.doubles import QuietProgress


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """References of the targets that feeds were asked for."""
    asked: list[str] = []

    def refresh(inventories: Sequence[Inventory], *_: object, **__: object) -> tuple[Gap, ...]:
        asked.extend(each.target.reference for each in inventories)
        return (Gap(kind="feed-unreachable", what="kev", why="no network"),)

    monkeypatch.setattr(module, "refresh", refresh)
    return asked


def test_a_target_that_is_not_there_is_a_gap_beside_those_that_are(tmp_path: Path, asked: list[str]) -> None:
    """The feeds of the others are fetched; where none is there that is the error; what cannot be understood is misuse."""
    (tmp_path / "root/etc").mkdir(parents=True)
    edges = Edges(Settings(home=tmp_path / "home", docker_host="unix:///nowhere"), QuietProgress())
    root = f"dir:{tmp_path}/root"
    assert [gap.kind for gap in update((f"dir:{tmp_path}/none", root), edges)] == ["not-found", "feed-unreachable"]
    assert asked == [root]
    with pytest.raises(NotFound):
        update((f"dir:{tmp_path}/none",), edges)
    with pytest.raises(Misuse):
        update((root, "oci:x"), edges)
