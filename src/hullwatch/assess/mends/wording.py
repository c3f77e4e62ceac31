"""What all mends say in the same words, and how one is put together."""

from collections.abc import Iterable, Sequence

from ...model import Ecosystem, Mend, TargetKind, TargetReport
from .items import Item, Subject, subjects_of, urgency

_LANGUAGES = {Ecosystem.PYPI: "Python"}
_IN_FULL = 3
"""So many packages are shown with their versions; of more, the names."""
_NAMES = 4
_FLAWS = 3


def made(what: str, items: Sequence[Item], *, commands: Iterable[str] = (), details: Iterable[str] = (), sure: bool = True) -> Mend:
    """The mend of these items; what can be counted is counted here."""
    worst = min((item.finding for item in items), key=lambda finding: urgency(finding)[1])
    return Mend(
        what=what,
        targets=tuple(dict.fromkeys(item.report.inventory.target.reference for item in items)),
        findings=tuple(item.finding.id for item in items),
        commands=tuple(commands),
        details=tuple(detail for detail in details if detail),
        sure=sure,
        worst=worst.severity,
        exploited=any(item.finding.exploited for item in items),
        running=_running(item.report for item in items),
    )


def contents(items: Sequence[Item]) -> str:
    """What is in a mend, most urgent first: packages, with versions where they are few, and the flaws known to be exploited."""
    subjects = subjects_of(items)
    if len(subjects) <= _IN_FULL:
        packages = " · ".join(f"{each.name} {each.installed} → {each.fixed_in}" for each in subjects)
    else:
        packages = folded([each.name for each in subjects], _NAMES)
    exploited = sorted({item.finding.rule for item in items if item.finding.exploited})
    return " · ".join(part for part in (packages, folded(exploited, _FLAWS)) if part)


def counted(items: Sequence[Item], subjects: Sequence[Subject]) -> str:
    """``9 source packages``, ``1 Python package``."""
    ecosystem = items[0].ecosystem
    kind = _LANGUAGES.get(ecosystem, str(ecosystem)) if ecosystem else "source"
    return plural(len(subjects), f"{kind} package")


def plural(count: int, noun: str) -> str:
    """``1 image``, ``2 images``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def folded(names: Sequence[str], limit: int) -> str:
    """``a, b +3``."""
    more = f" +{len(names) - limit}" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def name_of(report: TargetReport) -> str:
    """How a sentence names a target."""
    target = report.inventory.target
    return "the host" if target.reference == TargetKind.HOST else target.name


def _running(reports: Iterable[TargetReport]) -> bool | None:
    """On the host or in something that runs; None when of nothing it is known that it does, and of something it is not known."""
    answers = {True if report.inventory.target.kind is TargetKind.HOST else report.running for report in reports}
    return True if True in answers else None if None in answers else False
