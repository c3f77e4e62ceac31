"""Findings, and one of them: everything that lets anyone repeat the judgement."""

from datetime import timedelta

from msgspec.structs import replace

from hullwatch.jobs.findings import ground_of
from hullwatch.model import (
    Change,
    Comparison,
    FileKind,
    FileState,
    Finding,
    FindingKind,
    Location,
    PublishedSeverity,
    Range,
    Scheme,
    Score,
    Setting,
    Severity,
    finding_id,
)
from hullwatch.store.finding_search import FindingQuery

from ..reports.builders import MADE_AT, check, diff_id, image, reported
from ..reports.samples import daemon, host, nginx
from .site import Site, Visitor

IMAGE = "docker:app:1"


def found_by(visitor: Visitor, query: str) -> list[list[str]]:
    """Rows of the table of findings."""
    page = visitor.get(f"/findings?{query}")
    rows = [each for each in page.all("tr") if not each.is_in("thead")]
    return [[each.text.strip() for each in page.elements if each.tag in ("td", "th") and row in each.parents] for row in rows]


def flawed(**changes: object) -> Finding:
    """A flaw with everything that can be known of one."""
    compared = Comparison(
        advisory="DSA-5570-1",
        feed="debian/bookworm",
        subject="nghttp2",
        installed="1.52.0-1",
        scheme=Scheme.DEB,
        affected=Range(introduced="1.0", fixed="1.52.0-1+deb12u1"),
        packages=("libnghttp2-14", "nghttp2"),
        seen_at=(Location("var/lib/dpkg/status", diff_id(1), 1),),
        text="rapid reset:\nlimit what a client may cancel",
    )
    made = Finding(
        id=finding_id(FindingKind.VULNERABILITY, "CVE-2023-44487", IMAGE, "nghttp2"),
        kind=FindingKind.VULNERABILITY,
        rule="CVE-2023-44487",
        target=IMAGE,
        subject="nghttp2",
        severity=Severity.HIGH,
        published=(PublishedSeverity("CVSS_V3", "CVSS:3.1/AV:N"),),
        aliases=("GHSA-qppj-fm5r-hxr3",),
        title="HTTP/2 rapid reset",
        installed="1.52.0-1",
        fixed_in="1.52.0-1+deb12u1",
        evidence=(compared,),
        scores=(Score(id="CVE-2023-44487", kind="kev", since=MADE_AT.date()),),
        remedy="upgrade libnghttp2-14",
        notes=("a proxy before it may limit this",),
    )
    return replace(made, **changes)


def test_a_flaw_is_walked_back_to_layer_and_advisory(site: Site) -> None:
    """Package, place, layer with its instruction, advisory, feed with its dates, comparison; fix, mend and first seen."""
    site.remember(image(IMAGE, ("/bin/sh -c #(nop) ADD file:5ad0 in / ",), reported([flawed()]), number=9, layers=(1,)))
    page = site.visitor().get(f"/findings/{flawed().id}")
    assert page.one("h1").words == "CVE-2023-44487 on nghttp2"
    for words in (
        "EXPLOITED high",
        "HTTP/2 rapid reset",
        "Fix 1.52.0-1+deb12u1 mends it; installed is 1.52.0-1",
        "Mend 1: rebuild app:1",
        "Package nghttp2 1.52.0-1 installed as libnghttp2-14, nghttp2",
        "Seen in var/lib/dpkg/status layer 1 · " + diff_id(1),
        "ADD file:5ad0 in /",
        "Advisory DSA-5570-1 rapid reset: limit what a client may cancel",
        "Feed debian/bookworm fetched 2027-01-04 07:12 UTC (2 h ago)",
        "Compared 1.0 <= 1.52.0-1 < 1.52.0-1+deb12u1 by dpkg's order",
        "published: CVSS:3.1/AV:N (CVSS_V3)",
        f"EXPLOITED since {MADE_AT.date()}, says CISA's list",
        "Also called GHSA-qppj-fm5r-hxr3",
        "First seen 2027-01-04 09:12 UTC (just now)",
        "a proxy before it may limit this",
        "hullwatch explain CVE-2023-44487 docker:app:1",
        "on nothing else that is watched",
    ):
        assert words in page.text
    twin = site.visitor().client.get(f"/api/v1/findings/{flawed().id}").json()
    assert twin["layers"][0]["instruction"].endswith("ADD file:5ad0 in / ")
    assert twin["feeds"] == [{"id": "debian/bookworm", "published_at": None, "fetched_at": "2027-01-04T07:12:00Z"}]


def test_a_flaw_that_nothing_mends_says_so(site: Site) -> None:
    """And that nobody rated it: that is not low."""
    found = flawed(fixed_in="", severity=Severity.UNRATED, published=(), scores=(), remedy="")
    site.remember(image(IMAGE, ("ADD x /",), reported([found]), number=9, layers=(1,)))
    page = site.visitor().get(f"/findings/{found.id}")
    assert "Fix none yet: unfixed" in page.text
    assert "Severity unrated · its publisher gives none" in page.text
    assert "EXPLOITED" not in page.text


def test_a_check_is_walked_back_to_the_setting(site: Site) -> None:
    """Where, what was found, what should be; its number; what the same check says of other objects."""
    answer = replace(
        check("inter-container-traffic", "2.2", "daemon", title="Containers cannot reach each other", remedy='"icc": false'),
        evidence=(Setting(where="bridge", found="enable_icc is true", expected="enable_icc is false"),),
    )
    report = daemon()
    others = tuple(each for each in report.findings if each.finding.rule != answer.rule)
    site.remember(replace(report, findings=(*others, *reported([answer]))))
    page = site.visitor().get(f"/findings/{answer.id}")
    assert page.one("h1").words == "2.2 inter-container-traffic"
    assert 'Remedy "icc": false' in page.text
    assert "Where bridge Found enable_icc is true Expected enable_icc is false" in page.text
    assert "Benchmark CIS 1.6.0, number 2.2" in page.text
    user = next(each.finding for each in others if each.finding.rule == "image-user")
    assert "Elsewhere daemon (container:worker-1)" in site.visitor().get(f"/findings/{user.id}").text


