"""Judgements for the tests of history, as assess would make them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from hullwatch.model import (
    Comparison,
    Daemon,
    Digest,
    Distribution,
    Feed,
    Finding,
    FindingKind,
    Gap,
    Inventory,
    Judgement,
    Location,
    Package,
    Range,
    Scheme,
    Severity,
    SourcePackage,
    Target,
    TargetKind,
    Verdict,
    finding_id,
)
from hullwatch.store.history import History, Remembered

from ..doubles import NOON

IMAGE = "docker:shop/api:2.4"
STATUS = Location("var/lib/dpkg/status", Digest("sha256:" + "9f" * 32), 1)
BOOKWORM = Feed(id="debian/bookworm", source="debian_archive", addresses=("https://deb.debian.org/",), fetched_at=NOON)


def day(number: int) -> datetime:
    """Noon, so many days later."""
    return NOON + timedelta(days=number)


def package(name: str, version: str = "1.0-1", source: str = "") -> Package:
    """A package of Debian."""
    return Package(
        name=name,
        version=version,
        scheme=Scheme.DEB,
        source=SourcePackage(source or name, version),
        architecture="amd64",
        seen_at=(STATUS,),
    )


def flaw(rule: str, subject: str, *, target: str = IMAGE, feed: str = BOOKWORM.id, severity: Severity = Severity.HIGH) -> Finding:
    """A vulnerability that a feed speaks of."""
    compared = Comparison(
        advisory=rule, feed=feed, subject=subject, installed="1.0-1", scheme=Scheme.DEB, affected=Range(fixed="1.1-1"), seen_at=(STATUS,)
    )
    return Finding(
        id=finding_id(FindingKind.VULNERABILITY, rule, target, subject),
        kind=FindingKind.VULNERABILITY,
        rule=rule,
        target=target,
        subject=subject,
        severity=severity,
        installed="1.0-1",
        fixed_in="1.1-1",
        evidence=(compared,),
    )


def answer(rule: str, subject: str, verdict: Verdict) -> Finding:
    """The answer to a check of the daemon."""
    return Finding(
        id=finding_id(FindingKind.BENCHMARK, rule, "daemon", subject),
        kind=FindingKind.BENCHMARK,
        rule=rule,
        target="daemon",
        subject=subject,
        verdict=verdict,
    )


def image(packages: Iterable[Package], *, reference: str = IMAGE, release: str = "12", gaps: tuple[Gap, ...] = ()) -> Inventory:
    """An image of Debian."""
    return Inventory(
        target=Target(kind=TargetKind.IMAGE, reference=reference),
        taken_at=NOON,
        distribution=Distribution(id="debian", release=release),
        packages=tuple(packages),
        gaps=gaps,
        readers={"dpkg": 1},
    )


def daemon(found: Daemon | None) -> Inventory:
    """A Docker daemon; None when it could not be asked."""
    return Inventory(target=Target(kind=TargetKind.DAEMON, reference="daemon"), taken_at=NOON, daemon=found)


def judged(inventory: Inventory, *findings: Finding, feeds: tuple[Feed, ...] = (BOOKWORM,), gaps: tuple[Gap, ...] = ()) -> Judgement:
    """A judgement of an inventory."""
    return Judgement(inventory=inventory, findings=findings, feeds=feeds, gaps=(*inventory.gaps, *gaps))


def remember(history: History, number: int, *judgements: Judgement) -> dict[str, Remembered]:
    """Keep a run of that day."""
    return history.remember(judgements, started_at=day(number), finished_at=day(number))
