"""One finding a line, tab-separated, nothing else: for grep, cut, awk and ``wc -l``."""

from ..model import Report
from .look import Look
from .rows import FindingRow, finding_rows

name = "lines"
suffixes: tuple[str, ...] = (".lines", ".tsv")
holds_many = True


def render(report: Report, look: Look) -> bytes:
    """Severity, exploited, id, package, installed, fixed, target, layer, status; by target, package and id. An empty value is ``-``."""
    return "".join("\t".join(look.text(cell) for cell in _cells(row)) + "\n" for row in finding_rows(report)).encode("utf-8")


def _cells(row: FindingRow) -> tuple[str, ...]:
    return (
        row.severity,
        "yes" if row.exploited else "no",
        row.id,
        row.package,
        row.installed or "-",
        row.fixed or "-",
        row.target,
        str(row.layer or "-"),
        row.status,
    )
