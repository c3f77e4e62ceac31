"""Findings that something mends, each with the place where it has to be done."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from ...errors import UnorderableVersion
from ...model import Comparison, Ecosystem, Finding, FindingKind, Scheme, Severity, TargetReport, Verdict
from ...versions.order import key

URGENCY = (Severity.CRITICAL, Severity.HIGH, Severity.UNRATED, Severity.MEDIUM, Severity.LOW, Severity.NEGLIGIBLE)
"""Order of mends (reference: worst first); what nobody rated stands between high and medium."""


class Item(Struct, frozen=True):
    """A finding to be mended, in its target."""

    report: TargetReport
    finding: Finding
    layer: int
    """The topmost layer that holds its package; 0 outside images."""

    @property
    def comparisons(self) -> Iterator[Comparison]:
        """Its evidence."""
        return (each for each in self.finding.evidence if isinstance(each, Comparison))

    @property
    def ecosystem(self) -> Ecosystem | None:
        """Of a language package; None for one of the distribution."""
        prefix = self.finding.subject.partition(":")[0]
        return next((each for each in Ecosystem if each.value.lower() == prefix), None) if ":" in self.finding.subject else None

    @property
    def scheme(self) -> Scheme | None:
        """How its versions are ordered; None without a comparison."""
        return next((each.scheme for each in self.comparisons), None)

    @property
    def packages(self) -> set[str]:
        """Names of the installed packages concerned."""
        return {name for each in self.comparisons for name in each.packages}


class Subject(Struct, frozen=True):
    """One source package or language package among items: what to raise it to, and how urgent that is."""

    name: str
    installed: str
    fixed_in: str
    """The lowest version that mends all its items."""
    count: int
    urgency: tuple[bool, int]


def items_of(reports: Iterable[TargetReport]) -> list[Item]:
    """Each vulnerability that is not waived and that a known version mends, once."""
    found: dict[str, Item] = {}
    for report in reports:
        for each in report.findings:
            finding = each.finding
            if finding.kind is FindingKind.VULNERABILITY and finding.verdict is Verdict.FAIL and finding.fixable and not each.waived_by:
                found.setdefault(finding.id, Item(report, finding, _topmost(finding)))
    return list(found.values())


def subjects_of(items: Sequence[Item]) -> list[Subject]:
    """What the items are about, most urgent first."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.finding.subject, []).append(item)
    return sorted((_subject(group) for group in groups.values()), key=lambda each: (each.urgency, -each.count, each.name))


def upgrades_of(report: TargetReport) -> dict[str, str]:
    """Per subject (a source package, ``pypi:jinja2``) the version that mends all flaws of it that a known version mends."""
    groups: dict[str, list[Item]] = {}
    for item in items_of((report,)):
        groups.setdefault(item.finding.subject, []).append(item)
    return {subject: _subject(group).fixed_in for subject, group in groups.items()}


def urgency(finding: Finding) -> tuple[bool, int]:
    """Sorts findings: exploited ones first, then the worst."""
    return (not finding.exploited, URGENCY.index(finding.severity))


def _topmost(finding: Finding) -> int:
    seen_at = (location for each in finding.evidence if isinstance(each, Comparison) for location in each.seen_at)
    return max((location.layer_number for location in seen_at), default=0)


def _subject(items: Sequence[Item]) -> Subject:
    scheme = items[0].scheme
    return Subject(
        name=items[0].finding.subject.rpartition(":")[2],
        installed=min((item.finding.installed for item in items), key=lambda version: _place(version, scheme)),
        fixed_in=max((item.finding.fixed_in for item in items), key=lambda version: _place(version, scheme)),
        count=len(items),
        urgency=min(urgency(item.finding) for item in items),
    )


def _place(version: str, scheme: Scheme | None) -> tuple[bytes, str]:
    try:
        return (key(version, scheme) if scheme else b"", version)
    except UnorderableVersion:
        return (b"", version)
