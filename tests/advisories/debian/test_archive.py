"""Debian's archive from signed indexes to what is said of an inventory, by a mirror of the test's own."""

import contextlib
import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.advisories import kept
from hullwatch.advisories.database import AdvisoryDatabase
from hullwatch.advisories.debian import archive as debian_archive
from hullwatch.assess.vulnerabilities import judge_packages
from hullwatch.errors import HullwatchError
from hullwatch.model import Advisory, AdvisoryClass, Distribution, Feed, Judgement, Lifecycle, Package

from ...doubles import NOON, FixedClock
from ..builders import BOOKWORM, deb, inventory, update
from ..conftest import Signer, Web, serving
from ..debian_mirror import CHANGELOGS, Mirror, changelog, documented, tar
from ..debian_mirror import deb as deb_file


@pytest.fixture
def mirror(tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """An empty archive that our own key signs."""
    monkeypatch.setattr(debian_archive, "KEYRING", str(signer.keyring))
    return Mirror(tmp_path / "mirror", signer)


@pytest.fixture
def database(tmp_path: Path) -> AdvisoryDatabase:
    """An empty one."""
    return AdvisoryDatabase(tmp_path / "advisories")


def judge(database: AdvisoryDatabase, mirror: Mirror, *packages: Package, offline: bool = False, now: datetime = NOON) -> Judgement:
    """Update, then judge: what a scan does. Gaps of updating come first."""
    image = inventory(BOOKWORM, *packages)
    mirror.publish()
    gaps = () if offline else tuple(gap for gap in update(database, [image], mirror.root, clock=FixedClock(now)) if gap.what != "kev")
    found = judge_packages(image, database, now=now)
    return Judgement(
        inventory=image, findings=found.findings, gaps=(*gaps, *(gap for gap in found.gaps if gap.what != "kev")), notes=found.notes
    )


def told(judgement: Judgement) -> set[tuple[str, str]]:
    return {(finding.subject, finding.rule) for finding in judgement.findings}


def kinds(judgement: Judgement) -> list[str]:
    return [gap.kind for gap in judgement.gaps]


def test_the_flaws_above_the_installed_version_are_told(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """By source package and source version, with an epoch, whatever the binary's own version is."""
    text = changelog(("1:2-1+deb12u2", "CVE-2026-0002"), ("1:2-1+deb12u1", "CVE-2026-0001"), ("1:2-1", "CVE-2020-0001"))
    mirror.source("bookworm", "example", "1:2-1+deb12u2", text)
    judgement = judge(database, mirror, deb("libexample", "7-4+b1", source="example", source_version="1:2-1+deb12u1"))
    assert told(judgement) == {("example", "CVE-2026-0002")}
    assert judgement.findings[0].fixed_in == "1:2-1+deb12u2"
    assert judgement.gaps == ()


def test_what_is_current_needs_nothing_further(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """No changelog is read, none is missed."""
    mirror.source("bookworm", "example", "2-1")
    assert judge(database, mirror, deb("example", "2-1")).gaps == ()


def test_the_highest_of_the_three_suites_counts(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """The security suite is not always ahead."""
    mirror.source("bookworm-security", "curl", "7-1+deb12u1")
    mirror.source("bookworm", "curl", "7-1+deb12u3", changelog(("7-1+deb12u3", "CVE-2026-0003"), ("7-1+deb12u1", "CVE-2026-0001")))
    mirror.source("bookworm-updates", "curl", "7-1+deb12u2")
    assert told(judge(database, mirror, deb("curl", "7-1+deb12u1"))) == {("curl", "CVE-2026-0003")}


def test_a_security_upload_that_names_no_cve_is_a_finding_of_its_own(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """With other ids and its text, under an id that stays when the version changes."""
    mirror.source("bookworm-security", "xz-utils", "5-1+deb12u2", changelog(("5-1+deb12u2", "fix GHSA-5qpq-xqfv-j9pg"), ("5-1", "new")))
    [finding] = judge(database, mirror, deb("xz-utils", "5-1")).findings
    assert (finding.rule, finding.aliases, finding.fixed_in) == ("bookworm-security/xz-utils", ("GHSA-5qpq-xqfv-j9pg",), "5-1+deb12u2")


def test_what_is_merely_newer_is_outdated(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """A note and no finding."""
    mirror.source("bookworm", "tool", "2-1", changelog(("2-1", "prettier"), ("1-1", "new")))
    judgement = judge(database, mirror, deb("tool", "1-1"))
    assert judgement.findings == ()
    assert [note.why for note in judgement.notes if note.kind == "outdated"] == ["a newer version names no flaw: tool"]


def test_a_recorded_rebuild_is_told(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """jetty9's real changelog in an archive of ours."""
    version = "9.4.57-1.1~deb12u1"
    mirror.source("bookworm-security", "jetty9", version, (CHANGELOGS / f"jetty9_{version}").read_text())
    assert told(judge(database, mirror, deb("libjetty9-java", "9.4.57-1", source="jetty9"))) == {("jetty9", "CVE-2025-5115")}


def test_kernel_headers_inherit_no_flaw_of_the_kernel(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """linux-libc-dev is outdated; the image beside it is vulnerable, signed or not."""
    mirror.source("bookworm", "linux", "6.1.2-1", changelog(("6.1.2-1", "CVE-2026-0001"), ("6.1.1-1", "x")))
    headers = judge(database, mirror, deb("linux-libc-dev", "6.1.1-1", source="linux"))
    assert headers.findings == ()
    assert "linux" in headers.notes[-1].why
    image = deb("linux-image-6.1.0-1-amd64-unsigned", "6.1.1-1", source="linux")
    assert told(judge(database, mirror, image)) == {("linux", "CVE-2026-0001")}


def test_where_the_source_is_not_there_a_binary_package_tells(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """The security archive often has no sources; Packages says what was built from them."""
    mirror.source("bookworm-security", "example", "2-1")
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(160))
    content = deb_file(documented("libexample", changelog(("2-1", "CVE-2026-0001"), ("1-1", "x")), before=noise))
    mirror.binary("bookworm-security", "libexample", "example (2-1)", content)
    assert told(judge(database, mirror, deb("libexample", "1-1", source="example"))) == {("example", "CVE-2026-0001")}


def test_an_unreadable_changelog_is_a_gap_and_the_class_is_that_of_the_suite(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """A finding without ids for a security upload; nothing is silently fine."""
    mirror.source("bookworm-security", "secret", "2-1")
    mirror.source("bookworm", "plain", "2-1")
    judgement = judge(database, mirror, deb("secret", "1-1"), deb("plain", "1-1"))
    assert told(judgement) == {("secret", "bookworm-security/secret")}
    [gap] = judgement.gaps
    assert (gap.kind, gap.what) == ("changelog", "what was fixed in plain, secret")


def test_a_fix_that_is_not_built_is_a_gap(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """The source is in the archive, and no package of it for this architecture."""
    mirror.source("bookworm-security", "caddy", "2-1+deb12u1", changelog(("2-1+deb12u1", "CVE-2026-0001"), ("2-1", "x")), built=False)
    judgement = judge(database, mirror, deb("caddy", "2-1"))
    assert told(judgement) == {("caddy", "CVE-2026-0001")}
    assert [(gap.kind, "not built for amd64" in gap.why) for gap in judgement.gaps] == [("not-built", True)]


def test_sources_outside_of_the_archive_are_one_gap(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """Every other source is listed, current or not; so silence about one means that nobody knows it."""
    mirror.source("bookworm", "known", "1-1")
    judgement = judge(database, mirror, deb("known", "1-1"), deb("agent", "1"), deb("driver", "1"))
    assert [(gap.kind, gap.what) for gap in judgement.gaps] == [("not-in-archive", "2 source packages")]


def test_without_a_network_what_was_not_read_is_a_gap(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """An older image than any before: its entries were not read, so its flaws are not all known, and that is said."""
    many = [(f"1-{number}", f"CVE-2026-{number:04}") for number in range(60, 0, -1)]
    mirror.source("bookworm", "example", "1-60", changelog(*many))
    assert len(judge(database, mirror, deb("example", "1-58")).findings) == 2
    offline = judge(database, mirror, deb("example", "1-2"), offline=True)
    assert kinds(offline) == ["changelog"]
    assert "not read far enough" in offline.gaps[0].why
    assert len(judge(database, mirror, deb("example", "1-2")).findings) == 58


def test_changelogs_read_before_are_kept_when_the_indexes_change(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """A newer version's is read down to where the known one begins; what an older image lacks stays known."""
    mirror.source("bookworm", "example", "1-60", changelog(*((f"1-{number}", f"CVE-2026-{number:04}") for number in range(60, 0, -1))))
    old, new = deb("example", "1-2"), deb("example", "1-60")
    assert len(judge(database, mirror, old).findings) == 58
    mirror.source(
        "bookworm-security", "example", "1-61", changelog(*((f"1-{number}", f"CVE-2026-{number:04}") for number in range(61, 0, -1)))
    )
    later = NOON + timedelta(days=2)
    assert told(judge(database, mirror, new, now=later)) == {("example", "CVE-2026-0061")}
    offline = judge(database, mirror, old, offline=True, now=later)
    assert (len(offline.findings), offline.gaps) == (59, ())


def test_nothing_is_fetched_twice(mirror: Mirror, database: AdvisoryDatabase, web: Web) -> None:
    """A fresh feed is not asked; an unchanged one costs its three Release files."""
    mirror.source("bookworm", "example", "2-1", changelog(("2-1", "CVE-2026-0001"), ("1-1", "x")))
    mirror.publish()
    web.answer = serving(mirror.root)
    image = inventory(BOOKWORM, deb("example", "1-1"))
    update(database, [image], web.address)
    asked = [path for path, _ in web.requests if "debian" in path]
    assert len([path for path in asked if path.endswith("InRelease")]) == 3
    assert any(path.endswith("example_2-1.debian.tar.xz") for path in asked)
    web.requests.clear()
    update(database, [image], web.address)
    assert not [path for path, _ in web.requests if "debian" in path]
    update(database, [image], web.address, clock=FixedClock(NOON + timedelta(days=2)))
    assert [path.rpartition("/")[2] for path, _ in web.requests if "debian" in path] == ["InRelease"] * 3
    [feed] = [feed for feed in database.status() if feed.source == "debian"]
    assert feed.fetched_at == NOON + timedelta(days=2)


def test_an_index_that_has_not_changed_is_not_fetched_again(
    mirror: Mirror, database: AdvisoryDatabase, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Main's is large and stands still for months, while security changes every day; what no feed is made of any more is removed."""
    monkeypatch.setattr(kept, "_WORTH_KEEPING", 1)
    mirror.source("bookworm", "example", "2-1")
    mirror.source("bookworm-security", "example", "1-1")
    mirror.publish()
    web.answer = serving(mirror.root)
    image = inventory(BOOKWORM, deb("example", "2-1"))
    update(database, [image], web.address)
    before = {path.name for path in (database.directory / "documents").iterdir()}
    mirror.source("bookworm-security", "another", "1-1")
    mirror.publish()
    web.requests.clear()
    update(database, [image], web.address, clock=FixedClock(NOON + timedelta(days=2)))
    assert [path for path, _ in web.requests if path.endswith("Sources.xz")] == [
        "/deb.debian.org/debian-security/dists/bookworm-security/main/source/Sources.xz"
    ]
    after = {path.name for path in (database.directory / "documents").iterdir()}
    assert len(after) == len(before)
    assert after != before


def test_an_index_that_does_not_fit_its_digest_is_refused(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """The old rows stay, and the gap says of when they are."""
    mirror.source("bookworm", "example", "2-1", changelog(("2-1", "CVE-2026-0001"), ("1-1", "x")))
    image = inventory(BOOKWORM, deb("example", "1-1"))
    assert told(judge(database, mirror, deb("example", "1-1"))) == {("example", "CVE-2026-0001")}
    mirror.source("bookworm", "another", "1-1")
    mirror.publish()
    index = mirror.path("bookworm", "dists/bookworm/main/source/Sources.xz")
    index.write_bytes(index.read_bytes()[:-4] + b"\0\0\0\0")
    gap = next(gap for gap in update(database, [image], mirror.root, clock=FixedClock(NOON + timedelta(days=2))) if gap.what != "kev")
    assert gap.kind == "feed-untrusted"
    assert "judged by what was fetched on 2026-11-25" in gap.why
    assert [finding.rule for finding in judge_packages(image, database, now=NOON).findings] == ["CVE-2026-0001"]


@pytest.mark.parametrize("damage", ["Codename: bookworm-security", "Origin: Evil"])
def test_a_release_file_that_anyone_changed_is_refused(mirror: Mirror, database: AdvisoryDatabase, damage: str) -> None:
    """By its signature."""
    mirror.publish()
    path = mirror.path("bookworm", "dists/bookworm/InRelease")
    path.write_text(path.read_text().replace("Codename: bookworm", damage))
    [gap, *_] = update(database, [inventory(BOOKWORM, deb("a", "1"))], mirror.root)
    assert gap.kind == "feed-untrusted"


def test_another_suites_release_file_is_refused(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """Well signed, and yet not what was asked for: main in place of security would hide every upload."""
    mirror.publish()
    main, security = (mirror.path(suite, f"dists/{suite}/InRelease") for suite in ("bookworm", "bookworm-security"))
    security.write_bytes(main.read_bytes())
    [gap, *_] = update(database, [inventory(BOOKWORM, deb("a", "1"))], mirror.root)
    assert (gap.kind, "that of Debian bookworm" in gap.why) == ("feed-untrusted", True)


def test_old_news_are_refused(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """A mirror that lags behind, or somebody who plays last month's signed files."""
    image = inventory(BOOKWORM, deb("a", "1"))
    mirror.publish()
    update(database, [image], mirror.root)
    mirror.dates = dict.fromkeys(mirror.dates, "Mon, 02 Nov 2026 00:00:00 UTC")
    mirror.publish()
    [gap, *_] = update(database, [image], mirror.root, clock=FixedClock(NOON + timedelta(days=2)))
    assert gap.kind == "feed-older"


@pytest.mark.parametrize(("date", "until", "frozen"), [("01 Nov", "", True), ("20 Nov", "", False), ("20 Nov", "24 Nov", True)])
def test_a_security_suite_that_stands_still_is_a_gap(
    mirror: Mirror, database: AdvisoryDatabase, date: str, until: str, frozen: bool
) -> None:
    """By its date, or by the end of its validity."""
    mirror.dates["bookworm-security"] = f"{date} 2026 00:00:00 UTC"
    if until:
        mirror.valid_until["bookworm-security"] = f"{until} 2026 00:00:00 UTC"
    mirror.source("bookworm", "known", "1-1")
    assert kinds(judge(database, mirror, deb("known", "1-1"))) == (["suite-frozen"] if frozen else [])


def test_the_feed_says_once_what_it_cannot_know(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """And of when each of its suites is."""
    judge(database, mirror)
    update(database, [inventory(BOOKWORM, deb("a", "1"))], mirror.root)
    [feed] = [feed for feed in database.status() if feed.source == "debian"]
    assert feed.lists_every_package
    assert not feed.knows_unfixed
    assert feed.published_at == datetime(2026, 11, 24, 2, 12, 15, tzinfo=UTC)
    assert "flaws without a fix" in feed.notes[0]
    assert "bookworm-security of 2026-11-24" in feed.notes[-1]


def test_what_is_no_longer_supported_is_told(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """From the lists of debian-security-support; those of other releases are passed over."""
    lists = {
        "dss__security-support-ended.deb12": "# c\nsuricata\t1:6.0\t2026-04-30\tno more fixes\nbroken\n",
        "dss__security-support-ended.deb11": "other 1 2020-01-01 x\n",
        "dss__security-support-limited": "golang.*  See the release notes\n",
        "dss__t__security-support-limited": "test x\n",
    }
    mirror.support(tar(**lists))
    image = inventory(BOOKWORM, deb("suricata", "1"), deb("golang-1.19", "1"))
    mirror.publish()
    update(database, [image], mirror.root)
    found = {each.subject: each for each in database.lifecycles(image)}
    assert set(found) == {"debian 12", "suricata", "golang.*"}
    assert found["golang.*"].limited
    assert isinstance(found["suricata"], Lifecycle)
    assert f"{found['suricata'].ends}" == "2026-04-30"


def test_lists_of_support_that_cannot_be_read_are_a_gap(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """Not asked for again until the feed is."""
    mirror.source("bookworm", "debian-security-support", "1:12+2026.06.30", kind="tar.xz")
    mirror.source("bookworm", "known", "1-1")
    assert kinds(judge(database, mirror, deb("known", "1-1"))) == ["support-lists"]


@pytest.mark.parametrize(
    ("distribution", "feeds"),
    [
        (Distribution(id="debian", release="11"), ["debian/bullseye"]),
        (Distribution(id="debian", code_name="forky"), ["debian/forky"]),
        (Distribution(id="debian", release="99"), []),
        (Distribution(id="debian", code_name="../../etc"), []),
        (Distribution(id="ubuntu", release="24.04", code_name="noble"), []),
        (None, []),
    ],
)
def test_a_release_needs_its_archive(distribution: Distribution | None, feeds: list[str]) -> None:
    """By code name, else by number; nothing that a target says becomes part of an address unless it is a plain word."""
    assert [feed.id for feed in debian_archive.needs(inventory(distribution, deb("a", "1")))] == feeds


def test_before_bullseye_the_security_suite_was_called_otherwise() -> None:
    """buster/updates instead of buster-security."""
    [feed] = debian_archive.needs(inventory(Distribution(id="debian", release="10"), deb("a", "1")))
    assert feed.addresses[2] == "http://deb.debian.org/debian-security/dists/buster/updates/InRelease"


def test_every_source_of_a_release_is_named(mirror: Mirror, database: AdvisoryDatabase) -> None:
    """So that one that is not can be told from one that is current."""
    mirror.source("bookworm", "known", "1-1")
    mirror.publish()
    image = inventory(BOOKWORM, deb("known", "1-1"))
    update(database, [image], mirror.root)
    [feed] = [each for each in database.covering(image) if isinstance(each, Feed) and each.source == "debian"]
    [advisory] = database.about(feed, {"known", "unknown"})
    assert isinstance(advisory, Advisory)
    assert advisory.advisory_class is AdvisoryClass.UPDATE


_RELEASE = (
    b"Origin: Debian\nCodename: bookworm\nDate: Sat, 01 Nov 2026 10:00:00 UTC\nComponents: main\nSHA256:\n 00 1000 main/source/Sources.xz\n"
)


@given(st.lists(st.binary(max_size=400) | st.just(_RELEASE), max_size=6), st.binary(max_size=200))
def test_hostile_indexes_raise_nothing_but_ours(documents: list[bytes], more: bytes) -> None:
    """Whatever stands where Release files and indexes should stand."""
    feed = next(debian_archive.needs(inventory(BOOKWORM, deb("example", "1"))))
    with contextlib.suppress(HullwatchError):
        debian_archive.indexes(feed, [io.BytesIO(each + more) for each in documents])
    with contextlib.suppress(HullwatchError):
        list(debian_archive.parse(feed, [io.BytesIO(each + more) for each in documents]))
