"""The life of findings on both databases: new, mended, back again, or not looked for."""

from msgspec.structs import replace

from hullwatch.model import Gap, Severity, Verdict
from hullwatch.store.history import History

from .judgements import IMAGE, answer, daemon, day, flaw, image, judged, package, remember

ZLIB = package("zlib1g", source="zlib")
ONE, TWO = flaw("CVE-2026-1", "zlib"), flaw("CVE-2026-2", "zlib")


def test_at_a_first_run_nothing_is_new(history: History) -> None:
    """Everything would be."""
    seen = remember(history, 0, judged(image([ZLIB]), ONE))[IMAGE]
    assert (seen.new, seen.mended, seen.previous_at) == (frozenset(), (), None)
    assert seen.first_seen == {ONE.id: day(0)}


def test_a_finding_keeps_its_first_day_and_a_later_one_is_new(history: History) -> None:
    """New is what the last run of this target had not."""
    remember(history, 0, judged(image([ZLIB]), ONE))
    seen = remember(history, 1, judged(image([ZLIB]), ONE, TWO))[IMAGE]
    assert seen.new == {TWO.id}
    assert seen.first_seen == {ONE.id: day(0), TWO.id: day(1)}
    assert seen.previous_at == day(0)
    assert remember(history, 2, judged(image([ZLIB]), ONE, TWO))[IMAGE].new == frozenset()


def test_gone_is_mended_once_and_back_is_new_again(history: History) -> None:
    """A finding that came back has its first day still, and is counted."""
    remember(history, 0, judged(image([ZLIB]), ONE, TWO))
    seen = remember(history, 1, judged(image([ZLIB]), ONE))[IMAGE]
    assert (seen.mended, seen.gone) == ((TWO.id,), (TWO,))
    assert remember(history, 2, judged(image([ZLIB]), ONE))[IMAGE].mended == ()
    back = remember(history, 3, judged(image([ZLIB]), ONE, TWO))[IMAGE]
    assert (back.new, back.first_seen[TWO.id]) == (frozenset({TWO.id}), day(0))
    one, two = history.findings(IMAGE)
    assert (one.reopened, one.gone_at, one.last_seen, one.present) == (0, None, day(3), True)
    assert (two.reopened, two.gone_at, two.last_seen, two.present) == (1, None, day(3), True)


def test_what_was_not_judged_is_not_mended(history: History) -> None:
    """A run without the feed says nothing; the one after it that has the feed does."""
    remember(history, 0, judged(image([ZLIB]), ONE))
    assert remember(history, 1, judged(image([ZLIB]), feeds=()))[IMAGE].mended == ()
    (kept,) = history.findings(IMAGE)
    assert (kept.present, kept.last_seen) == (True, day(0))
    assert remember(history, 2, judged(image([ZLIB])))[IMAGE].mended == (ONE.id,)


def test_a_gap_that_hides_packages_hides_until_it_is_mended(history: History) -> None:
    """Seen without the gap; then a gap, twice; then read again, and the package is gone."""
    gap = Gap(kind="denied", what="dpkg's list", why="mode 0600")
    remember(history, 0, judged(image([ZLIB]), ONE))
    for number in (1, 2):
        assert remember(history, number, judged(image([], gaps=(gap,))))[IMAGE].mended == ()
    assert remember(history, 3, judged(image([])))[IMAGE].mended == (ONE.id,)


def test_a_check_lives_by_its_verdict(history: History) -> None:
    """Failing is its presence; an open question changes nothing; a pass mends it."""
    inventory = daemon(None)
    fails, passes, open_ = (answer("icc", "network:bridge", verdict) for verdict in (Verdict.FAIL, Verdict.PASS, Verdict.UNDETERMINED))
    assert remember(history, 0, judged(inventory, passes))["daemon"].first_seen == {fails.id: day(0)}
    broke = remember(history, 1, judged(inventory, fails))["daemon"]
    assert (broke.new, broke.first_seen[fails.id]) == (frozenset({fails.id}), day(1))
    doubt = remember(history, 2, judged(inventory, open_))["daemon"]
    assert (doubt.new, doubt.mended) == (frozenset(), ())
    assert remember(history, 3, judged(inventory, fails))["daemon"].new == frozenset()
    assert remember(history, 4, judged(inventory, passes))["daemon"].mended == (fails.id,)
    assert remember(history, 5, judged(inventory, fails))["daemon"].new == {fails.id}


def test_a_finding_is_kept_as_it_was_last_seen(history: History) -> None:
    """Severity and evidence may change; it is the same finding."""
    remember(history, 0, judged(image([ZLIB]), ONE))
    worse = replace(ONE, severity=Severity.CRITICAL, title="said anew")
    assert remember(history, 1, judged(image([ZLIB]), worse))[IMAGE].new == frozenset()
    (kept,) = history.findings(IMAGE)
    assert (kept.finding, kept.first_seen) == (worse, day(0))
