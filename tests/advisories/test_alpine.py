"""Alpine's secdb."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.advisories import alpine
from hullwatch.advisories.records import PackageGap
from hullwatch.errors import HullwatchError, Malformed
from hullwatch.model import Advisory, Distribution, Feed, Lifecycle, Range, Status

from .builders import ALPINE, apk, inventory

FEED = next(alpine.needs(inventory(ALPINE)))


def parse(document: object, feed: Feed = FEED) -> list[object]:
    """What is said, without the release's lifecycle."""
    records = alpine.parse(feed, [io.BytesIO(json.dumps(document).encode())])
    return [record for record in records if not isinstance(record, Lifecycle)]


def secdb(**packages: dict[str, list[str]]) -> object:
    return {"packages": [{"pkg": {"name": name, "secfixes": fixes}} for name, fixes in packages.items()]}


@pytest.mark.parametrize(
    ("release", "feeds"),
    [
        ("3.9", ["alpine/v3.9/main", "alpine/v3.9/community"]),
        ("3.2", ["alpine/v3.2/main"]),
        ("edge", ["alpine/edge/main", "alpine/edge/community"]),
        ("", ["alpine/edge/main", "alpine/edge/community"]),
        ("3.21_alpha20240807", ["alpine/edge/main", "alpine/edge/community"]),
    ],
)
def test_a_release_needs_its_repositories(release: str, feeds: list[str]) -> None:
    """Each release needs main and, where there is one, community; a rolling one needs edge's."""
    assert [feed.id for feed in alpine.needs(inventory(Distribution(id="alpine", release=release)))] == feeds


def test_other_distributions_need_nothing() -> None:
    """Nothing is asked for a Debian image, nor for one without a distribution."""
    assert not list(alpine.needs(inventory(Distribution(id="debian", release="12"), apk("zlib", "1.2"))))
    assert not list(alpine.needs(inventory(None)))


def test_version_0_means_never_affected() -> None:
    """The key "0" is a statement that the package has not the flaw."""
    [advisory] = parse(secdb(zlib={"0": ["CVE-2018-25032"]}))
    assert isinstance(advisory, Advisory)
    assert (advisory.status, advisory.ranges) == (Status.NOT_AFFECTED, ())


def test_other_names_in_a_string_are_aliases_of_its_cve() -> None:
    """``CVE-2019-5060 TALOS-2019-0844`` is one flaw with two names; a name of another publisher alone is an id."""
    first, second = parse(secdb(sdl={"2.0-r1": ["CVE-2019-5060 TALOS-2019-0844", "XSA-207"]}))
    assert isinstance(first, Advisory)
    assert isinstance(second, Advisory)
    assert (first.id, first.aliases, first.ranges) == ("CVE-2019-5060", frozenset({"TALOS-2019-0844"}), (Range(fixed="2.0-r1"),))
    assert second.id == "XSA-207"


def test_two_cves_in_a_string_are_two_flaws() -> None:
    """Merging them would hide one."""
    advisories = parse(secdb(a={"1-r0": ["CVE-2020-0001 CVE-2020-0002 XSA-1"]}))
    assert [(each.id, each.aliases) for each in advisories if isinstance(each, Advisory)] == [
        ("CVE-2020-0001", frozenset()),
        ("CVE-2020-0002", frozenset()),
    ]


def test_a_bundle_of_several_cves_is_an_alias_of_none() -> None:
    """XSA-297 stands beside three CVEs in three strings; as alias it would make them one flaw."""
    advisories = parse(secdb(xen={"4.11-r1": ["CVE-2018-12126  XSA-297", "CVE-2018-12127  XSA-297"]}))
    assert [(each.aliases, each.text) for each in advisories if isinstance(each, Advisory)] == [(frozenset(), "part of XSA-297")] * 2


@pytest.mark.parametrize("text", ["CVE 2018-16859", "CVE_2018-16859", "CVE-2018-16859.patch", "CVE-2018-16859-1"])
def test_ids_are_recognised_as_people_write_them(text: str) -> None:
    """Real documents hold each of these."""
    [advisory] = parse(secdb(ansible={"2.7-r0": [text]}))
    assert isinstance(advisory, Advisory)
    assert advisory.id == "CVE-2018-16859"


def test_an_entry_without_an_id_is_a_gap_of_its_package() -> None:
    """It concerns those alone who have the package."""
    [gap] = parse(secdb(a={"1-r0": ["see the log"]}))
    assert isinstance(gap, PackageGap)
    assert (gap.package, gap.gap.kind) == ("a", "advisory-record")


def test_a_document_without_packages_says_nothing() -> None:
    """v3.3/community has null there; and fixes may be missing too."""
    assert parse({"packages": None}) == []
    assert parse({"packages": [{"pkg": {"name": "a", "secfixes": None}}, {"pkg": {"name": "b", "secfixes": {"1": None}}}]}) == []


def test_the_end_of_support_of_a_release_is_told() -> None:
    """Reports can say: no support since."""
    records = list(alpine.parse(FEED, [io.BytesIO(b'{"packages": []}')]))
    assert [record.subject for record in records if isinstance(record, Lifecycle)] == ["alpine 3.9"]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"<html>", b'{"packages": [{}]}', b'{"packages": [', b"\xff"])
def test_damaged_documents_are_refused(data: bytes) -> None:
    """Half a document is no document."""
    with pytest.raises(Malformed):
        list(alpine.parse(FEED, [io.BytesIO(data)]))


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_hostile_fixes_raise_nothing_but_ours(fixes: object) -> None:
    """Whatever stands where fixes should stand."""
    with contextlib.suppress(HullwatchError):
        parse({"packages": [{"pkg": {"name": "a", "secfixes": fixes}}]})


@pytest.mark.shared
def test_every_id_of_the_recorded_documents_is_told(shared: Path) -> None:
    """Each CVE that a plain search finds in a package's fixes is told of that package and version, and nothing else is."""
    total = 0
    for path in sorted((shared / "feeds/secdb.alpinelinux.org").glob("v*/*.json")):
        document = json.loads(path.read_text())
        told = {
            (each.package, each.ranges[0].fixed if each.ranges else "0", each.id)
            for each in parse(document)
            if isinstance(each, Advisory) and each.id.startswith("CVE-")
        }
        wanted = {
            (entry["pkg"]["name"], fixed, f"CVE-{year}-{number}")
            for entry in document["packages"] or ()
            for fixed, texts in entry["pkg"]["secfixes"].items()
            for year, number in re.findall(r"CVE[-_ ](\d{4})-(\d{4,})", json.dumps(texts))
        }
        assert told == wanted
        total += len(told)
    assert total > 5000
