"""The whole report as JSON: counts, both facts of the exit status, findings as flat rows, and the record itself.

``schema_version`` is raised when a field is renamed, removed or changes its meaning; fields may be added under the same one. In ``report``
and ``inventory``, which hold our records as they are, a field that is missing has its default; everywhere else every field is there.
"""

from datetime import datetime

import msgspec
from msgspec import Struct

from ..model import Inventory, Report
from .look import Look
from .readable import encodable, with_strings
from .rows import FindingRow, finding_rows
from .summary import Summary, summarise

name = "json"
suffixes: tuple[str, ...] = (".json",)
holds_many = True

SCHEMA_VERSION = "1"


class ReportDocument(Struct, frozen=True, kw_only=True):
    """What a JSON report is."""

    schema_version: str
    version: str
    """Of hullwatch."""
    made_at: datetime
    machine: str
    exit_status: int
    failed: bool
    """Something at or above the threshold was found (exit 1)."""
    incomplete: bool
    """Something asked for is a gap that no waiver covers (exit 3, unless 1)."""
    clean: bool
    """Something was judged, nothing was found, nothing is missing."""
    fail_on: str
    summary: Summary
    findings: tuple[FindingRow, ...]
    report: Report


class InventoryDocument(Struct, frozen=True, kw_only=True):
    """What a JSON inventory is."""

    schema_version: str
    inventory: Inventory


def render(report: Report, look: Look) -> bytes:
    """One document, the same bytes for the same report."""
    report = with_strings(report, encodable)
    summary = summarise(report)
    return _encoded(
        ReportDocument(
            schema_version=SCHEMA_VERSION,
            version=report.version,
            made_at=report.made_at,
            machine=report.machine,
            exit_status=report.exit_status,
            failed=report.failed,
            incomplete=report.incomplete,
            clean=summary.clean,
            fail_on=report.fail_on,
            summary=summary,
            findings=finding_rows(report),
            report=report,
        )
    )


def render_inventory(inventory: Inventory) -> bytes:
    """One inventory as one document."""
    return _encoded(InventoryDocument(schema_version=SCHEMA_VERSION, inventory=with_strings(inventory, encodable)))


def _encoded(document: Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=2) + b"\n"
