"""Feeds that say nothing, too much, or what cannot be read: they never replace one that could, and never make anything clean."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from hullwatch.advisories.database import AdvisoryDatabase
from hullwatch.advisories.osv_records import advisories_of
from hullwatch.advisories.update import update_feeds
from hullwatch.model import Advisory, Ecosystem, Gap, Scheme

from ..doubles import FixedClock, QuietProgress
from .builders import inventory, update, wheel

GOOD = {"id": "PYSEC-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1"]}]}
TARGET = inventory(None, wheel("a", "1"))


def fetched(root: Path, records: Mapping[str, object]) -> tuple[list[Gap], int]:
    """Gaps of an update from a mirror whose zip holds these, and how many advisories there are then."""
    path = root / "osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, record in records.items():
            archive.writestr(name, json.dumps(record))
    kev = root / "www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
    kev.parent.mkdir(parents=True, exist_ok=True)
    kev.write_text('{"vulnerabilities": []}')
    database = AdvisoryDatabase(root / "database")
    gaps = update(database, [TARGET], root, force=True)
    file = database.file("osv/PyPI")
    return list(gaps), file.count() if file is not None else 0


@pytest.mark.parametrize(
    "records", [{}, {"../x.txt": GOOD}, {"a.json": {"id": "X"}}, {"a.json": {}}], ids=["empty", "names", "other", "bad"]
)
def test_a_zip_that_speaks_of_nothing_is_refused(tmp_path: Path, records: Mapping[str, object]) -> None:
    """Else every package would be judged by it, and be clean; what was there stays."""
    assert fetched(tmp_path, {"a.json": GOOD}) == ([], 1)
    gaps, left = fetched(tmp_path, records)
    assert [(gap.kind, gap.what) for gap in gaps] == [("feed-malformed", "osv/PyPI")]
    assert left == 1


def test_a_feed_that_can_hardly_be_read_is_refused(tmp_path: Path) -> None:
    """Some damaged records are gaps; thousands are a damaged feed."""
    some = {f"{number}.json": {"id": number} for number in range(1000)} | {"z.json": GOOD}
    assert fetched(tmp_path, some) == ([], 1)
    gaps, _ = fetched(tmp_path, some | {"y.json": {}})
    assert ["more than 1000" in gap.why for gap in gaps] == [True]


@pytest.mark.parametrize(
    "more", [{"id": "X" * 257}, {"aliases": [f"CVE-2024-{number}" for number in range(101)]}, {"aliases": ["C" * 257]}]
)
def test_an_id_without_end_is_a_gap(more: dict[str, object]) -> None:
    """One record would fill the report of everybody."""
    (found,) = advisories_of(json.dumps(GOOD | more).encode(), "X.json", Ecosystem.PYPI, Scheme.PEP440)
    assert isinstance(found, Gap)
    (found,) = advisories_of(json.dumps(GOOD | {"id": "X" * 256}).encode(), "X.json", Ecosystem.PYPI, Scheme.PEP440)
    assert isinstance(found, Advisory)


def test_a_mirror_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A typing error is not passed over because the publisher answers."""
    progress = QuietProgress()
    update_feeds(
        AdvisoryDatabase(tmp_path / "database"), [], mirror=str(tmp_path / "nowhere"), max_age_h=0, timeout_s=1, clock=FixedClock(),
        progress=progress,
    )  # fmt: skip
    assert progress.warnings == [f"the mirror {tmp_path}/nowhere is no directory: publishers are asked"]
