"""CISA's catalogue of exploited flaws."""

import contextlib
import io
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.advisories import kev
from hullwatch.errors import HullwatchError, Malformed
from hullwatch.model import Feed, Gap, Score

from .builders import ALPINE, apk, inventory

FEED = next(kev.needs(inventory(ALPINE, apk("zlib", "1.2"))))


def parse(document: object) -> list[object]:
    return [each for each in kev.parse(FEED, [io.BytesIO(json.dumps(document).encode())]) if not isinstance(each, Feed)]


def test_every_inventory_with_packages_needs_it() -> None:
    """A daemon has no packages and needs none."""
    assert not list(kev.needs(inventory(ALPINE)))


def test_a_flaw_is_exploited_since_the_day_it_was_added() -> None:
    """Use by ransomware is kept beside it."""
    record = {"cveID": "CVE-2021-44228", "dateAdded": "2021-12-10", "knownRansomwareCampaignUse": "Known"}
    assert parse({"vulnerabilities": [record]}) == [Score(id="CVE-2021-44228", kind="kev", value="ransomware", since=date(2021, 12, 10))]


def test_a_record_without_an_id_is_a_gap() -> None:
    """The others are told all the same."""
    gap, score = parse({"vulnerabilities": [{"dateAdded": "2021-12-10"}, {"cveID": "CVE-2021-44228", "dateAdded": "soon"}]})
    assert isinstance(gap, Gap)
    assert isinstance(score, Score)
    assert score.since is None


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"null", b"<html>"])
def test_damaged_catalogues_are_refused(data: bytes) -> None:
    """Half a catalogue is none."""
    with pytest.raises(Malformed):
        list(kev.parse(FEED, [io.BytesIO(data)]))


@given(st.lists(st.none() | st.integers() | st.dictionaries(st.sampled_from(["cveID", "dateAdded"]), st.text() | st.none())))
def test_hostile_records_raise_nothing_but_ours(records: list[object]) -> None:
    """A record is told or it is a gap."""
    with contextlib.suppress(HullwatchError):
        assert len(parse({"vulnerabilities": records})) == len(records)


@pytest.mark.shared
def test_the_recorded_catalogue_is_read_whole(shared: Path) -> None:
    """As many scores as the catalogue counts itself, and its date."""
    path = shared / "feeds/www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
    with path.open("rb") as stream:
        feed, *scores = kev.parse(FEED, [stream])
    assert isinstance(feed, Feed)
    assert f"{feed.published_at:%Y-%m-%d}" == "2025-08-25"
    assert len(scores) == json.loads(path.read_text())["count"]
    assert all(isinstance(each, Score) and each.since is not None for each in scores)
