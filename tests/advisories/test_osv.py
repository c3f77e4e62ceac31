"""OSV records of an ecosystem, judged against the specification as written down with another library."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from hullwatch.advisories import osv
from hullwatch.advisories.osv_records import advisories_of
from hullwatch.advisories.records import PackageGap
from hullwatch.errors import LimitExceeded, Malformed, UnorderableVersion
from hullwatch.model import Advisory, Ecosystem, Feed, Gap, PublishedSeverity, Range, Scheme, Status
from hullwatch.versions.order import key, within

from .builders import inventory, wheel

FEED = next(osv.needs(inventory(None, wheel("django", "1.0"))))


def records(document: object) -> list[Advisory | Gap | PackageGap]:
    return list(advisories_of(json.dumps(document).encode(), "X.json", Ecosystem.PYPI, Scheme.PEP440))


def advisory(*ranges: object, versions: Sequence[str] = (), **more: object) -> Advisory:
    affected = {"package": {"ecosystem": "PyPI", "name": "Foo.Bar_baz"}, "ranges": list(ranges), "versions": list(versions)}
    [found] = records({"id": "X-1", "affected": [affected]} | more)
    assert isinstance(found, Advisory)
    return found


def span(*events: tuple[str, str], kind: str = "ECOSYSTEM") -> object:
    return {"type": kind, "events": [{name: version} for name, version in events]}


def zipped(**members: object) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, document in members.items():
            archive.writestr(f"{name}.json", document if isinstance(document, bytes) else json.dumps(document))
    stream.seek(0)
    return stream


def test_an_ecosystem_with_packages_is_needed_once() -> None:
    """And none that has no packages."""
    assert [feed.id for feed in osv.needs(inventory(None, wheel("a", "1"), wheel("b", "1")))] == ["osv/PyPI"]
    assert not list(osv.needs(inventory(None)))


def test_names_are_folded() -> None:
    """Foo.Bar_baz, foo-bar-baz and FOO--bar.baz are one project."""
    assert advisory(span(("introduced", "0"))).package == "foo-bar-baz"


def test_several_intervals_of_one_range() -> None:
    """Each introduction up to its fix, in the order of versions whatever the order of the record."""
    found = advisory(span(("introduced", "2.0"), ("fixed", "2.3"), ("introduced", "0"), ("fixed", "1.10")))
    assert found.ranges == (Range(fixed="1.10"), Range(introduced="2.0", fixed="2.3"))
    assert found.status is Status.FIXED


def test_a_flaw_that_nobody_fixed_is_unfixed() -> None:
    """Open to the end, or up to the last affected version: no version is said to mend it."""
    assert advisory(span(("introduced", "1"))).status is Status.UNFIXED
    found = advisory(span(("introduced", "1"), ("last_affected", "1.4"), kind="SEMVER"))
    assert (found.status, found.ranges) == (Status.UNFIXED, (Range(introduced="1", last_affected="1.4"),))


def test_nothing_at_or_above_the_limit_is_affected() -> None:
    """A limit cuts open ranges, and does nothing to those that end before."""
    assert advisory(span(("introduced", "1"), ("limit", "2"))).ranges == (Range(introduced="1", fixed="2"),)
    assert advisory(span(("introduced", "1"), ("fixed", "1.5"), ("limit", "2"))).ranges == (Range(introduced="1", fixed="1.5"),)
    assert advisory(span(("introduced", "1"), ("limit", "*"))).ranges == (Range(introduced="1"),)


def test_versions_that_ranges_cover_are_left_out() -> None:
    """Those that they do not cover, and those without a place in the order, stay."""
    found = advisory(span(("introduced", "1"), ("fixed", "2")), versions=["1.0", "1.5", "2.1", "2004d"])
    assert found.versions == ("2.1", "2004d")


def test_commits_alone_are_a_gap_of_the_package() -> None:
    """A range of commits is passed over where versions are known, and a gap where they are not."""
    commits = span(("introduced", "0"), ("fixed", "deadbeef"), kind="GIT")
    assert advisory(commits, versions=["1.0"]).versions == ("1.0",)
    [gap] = records({"id": "X-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": [commits]}]})
    assert isinstance(gap, PackageGap)
    assert (gap.package, gap.gap.kind) == ("a", "advisory-ranges")


def test_withdrawn_records_are_kept_as_such() -> None:
    """So that nobody is told of a flaw that is none, and it can be said why."""
    assert advisory(span(("introduced", "0")), withdrawn="2024-01-01T00:00:00Z").status is Status.WITHDRAWN
    affected = {"package": {"ecosystem": "PyPI", "name": "a"}}
    [bare] = records({"id": "X-1", "withdrawn": "2024-01-01T00:00:00Z", "affected": [affected]})
    assert isinstance(bare, Advisory)


def test_entries_of_other_ecosystems_are_passed_over() -> None:
    """A record may speak of npm and PyPI at once."""
    assert records({"id": "X", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1"]}, {"versions": ["1"]}]}) == []


def test_severities_are_kept_as_published() -> None:
    """Vectors of the entry before those of the record, and the publisher's own word."""
    vector = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
    found = advisory(span(("introduced", "0")), severity=[vector], database_specific={"severity": "HIGH"})
    assert found.severities == (PublishedSeverity("CVSS_V3", vector["score"]), PublishedSeverity("severity", "HIGH"))


