"""judge_packages as a whole: each package by its own publisher, and nothing silent."""

from datetime import UTC, date, datetime

from hullwatch.assess.vulnerabilities import judge_packages
from hullwatch.model import (
    AdvisoryClass,
    Comparison,
    Feed,
    Gap,
    Lifecycle,
    Location,
    PublishedSeverity,
    Range,
    Scheme,
    Score,
    Severity,
    Status,
    TargetKind,
    Verdict,
    finding_id,
)
from hullwatch.model.findings import FindingKind

from ..builders import (
    ALPINE,
    ALPINE_FEED,
    DEBIAN_FEED,
    KEV_FEED,
    PYPI_FEED,
    MemoryAdvisories,
    advisory,
    apk,
    deb,
    inventory,
    judge,
    only,
    python,
    triples,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_whole_answers_of_three_publishers() -> None:
    """Affected, not affected and absent, of Debian and of PyPI; Python packages that Debian installed are not judged twice."""
    what = inventory(
        deb("libssl3", "3.0.11-1~deb12u2", source="openssl"),
        deb("openssl", "3.0.11-1~deb12u2", source="openssl"),
        deb("zlib1g", "1:1.2.13.dfsg-1", source="zlib"),
        deb("python3-jinja2", "3.1.2-1", source="jinja2"),
        python("Jinja2", "3.1.2", owned_by="python3-jinja2"),
        python("urllib3", "1.26.12"),
        python("Typing_Extensions", "4.8.0"),
    )
    said = {
        "debian/bookworm": [
            advisory("CVE-2024-5535", "openssl", "3.0.15-1~deb12u1"),
            advisory("CVE-2023-5363", "openssl", "3.0.11-1~deb12u2"),
            advisory("CVE-2023-45853", "zlib", "1:1.2.13.dfsg-1"),
            advisory("CVE-2022-1271", "xz-utils", "5.4.1-0"),
            advisory("U", "jinja2", "3.1.2-1", advisory_class=AdvisoryClass.UPDATE),
        ],
        "osv/PyPI": [
            advisory("PYSEC-2024-1", "jinja2", "3.1.4", scheme=Scheme.PEP440, aliases=["CVE-2024-34064"]),
            advisory("PYSEC-2023-1", "urllib3", "1.26.17", scheme=Scheme.PEP440, aliases=["CVE-2023-43804", "GHSA-v845-jxx5-vc9f"]),
            advisory("PYSEC-2020-1", "urllib3", "1.24.3", scheme=Scheme.PEP440, aliases=["CVE-2019-11324"]),
            advisory("PYSEC-2025-1", "typing-extensions", "4.9.0", scheme=Scheme.PEP440, aliases=["CVE-2025-0001"]),
        ],
    }
    answers = triples(
        judge(what, said),
        [
            ("CVE-2024-5535", "openssl"),
            ("CVE-2023-5363", "openssl"),
            ("CVE-2023-45853", "zlib"),
            ("CVE-2022-1271", "xz-utils"),
            ("CVE-2024-34064", "pypi:jinja2"),
            ("CVE-2023-43804", "pypi:urllib3"),
            ("CVE-2019-11324", "pypi:urllib3"),
            ("CVE-2025-0001", "pypi:typing-extensions"),
        ],
    )
    assert [answer for *_, answer in answers] == [
        "affected", "not affected", "not affected", "absent", "not affected", "affected", "not affected", "affected",
    ]  # fmt: skip
    assert len(judge(what, said).findings) == 3


def test_one_question_a_feed_and_each_judges_its_own() -> None:
    """A feed is asked once, for all names that it judges; feeds of scores are not asked about packages."""
    what = inventory(
        deb("libssl3", "3", source="openssl"),
        deb("openssl", "3"),
        deb("python3-pip", "23", source="openssl"),
        python("Jinja2", "3"),
        python("pip", "23", owned_by="python3-pip"),
    )
    listed = {DEBIAN_FEED.id: [advisory("update", "openssl", "3", advisory_class=AdvisoryClass.UPDATE)]}
    advisories = MemoryAdvisories(listed, feeds=[PYPI_FEED, DEBIAN_FEED, KEV_FEED])
    judgement = judge_packages(what, advisories, now=NOON)
    assert advisories.asked == [("debian/bookworm", frozenset({"openssl"})), ("osv/PyPI", frozenset({"jinja2"}))]
    assert judgement.feeds == (PYPI_FEED, DEBIAN_FEED, KEV_FEED)


def test_what_a_third_party_s_package_brought_is_judged_by_its_ecosystem() -> None:
    """The archive does not list the owner's source, so its publisher never speaks of what it bundles: PyPI's word is asked."""
    what = inventory(deb("vendor-cli", "500"), python("urllib3", "1.26.12", owned_by="vendor-cli"))
    said = {
        DEBIAN_FEED.id: [advisory("update", "openssl", "3", advisory_class=AdvisoryClass.UPDATE)],
        PYPI_FEED.id: [advisory("CVE-2023-43804", "urllib3", "1.26.17", scheme=Scheme.PEP440)],
    }
    judgement = judge_packages(what, MemoryAdvisories(said, feeds=[DEBIAN_FEED, PYPI_FEED]), now=NOON)
    assert [(finding.rule, finding.subject) for finding in judgement.findings] == [("CVE-2023-43804", "pypi:urllib3")]
    assert not [note for note in judgement.notes if note.kind == "owned-packages"]


def test_a_finding_can_be_walked_back() -> None:
    """It says what was compared, which packages carry it and where they lie, and its id does not depend on that."""
    what = inventory(
        deb("libssl3", "3.0.11-1", source="openssl", layer=1),
        deb("openssl", "3.0.11-1", layer=2),
        deb("libssl-dev", "3.0.11-1", source="openssl", layer=2),
    )
    said = {"debian/bookworm": [advisory("CVE-2024-1", "openssl", "3.0.15-1", text="fix it", title="a flaw")]}
    finding = only(judge(what, said, scores=[Score(id="CVE-2024-1", kind="kev", since=date(2024, 1, 2))]).findings)
    evidence = only_comparison(finding.evidence)
    assert finding.id == finding_id(FindingKind.VULNERABILITY, "CVE-2024-1", "docker:a:1", "openssl")
    assert (finding.subject, finding.installed, finding.fixed_in) == ("openssl", "3.0.11-1", "3.0.15-1")
    assert (finding.remedy, finding.title, finding.status) == ("upgrade openssl to 3.0.15-1", "a flaw", Status.FIXED)
    assert finding.exploited
    assert finding.fixable
    assert finding.severity is Severity.UNRATED
    assert (evidence.advisory, evidence.feed, evidence.affected, evidence.text) == (
        "CVE-2024-1",
        "debian/bookworm",
        Range(fixed="3.0.15-1"),
        "fix it",
    )
    assert evidence.packages == ("libssl-dev", "libssl3", "openssl")
    assert [location.layer_number for location in evidence.seen_at] == [1, 2]


def only_comparison(evidence: tuple[object, ...]) -> Comparison:
    """The one comparison."""
    assert len(evidence) == 1
    assert isinstance(evidence[0], Comparison)
    return evidence[0]


def test_a_missing_feed_is_a_gap() -> None:
    """What the database lacks flows through, after the gaps of reading."""
    read = Gap(kind="package-record", what="dpkg package", why="no Version")
    missing = Gap(kind="feed-missing", what="debian/bookworm", why="offline")
    judgement = judge(inventory(deb("zlib1g", "1"), gaps=(read,)), {}, feeds=[missing])
    assert judgement.gaps == (read, missing)
    assert judgement.findings == ()


def test_packages_that_nobody_speaks_of_are_a_gap_even_if_the_database_says_nothing() -> None:
    """Silence is never a pass."""
    judgement = judge(inventory(deb("zlib1g", "1"), python("six", "1")), {}, feeds=[])
    assert [(gap.kind, gap.what) for gap in judgement.gaps] == [
        ("feed-missing", "1 deb source packages of debian 12"),
        ("feed-missing", "1 PyPI packages"),
    ]


def test_one_gap_of_the_database_does_not_stand_for_all_that_nobody_speaks_of() -> None:
    """An image of Debian that holds Alpine's packages too: that Debian's feed has a doubt, or is missing, says nothing of those."""
    both = inventory(deb("zlib1g", "1"), apk("musl", "1.1.20-r4"))
    doubt = Gap(kind="changelog", what="what was fixed in zlib", why="unreadable")
    missing = Gap(kind="feed-missing", what="debian/bookworm", why="offline")
    nobody = ("feed-missing", "1 apk source packages of debian 12")
    answers: tuple[list[Feed | Gap], ...] = ([DEBIAN_FEED, doubt], [missing])
    for feeds in answers:
        assert nobody in [(gap.kind, gap.what) for gap in judge(both, {}, feeds=feeds).gaps]
    of_all = Gap(kind="no-advisories", what="2 packages of Ubuntu 22.04", why="no source speaks of them")
    assert judge(both, {}, feeds=[of_all]).gaps == (of_all,)


def test_no_packages_no_gap() -> None:
    """An image without packages has nothing to be judged."""
    assert judge(inventory(), {}, feeds=[]).gaps == ()


def test_gaps_of_a_feed_flow_through_once() -> None:
    """A feed that cannot read an entry says so; the same thing said twice is one gap."""
    gap = Gap(kind="changelog", what="openssl", why="unreadable")
    judgement = judge(
        inventory(deb("openssl", "3")), {"debian/bookworm": [gap, gap, advisory("U", "openssl", "3", advisory_class=AdvisoryClass.UPDATE)]}
    )
    assert judgement.gaps == (gap,)


def test_owned_language_packages_are_one_note() -> None:
    """The distribution's word counts for what it installed, and that is said once."""
    what = inventory(python("six", "1", owned_by="python3-six"), python("pip", "1", owned_by="python3-pip"), distribution=None)
    judgement = judge(what, {"osv/PyPI": [advisory("PYSEC-1", "six", "2", scheme=Scheme.PEP440)]})
    assert judgement.findings == ()
    assert [(note.kind, note.what) for note in judgement.notes] == [("owned-packages", "2 language packages")]


def test_two_environments_are_one_finding() -> None:
    """Versions of one Python package in two places are one finding with evidence for each; what mends it mends both."""
    what = inventory(
        python("Jinja2", "3.1.2", path="srv/a/lib/python3.11/site-packages/x"),
        python("jinja2", "2.11.3", path="srv/b/lib/python3.11/site-packages/x"),
        distribution=None,
    )
    flaw = advisory(
        "PYSEC-1",
        "jinja2",
        scheme=Scheme.PEP440,
        aliases=["CVE-2024-2"],
        ranges=(Range(fixed="2.11.4"), Range(introduced="3.0", fixed="3.1.4")),
    )
    finding = only(judge(what, {"osv/PyPI": [flaw]}).findings)
    assert (finding.rule, finding.subject, finding.aliases) == ("CVE-2024-2", "pypi:jinja2", ("PYSEC-1",))
    assert (finding.installed, finding.fixed_in) == ("2.11.3", "3.1.4")
    compared = [(each.installed, each.affected) for each in finding.evidence if isinstance(each, Comparison)]
    assert compared == [("3.1.2", Range(introduced="3.0", fixed="3.1.4")), ("2.11.3", Range(fixed="2.11.4"))]
    assert finding.remedy == "upgrade jinja2 to 3.1.4"


def test_places_are_capped() -> None:
    """However often a package lies in a target, evidence stays small."""
    many = tuple(Location(f"srv/{number}/METADATA") for number in range(100))
    package = python("six", "1.0")
    what = inventory(
        type(package)(**{field: getattr(package, field) for field in package.__struct_fields__ if field != "seen_at"}, seen_at=many)
    )
    finding = only(judge(what, {"osv/PyPI": [advisory("PYSEC-1", "six", "2", scheme=Scheme.PEP440)]}, feeds=[PYPI_FEED]).findings)
    assert len(only_comparison(finding.evidence).seen_at) == 20


def test_no_fix_is_said_as_the_publisher_says_it() -> None:
    """Unfixed and will-not-fix are findings without a version; under investigation is undetermined; withdrawn is nothing."""
    said = {
        "debian/bookworm": [
            advisory("CVE-2024-1", "zlib", status=Status.UNFIXED),
            advisory("CVE-2024-2", "zlib", status=Status.WILL_NOT_FIX, ranges=(Range(),)),
            advisory("CVE-2024-3", "zlib", status=Status.UNDER_INVESTIGATION),
            advisory("CVE-2024-4", "zlib", "9", status=Status.WITHDRAWN),
        ]
    }
    findings = judge(inventory(deb("zlib", "1")), said).findings
    assert [(each.rule, each.status, each.fixed_in, each.verdict, each.remedy) for each in findings] == [
        ("CVE-2024-1", Status.UNFIXED, "", Verdict.FAIL, ""),
        ("CVE-2024-2", Status.WILL_NOT_FIX, "", Verdict.FAIL, ""),
        ("CVE-2024-3", Status.UNDER_INVESTIGATION, "", Verdict.UNDETERMINED, ""),
    ]


def test_severities_are_kept_as_published_and_rated() -> None:
    """The publisher's words stay beside our own rating."""
    vector = PublishedSeverity("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
    finding = only(
        judge(inventory(deb("zlib", "1")), {"debian/bookworm": [advisory("CVE-2024-1", "zlib", "2", severities=(vector,))]}).findings
    )
    assert finding.published == (vector,)
    assert finding.severity is Severity.CRITICAL


def test_scores_are_joined_under_every_alias() -> None:
    """What is known of the CVE is known of the finding, whatever its advisory is called."""
    flaw = advisory("PYSEC-1", "six", "2", scheme=Scheme.PEP440, aliases=["CVE-2024-9"])
    known = Score(id="CVE-2024-9", kind="kev")
    other = Score(id="CVE-2024-8", kind="kev")
    finding = only(judge(inventory(python("six", "1")), {"osv/PyPI": [flaw]}, feeds=[PYPI_FEED], scores=[known, other]).findings)
    assert finding.scores == (known,)


def test_alpine_by_origin_in_both_repositories() -> None:
    """Both repositories are asked, and "never affected" in one does not cancel what the other says."""
    community = type(ALPINE_FEED)(id="alpine/v3.9/community", source="alpine", addresses=(), covers="alpine 3.9 community")
    what = inventory(apk("libcrypto1.1", "1.1.1b-r1", source="openssl"), distribution=ALPINE)
    said = {
        "alpine/v3.9/main": [advisory("CVE-2019-1543", "openssl", "1.1.1b-r2", scheme=Scheme.APK)],
        "alpine/v3.9/community": [advisory("CVE-2019-1543", "openssl", scheme=Scheme.APK, status=Status.NOT_AFFECTED)],
    }
    finding = only(judge(what, said, feeds=[ALPINE_FEED, community]).findings)
    assert (finding.rule, finding.fixed_in) == ("CVE-2019-1543", "1.1.1b-r2")


def test_the_end_of_support_is_a_gap() -> None:
    """Past it the feed's silence is no news; on its last day it still is."""
    what = inventory(apk("musl", "1.1.20-r4"), distribution=ALPINE)
    ends = [Lifecycle(subject="alpine 3.9", ends=date(2020, 11, 1))]
    over = judge(what, {"alpine/v3.9/main": []}, lifecycles=ends, now=datetime(2020, 11, 2, tzinfo=UTC))
    assert [(gap.kind, gap.what, gap.why) for gap in over.gaps] == [
        ("end-of-life", "Alpine 3.9", "Alpine publishes nothing for 3.9 since 2020-11-01; later flaws cannot be known")
    ]
    assert judge(what, {"alpine/v3.9/main": []}, lifecycles=ends, now=datetime(2020, 11, 1, 23, tzinfo=UTC)).gaps == ()


def test_findings_are_in_natural_order() -> None:
    """By subject, then by id as people sort it."""
    said = {
        "debian/bookworm": [advisory(id_, name, "2") for name in ("zlib", "curl") for id_ in ("CVE-2023-10000", "CVE-2023-9999", "DSA-1")]
    }
    found = judge(inventory(deb("zlib", "1"), deb("curl", "1")), said).findings
    assert [(each.subject, each.rule) for each in found] == [
        ("curl", "CVE-2023-9999"), ("curl", "CVE-2023-10000"), ("curl", "DSA-1"),
        ("zlib", "CVE-2023-9999"), ("zlib", "CVE-2023-10000"), ("zlib", "DSA-1"),
    ]  # fmt: skip


def test_target_kind_does_not_matter_to_packages() -> None:
    """A directory is judged as an image is; only its reference differs."""
    directory = type(inventory().target)(kind=TargetKind.DIRECTORY, reference="dir:/srv/root")
    finding = only(
        judge(inventory(deb("zlib", "1"), target=directory), {"debian/bookworm": [advisory("CVE-2024-1", "zlib", "2")]}).findings
    )
    assert finding.target == "dir:/srv/root"
