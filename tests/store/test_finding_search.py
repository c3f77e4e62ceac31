"""Findings of all targets, asked for by what they are, on both databases."""

import pytest
from msgspec.structs import replace

from hullwatch.errors import NotFound
from hullwatch.model import FindingKind, Score, Severity, Verdict
from hullwatch.store.finding_search import FindingQuery, Position
from hullwatch.store.memory import Memory

from .judgements import IMAGE, answer, daemon, flaw, image, judged, package, remember

OTHER = "docker:shop/worker:2.4"
ZLIB = package("zlib1g", source="zlib")
ONE = flaw("CVE-2026-1", "zlib")
TWO = flaw("CVE-2026-2", "zlib", severity=Severity.CRITICAL)
KNOWN = replace(flaw("CVE-2026-3", "zlib"), scores=(Score(id="CVE-2026-3", kind="kev"),))
LOW = flaw("CVE-2026-4", "zlib", target=OTHER, severity=Severity.LOW)
CHECK = answer("live-restore", "daemon", Verdict.FAIL)


@pytest.fixture
def filled(memory: Memory) -> Memory:
    """Three targets, judged twice; one finding is gone, one new."""
    remember(memory.history, 0, judged(image([ZLIB]), ONE, KNOWN), judged(image([ZLIB], reference=OTHER), LOW))
    remember(memory.history, 1, judged(image([ZLIB]), TWO, KNOWN), judged(daemon(None), CHECK, answer("icc", "daemon", Verdict.PASS)))
    return memory


def rules(memory: Memory, query: FindingQuery = FindingQuery()) -> list[str]:  # noqa: B008 - a frozen record
    """What is found, in order."""
    return [row.finding.rule for row, _ in memory.findings.page(query)]


def test_the_worst_come_first(filled: Memory) -> None:
    """As in reports: what is known to be exploited, then by severity; what nobody rated is not taken for harmless."""
    assert rules(filled) == ["CVE-2026-3", "CVE-2026-2", "live-restore", "CVE-2026-4"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (FindingQuery(severities=(Severity.CRITICAL, Severity.LOW)), ["CVE-2026-2", "CVE-2026-4"]),
        (FindingQuery(kinds=(FindingKind.BENCHMARK,)), ["live-restore"]),
        (FindingQuery(target=OTHER), ["CVE-2026-4"]),
        (FindingQuery(rule="CVE-2026-3"), ["CVE-2026-3"]),
        (FindingQuery(rule="CVE-*-4"), ["CVE-2026-4"]),
        (FindingQuery(rule="cve-2026-3"), []),
        (FindingQuery(rule="%"), []),
        (FindingQuery(text="LIVE"), ["live-restore"]),
        (FindingQuery(text="zlib", target=OTHER), ["CVE-2026-4"]),
        (FindingQuery(text="_"), []),
        (FindingQuery(exploited=True), ["CVE-2026-3"]),
        (FindingQuery(exploited=False, target=IMAGE), ["CVE-2026-2"]),
        (FindingQuery(new=True), ["CVE-2026-2"]),
        (FindingQuery(new=False, target=IMAGE), ["CVE-2026-3"]),
        (FindingQuery(gone=True), ["CVE-2026-1"]),
        (FindingQuery(watched=True), []),
    ],
    ids=str,
)
def test_conditions_hold_at_once(filled: Memory, query: FindingQuery, found: list[str]) -> None:
    """At a target's first judgement nothing is new; signs of LIKE mean themselves."""
    assert rules(filled, query) == found


def test_pages_are_the_whole_list(filled: Memory) -> None:
    """Nothing twice, nothing left out, whatever their size."""
    whole = [row.finding.id for row, _ in filled.findings.page(FindingQuery())]
    for size in (1, 2, 3):
        got: list[str] = []
        after: Position | None = None
        while page := filled.findings.page(FindingQuery(), after=after, limit=size):
            got += [row.finding.id for row, _ in page]
            after = page[-1][1]
        assert got == whole


def test_one_is_found_by_its_id(filled: Memory) -> None:
    """Gone or passing too."""
    gone = filled.findings.get(ONE.id)
    assert (gone.finding, gone.present, gone.new) == (ONE, False, False)
    assert filled.findings.get(TWO.id).new
    with pytest.raises(NotFound, match="no finding xyz"):
        filled.findings.get("xyz")


def test_what_fails_is_counted(filled: Memory) -> None:
    """By kind and severity; of watched targets alone where that is asked."""
    assert filled.findings.counts() == {
        ("vulnerability", "critical"): 1,
        ("vulnerability", "high"): 1,
        ("vulnerability", "low"): 1,
        ("benchmark", "unrated"): 1,
    }
    assert filled.findings.counts(watched=True) == {}


def test_what_comes_to_be_exploited_is_found(filled: Memory) -> None:
    """The flaw was there before; what is known of it is new."""
    remember(filled.history, 2, judged(image([ZLIB]), replace(TWO, scores=(Score(id="CVE-2026-2", kind="kev"),)), KNOWN))
    assert rules(filled, FindingQuery(exploited=True)) == ["CVE-2026-2", "CVE-2026-3"]