def test_a_record_in_another_form_is_a_gap() -> None:
    """The rest of the feed is read all the same; its date is that of its newest record."""
    good = {
        "id": "X-1",
        "modified": "2024-05-06T07:08:09.123456789Z",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1"]}],
    }
    gap, found, feed = osv.parse(FEED, [zipped(a={"id": 7}, b=good)])
    assert isinstance(gap, Gap)
    assert isinstance(found, Advisory)
    assert isinstance(feed, Feed)
    assert f"{feed.published_at:%Y-%m-%d}" == "2024-05-06"


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"<html>" + data[6:300]])
def test_damaged_zips_are_refused(damage: Any) -> None:
    """Half a zip is none."""
    data = zipped(a={"id": "X", "details": "x" * 5000}).getvalue()
    with pytest.raises(Malformed):
        list(osv.parse(FEED, [io.BytesIO(damage(data))]))


def test_a_zip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what it says of itself, and by what comes out when it lies."""
    monkeypatch.setattr(osv, "RECORD_LIMIT", 1000)
    with pytest.raises(LimitExceeded):
        list(osv.parse(FEED, [zipped(a={"id": "X", "details": "x" * 5000})]))
    monkeypatch.setattr(osv, "ALL_LIMIT", 10)
    with pytest.raises(LimitExceeded):
        list(osv.parse(FEED, [zipped(a={"id": "X"})]))


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_hostile_records_raise_nothing(ranges: object) -> None:
    """What is not in OSV's form is a gap."""
    for document in (
        {"id": "X", "affected": ranges},
        {"id": "X", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": ranges}]},
    ):
        assert all(isinstance(each, Advisory | Gap | PackageGap) for each in records(document))


def is_affected(version: str, said: Advisory) -> bool:
    """What our records say of a version; where they have no order, the list decides."""
    if any(_same(version, each) for each in said.versions):
        return True
    try:
        return any(within(version, each, said.scheme) for each in said.ranges)
    except UnorderableVersion:
        return False


def _same(this: str, other: str) -> bool:
    try:
        return key(this, Scheme.PEP440) == key(other, Scheme.PEP440)
    except UnorderableVersion:
        return this == other


def specified(version: str, affected: Mapping[str, Any]) -> bool:
    """The specification's own procedure, with packaging's order of versions."""
    this = _known(version)
    if any(_version(each) == this for each in affected.get("versions", ())):
        return True
    return any(_in_range(this, each["events"]) for each in affected.get("ranges", ()) if each["type"] != "GIT")


def _in_range(this: Version, events: Sequence[Mapping[str, str]]) -> bool:
    limits = [event["limit"] for event in events if "limit" in event]
    if limits and "*" not in limits and not any(this < _known(limit) for limit in limits):
        return False
    vulnerable = False
    for event in sorted((event for event in events if "limit" not in event), key=lambda event: _place(next(iter(event.values())))):
        match next(iter(event.items())):
            case ("introduced", bound) if bound == "0" or this >= _known(bound):
                vulnerable = True
            case ("fixed", bound) if this >= _known(bound):
                vulnerable = False
            case ("last_affected", bound) if this > _known(bound):
                vulnerable = False
    return vulnerable


def _place(version: str) -> tuple[bool, Version]:
    return (version != "0", _known(version))


@cache
def _known(text: str) -> Version:
    return Version(text)


@cache
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


VERSIONS = st.sampled_from(["0.1", "1.0a1", "1.0", "1.0.post1", "1.5", "2.0rc1", "2.0", "2.0+local", "3", "1!0.5"])
EVENTS = st.lists(
    st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), VERSIONS), unique_by=lambda event: event[1], max_size=6
)


@given(EVENTS, st.lists(VERSIONS, max_size=2), VERSIONS, st.none() | VERSIONS)
def test_any_events_are_judged_as_specified(events: list[tuple[str, str]], listed: list[str], version: str, limit: str | None) -> None:
    """Every order of events, with and without a limit, against the specification's own procedure."""
    affected = {
        "package": {"ecosystem": "PyPI", "name": "a"},
        "versions": listed,
        "ranges": [span(*events, *((("limit", limit),) if limit else ()))],
    }
    [found] = records({"id": "X", "affected": [affected]})
    said = isinstance(found, Advisory) and is_affected(version, found)
    assert said == specified(version, affected)


@pytest.mark.shared
def test_every_record_of_the_feed_is_judged_as_specified(shared: Path) -> None:
    """All of PyPI's records, each at every version that it names: ours and packaging's answers are the same.

    Where a bound has no place in the order, all listed versions are kept.
    """
    total, positive = 0, 0
    with zipfile.ZipFile(shared / "feeds/osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip") as archive:
        for name in archive.namelist():
            document = json.loads(archive.read(name))
            entries = [each for each in document["affected"] if each["package"]["ecosystem"] == "PyPI"]
            for affected, found in zip(entries, records(document), strict=True):
                if isinstance(found, PackageGap):
                    assert not affected.get("versions")
                    continue
                assert isinstance(found, Advisory)
                if any(_version(bound) is None for bound in _bounds(affected)):
                    assert set(affected.get("versions", ())) == set(found.versions)
                    continue
                for version in _named(affected):
                    total += 1
                    positive += (answer := is_affected(version, found))
                    assert answer == specified(version, affected), (document["id"], version)
    assert total > 100_000
    assert 0 < positive < total


def _bounds(affected: Mapping[str, Any]) -> set[str]:
    return {bound for each in affected.get("ranges", ()) if each["type"] != "GIT" for event in each["events"] for bound in event.values()}


def _named(affected: Mapping[str, Any]) -> set[str]:
    return {each for each in {*affected.get("versions", ()), *_bounds(affected)} if _version(each) is not None}
