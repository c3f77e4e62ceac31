"""What stands of all that is said: denials cancel, classes silence."""

from hullwatch.model import Advisory, AdvisoryClass, Scheme, Status

from ..builders import DEBIAN_FEED, advisory, deb, inventory, judge, python

UPLOAD = AdvisoryClass.SECURITY_UPLOAD
UPDATE = AdvisoryClass.UPDATE


def rules(*said: Advisory, version: str = "1") -> list[str]:
    """Rules of the findings on one source package."""
    return [finding.rule for finding in judge(inventory(deb("a", version)), {"debian/bookworm": said}).findings]


def test_a_denial_cancels_the_same_flaw_of_the_same_feed() -> None:
    """By any of its ids; other flaws stand."""
    assert rules(advisory("CVE-2024-1", "a", "2"), advisory("CVE-2024-1", "a", status=Status.NOT_AFFECTED)) == []
    assert rules(advisory("DSA-1", "a", "2", aliases=["CVE-2024-1"]), advisory("CVE-2024-1", "a", status=Status.NOT_AFFECTED)) == []
    assert rules(advisory("CVE-2024-2", "a", "2"), advisory("CVE-2024-1", "a", status=Status.NOT_AFFECTED)) == ["CVE-2024-2"]


def test_a_denial_holds_for_its_versions_only() -> None:
    """A version below what is called not affected is affected."""
    denial = advisory("CVE-2024-1", "a", status=Status.NOT_AFFECTED, versions=("1+patched",))
    assert rules(advisory("CVE-2024-1", "a", "2"), denial, version="1") == ["CVE-2024-1"]
    assert rules(advisory("CVE-2024-1", "a", "2"), denial, version="1+patched") == []


def test_a_withdrawn_advisory_cancels_nothing() -> None:
    """It only says nothing itself."""
    assert rules(advisory("CVE-2024-1", "a", "2", status=Status.WITHDRAWN)) == []
    assert rules(advisory("CVE-2024-1", "a", "2"), advisory("CVE-2024-1", "a", status=Status.WITHDRAWN)) == ["CVE-2024-1"]


def test_the_strongest_class_counts() -> None:
    """A named flaw silences the upload that mends it, and both silence "there is a newer version"."""
    named, upload, update = (
        advisory("CVE-2024-1", "a", "2"),
        advisory("UP", "a", "2", advisory_class=UPLOAD),
        advisory("U", "a", "2", advisory_class=UPDATE),
    )
    assert rules(named, upload, update) == ["CVE-2024-1"]
    assert rules(upload, update) == ["UP"]
    assert rules(update) == []


def test_a_class_counts_only_where_it_applies() -> None:
    """A flaw mended long ago silences nothing."""
    assert rules(advisory("CVE-2024-1", "a", "1"), advisory("UP", "a", "2", advisory_class=UPLOAD)) == ["UP"]


def test_an_unfixed_flaw_silences_no_upload() -> None:
    """The upload cannot be about it."""
    assert rules(advisory("CVE-2024-1", "a", status=Status.UNFIXED), advisory("UP", "a", "2", advisory_class=UPLOAD)) == [
        "CVE-2024-1",
        "UP",
    ]


def test_outdated_is_one_note_for_all() -> None:
    """With count and names; what has findings is not named again."""
    what = inventory(deb("a", "1"), deb("b", "1"), deb("c", "1"), deb("d", "2"))
    said = [advisory(f"U-{name}", name, "2", advisory_class=UPDATE) for name in "abcd"] + [advisory("CVE-2024-1", "c", "2")]
    judgement = judge(what, {"debian/bookworm": said})
    assert [(note.kind, note.what, note.why) for note in judgement.notes] == [
        ("outdated", "2 source packages", "a newer version names no flaw: a, b")
    ]
    assert [finding.subject for finding in judgement.findings] == ["c"]


def test_one_gap_for_all_that_the_archive_does_not_have() -> None:
    """Only of a feed that lists everything, and only of the distribution's packages."""
    what = inventory(deb("docker-ce", "5"), deb("nodejs", "20"), deb("zlib", "1"), python("six", "1"))
    judgement = judge(what, {"debian/bookworm": [advisory("U", "zlib", "1", advisory_class=UPDATE)], "osv/PyPI": []})
    assert [(gap.kind, gap.what, gap.why) for gap in judgement.gaps] == [
        ("not-in-archive", "2 source packages", "the archive of debian bookworm does not have docker-ce, nodejs")
    ]
    quiet = type(DEBIAN_FEED)(id="debian/bookworm", source="x", addresses=())
    assert judge(what, {}, feeds=[quiet, *judgement.feeds[1:]]).gaps == ()


def test_one_gap_for_all_that_is_newer_than_the_archive() -> None:
    """Above everything that the archive has; the same version is the archive's own."""
    what = inventory(deb("a", "3"), deb("b", "2"), deb("c", "1"))
    said = [advisory(f"U-{name}", name, "2", advisory_class=UPDATE) for name in "abc"] + [advisory("S", "b", "2", advisory_class=UPLOAD)]
    judgement = judge(what, {"debian/bookworm": said})
    assert [(gap.kind, gap.what) for gap in judgement.gaps] == [("newer-than-archive", "1 source package")]
    assert judgement.gaps[0].why.endswith(": a")


def test_two_listing_feeds_are_one_archive() -> None:
    """A source is absent only where none of them has it."""
    other = type(DEBIAN_FEED)(
        id="debian/bookworm-backports", source="x", addresses=(), covers="debian bookworm-backports", lists_every_package=True
    )
    said = {
        "debian/bookworm": [advisory("U", "a", "1", advisory_class=UPDATE)],
        "debian/bookworm-backports": [advisory("U", "b", "1", advisory_class=UPDATE)],
    }
    assert judge(inventory(deb("a", "1"), deb("b", "1")), said, feeds=[DEBIAN_FEED, other]).gaps == ()


def test_python_rows_have_no_classes_to_lose() -> None:
    """Several advisories on one language package all count."""
    said = [advisory("CVE-2024-1", "six", "2", scheme=Scheme.PEP440), advisory("CVE-2024-2", "six", "3", scheme=Scheme.PEP440)]
    judgement = judge(inventory(python("six", "1"), distribution=None), {"osv/PyPI": said})
    assert [finding.rule for finding in judgement.findings] == ["CVE-2024-1", "CVE-2024-2"]
