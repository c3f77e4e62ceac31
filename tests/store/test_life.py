"""When a finding that is no longer found is gone, and when it was merely not looked for."""

from msgspec.structs import replace

from hullwatch.model import Container, Daemon, Digest, Ecosystem, Feed, Gap, Inventory, LocalImage, Location, Target, TargetKind, Verdict
from hullwatch.store.life import Ground, Sight

from ..doubles import NOON
from .judgements import BOOKWORM, STATUS, answer, daemon, flaw, image, judged, package

ZLIB = package("zlib1g", source="zlib")
FLAW = flaw("CVE-2026-1", "zlib")
THEN = Ground.of("debian 12", [BOOKWORM.id], [])
UNREADABLE = Gap(kind="denied", what="dpkg's list", why="mode 0600", seen_at=Location(STATUS.path))


def test_a_flaw_is_gone_when_its_feed_was_asked_again() -> None:
    """The package is there, the feed spoke, and did not name it."""
    assert Sight(judged(image([ZLIB]))).sees_gone(FLAW, THEN)


def test_a_flaw_stays_when_its_feed_is_missing() -> None:
    """Another feed of the run knows nothing of it; nor does a run that judged no packages."""
    kev = Feed(id="kev", source="kev", addresses=())
    assert not Sight(judged(image([ZLIB]), feeds=(kev,))).sees_gone(FLAW, THEN)
    assert not Sight(judged(image([ZLIB]), feeds=())).sees_gone(FLAW, THEN)
    damaged = Gap(kind="feed-damaged", what=BOOKWORM.id, why="a page was overwritten")
    assert not Sight(judged(image([ZLIB]), gaps=(damaged,))).sees_gone(FLAW, THEN)


def test_a_flaw_stays_when_a_gap_names_it_or_its_package() -> None:
    """A version that has no order is no mended version."""
    odd = Gap(kind="version-order", what="CVE-2026-1 on zlib", why="1.3_x has no place")
    assert not Sight(judged(image([ZLIB]), gaps=(odd,))).sees_gone(FLAW, THEN)
    absent = Gap(kind="not-in-archive", what="2 source packages", why="the archive of debian bookworm does not have curl, zlib")
    assert not Sight(judged(image([ZLIB]), gaps=(absent,))).sees_gone(FLAW, THEN)
    other = Gap(kind="version-order", what="CVE-2026-2 on curl", why="1.3_x has no place")
    assert Sight(judged(image([ZLIB]), gaps=(other,))).sees_gone(FLAW, THEN)


def test_a_package_that_left_takes_its_flaws_along() -> None:
    """Whatever the feeds say, or none."""
    assert Sight(judged(image([]), feeds=())).sees_gone(FLAW, THEN)


def test_a_package_that_could_not_be_read_has_not_left() -> None:
    """A gap where it was seen, above it, or nowhere in particular may hide it; one that was there before did not."""
    for place in (STATUS.path, "var/lib", ""):
        gap = replace(UNREADABLE, seen_at=Location(place) if place else None)
        assert not Sight(judged(image([], gaps=(gap,)))).sees_gone(FLAW, THEN)
        assert Sight(judged(image([], gaps=(gap,)))).sees_gone(FLAW, Ground.of("debian 12", [BOOKWORM.id], [gap]))
    elsewhere = replace(UNREADABLE, seen_at=Location("opt/app"))
    assert Sight(judged(image([], gaps=(elsewhere,)))).sees_gone(FLAW, THEN)


def test_packages_that_nobody_read_have_not_left() -> None:
    """An inventory made for the benchmark has no packages and no readers."""
    unread = Inventory(target=Target(kind=TargetKind.HOST, reference="host"), taken_at=NOON)
    assert not Sight(judged(unread)).sees_gone(FLAW, THEN)


def test_a_new_release_is_judged_by_its_own_feeds() -> None:
    """After an upgrade nobody asks the old release's feed; its findings go once the new one's feed was asked, and not before."""
    trixie = Feed(id="debian/trixie", source="debian_archive", addresses=())
    assert Sight(judged(image([ZLIB], release="13"), feeds=(trixie,))).sees_gone(FLAW, THEN)
    assert not Sight(judged(image([ZLIB], release="12"), feeds=(trixie,))).sees_gone(FLAW, THEN)
    missing = Gap(kind="feed-missing", what="debian/trixie", why="never fetched")
    assert not Sight(judged(image([ZLIB], release="13"), feeds=(trixie,), gaps=(missing,))).sees_gone(FLAW, THEN)


def test_language_packages_are_known_by_any_spelling() -> None:
    """A finding names them as PEP 503 folds them, the inventory as they call themselves."""
    installed = replace(package("Foo_Bar"), ecosystem=Ecosystem.PYPI)
    finding = flaw("CVE-2026-3", "PyPI:foo-bar", feed="osv/PyPI")
    assert not Sight(judged(image([installed]))).sees_gone(finding, THEN)
    assert Sight(judged(image([]))).sees_gone(finding, THEN)


def test_a_check_is_gone_only_when_the_daemon_was_judged() -> None:
    """No daemon, no word about its containers."""
    failed = answer("privileged", "container:web", Verdict.FAIL)
    assert not Sight(judged(daemon(None), feeds=())).sees_gone(failed, Ground.of("", [], []))
    assert not Sight(judged(daemon(Daemon(containers=None)), feeds=())).sees_gone(failed, Ground.of("", [], []))
    assert Sight(judged(daemon(Daemon(containers=())), feeds=())).sees_gone(failed, Ground.of("", [], []))


def test_a_check_that_was_not_asked_is_not_gone() -> None:
    """The container is there, but ``bench -c`` asked other questions."""
    web = Container(id="4f", name="web", image_id=Digest("sha256:1"))
    shop = LocalImage(id=Digest("sha256:1"), names=("shop/api:2.4",))
    sight = Sight(judged(daemon(Daemon(containers=(web,), images=(shop,))), feeds=()))
    assert not sight.sees_gone(answer("privileged", "container:web", Verdict.FAIL), THEN)
    assert not sight.sees_gone(answer("root-user", "image:shop/api:2.4", Verdict.FAIL), THEN)
    assert sight.sees_gone(answer("root-user", "image:shop/api:2.3", Verdict.FAIL), THEN)
    assert not sight.sees_gone(answer("socket-mode", "/var/run/docker.sock", Verdict.FAIL), THEN)


def test_a_check_without_a_named_object_is_gone_when_it_was_answered_without_doubt() -> None:
    """A file that is no more has no answer of its own."""
    failed = answer("file-mode", "/etc/docker/daemon.json", Verdict.FAIL)
    absent, open_ = answer("file-mode", "daemon", Verdict.NOT_APPLICABLE), answer("file-mode", "daemon", Verdict.UNDETERMINED)
    assert Sight(judged(daemon(Daemon()), absent, feeds=())).sees_gone(failed, THEN)
    assert not Sight(judged(daemon(Daemon()), open_, feeds=())).sees_gone(failed, THEN)