def test_a_check_that_needs_a_person_or_passes_says_so(site: Site) -> None:
    """Its page is there; it is no failure."""
    site.remember(daemon())
    found = {each.finding.manual: each.finding for each in daemon().findings if each.finding.verdict == "undetermined"}
    assert "undetermined a person has to look" in site.visitor().get(f"/findings/{found[True].id}").text
    passed = next(each.finding for each in daemon().findings if each.finding.verdict == "pass")
    assert "medium pass" in site.visitor().get(f"/findings/{passed.id}").text


def test_a_changed_file_is_shown_before_and_after(site: Site) -> None:
    """Mode, owner, size, digest; or that it was absent."""
    now = FileState(path="etc/passwd", kind=FileKind.FILE, mode=0o644, uid=0, gid=0, size_bytes=1024, sha256="ab" * 32)
    found = Finding(
        id=finding_id(FindingKind.INTEGRITY, "file-changed", "host", "etc/passwd"),
        kind=FindingKind.INTEGRITY,
        rule="file-changed",
        target="host",
        subject="etc/passwd",
        severity=Severity.MEDIUM,
        evidence=(Change(path="etc/passwd", before=None, after=now),),
    )
    site.remember(replace(host(), findings=reported([found])))
    page = site.visitor().get(f"/findings/{found.id}")
    assert f"Before absent Now file, mode 0644, owner 0:0, 1024 bytes, sha256 {'ab' * 32}" in page.text
    assert "1 files changed" in site.visitor().get("/").text


def test_a_finding_that_is_gone_says_when(site: Site) -> None:
    """Its evidence stays."""
    before = image(IMAGE, ("ADD x /",), reported([flawed()]), number=9, layers=(1,))
    site.remember(before)
    site.remember(replace(before, findings=()))
    page = site.visitor().get(f"/findings/{flawed().id}")
    assert "gone 2027-01-04 09:12 UTC" in page.text
    assert "Compared 1.0 <= 1.52.0-1" in page.text
    assert len(found_by(site.visitor(), "gone=true")) == 1
    assert found_by(site.visitor(), "") == []


def test_findings_are_filtered_and_the_worst_come_first(fleet: Site) -> None:
    """Exploited before critical, unrated between high and medium, as in reports; all filters hold at once."""
    visitor = fleet.visitor()
    worst = [row[0] for row in found_by(visitor, "kind=vulnerability&fixable=true")]
    order = ["EXPLOITED", "critical", "high", "unrated", "medium", "low", "negligible"]
    assert worst == sorted(worst, key=order.index)
    assert worst[:5] == ["EXPLOITED"] * 5
    assert len(found_by(visitor, "kind=vulnerability&fixable=true&severity=critical&waived=false")) == 14
    assert len(found_by(visitor, "target=host&fixable=false")) == 13
    assert {row[2] for row in found_by(visitor, "text=openssl")} == {"openssl"}
    assert len(found_by(visitor, "kind=benchmark")) == 10
    assert found_by(visitor, "rule=CVE-1999-0001") == []
    assert "Nothing that is watched has such a finding" in visitor.get("/findings?rule=CVE-1999-0001").text


def test_the_form_and_the_twin_keep_the_filters(fleet: Site) -> None:
    """So that one can go on from there; what was not asked for is left out."""
    visitor = fleet.visitor()
    page = visitor.get("/findings?text=&severity=high&severity=critical&fixable=true&kind=&gone=")
    (twin,) = [each.attributes["href"] for each in page.all("link") if each.attributes["rel"] == "alternate"]
    assert twin == "/api/v1/findings?severity=high&severity=critical&fixable=true&watched=true"
    checked = {each.attributes["value"] for each in page.all("input") if "checked" in each.attributes}
    assert checked == {"high", "critical"}
    (chosen,) = [each.attributes["value"] for each in page.all("option") if "selected" in each.attributes and each.attributes["value"]]
    assert chosen == "true"
    listed = visitor.client.get(twin).json()["findings"]
    assert [each["rule"] for each in listed] == [
        row[1].split()[0] for row in found_by(visitor, twin.partition("?")[2].partition("&watched")[0])
    ]


def test_pages_follow_each_other_without_a_hole(fleet: Site) -> None:
    """Every finding once."""
    visitor = fleet.visitor()
    seen: list[str] = []
    following = "/findings?kind=vulnerability"
    while following:
        page = visitor.get(following)
        seen += [each for each in page.links() if each.startswith("/findings/")]
        following = next((each.attributes["href"] for each in page.all("a") if each.attributes.get("rel") == "next"), "")
        assert "kind=vulnerability" in following or not following
    assert len(seen) == len(set(seen)) == 200


def test_what_is_not_watched_any_more_is_not_listed(site: Site) -> None:
    """Its findings can still be looked at."""
    site.remember(nginx())
    finding = site.memory.findings.page(FindingQuery(), limit=1)[0][0]
    site.memory.targets.leave(1)
    assert found_by(site.visitor(), "") == []
    assert finding.finding.rule in site.visitor().get(f"/findings/{finding.finding.id}").text
    assert ground_of(site.server, finding).feeds[0].fetched_at == MADE_AT - timedelta(hours=2)


def test_there_is_no_such_finding(site: Site) -> None:
    """A page says so."""
    assert "there is no finding 0123456789abcdef" in site.visitor().get("/findings/0123456789abcdef", 404).text
