"""Findings as flat rows, one finding a row: what is piped, grepped and read by other programs."""

from collections.abc import Iterator

from msgspec import Struct

from ..model import Finding, FindingKind, Report, Reported, Verdict
from .names import layer_of


class FindingRow(Struct, frozen=True, kw_only=True):
    """One finding. Checks that were not failed have no row."""

    severity: str
    exploited: bool
    id: str
    """The flaw's id, or the check's name."""
    package: str
    """What is concerned: source package, object of a check, path."""
    installed: str
    fixed: str
    target: str
    """Reference."""
    layer: int
    """Number of the topmost layer concerned, from 1; 0 outside images."""
    status: str
    """``fixed`` (a version mends it), ``unfixed``, ``will not fix``, …; ``fail`` of checks and files; ``waived`` of all."""
    kind: str
    finding_id: str
    new: bool
    mend: int
    """Number of the mend that mends it, from 1; 0 where none does."""


def finding_rows(report: Report) -> tuple[FindingRow, ...]:
    """Every failing finding, waived ones too, by target, package and id."""
    mends = {id_: number for number, mend in enumerate(report.mends, 1) for id_ in mend.findings}
    return tuple(sorted(_rows(report, mends), key=lambda row: (row.target, row.package, row.id, row.finding_id)))


def _rows(report: Report, mends: dict[str, int]) -> Iterator[FindingRow]:
    for target in report.targets:
        for each in target.findings:
            if each.finding.verdict is Verdict.FAIL:
                yield _row(each, mends.get(each.finding.id, 0))


def _row(each: Reported, mend: int) -> FindingRow:
    finding = each.finding
    return FindingRow(
        severity=finding.severity,
        exploited=finding.exploited,
        id=finding.rule,
        package=finding.subject,
        installed=finding.installed,
        fixed=finding.fixed_in,
        target=finding.target,
        layer=layer_of(finding),
        status="waived" if each.waived_by else status(finding),
        kind=finding.kind,
        finding_id=finding.id,
        new=each.new,
        mend=mend,
    )


def status(finding: Finding) -> str:
    """What can be said of mending it."""
    if finding.kind is not FindingKind.VULNERABILITY:
        return str(finding.verdict)
    return "fixed" if finding.fixable else str(finding.status) if finding.status != "fixed" else "unfixed"
