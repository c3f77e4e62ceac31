"""What is wrong in an image: one row a flaw and installed package."""

from collections.abc import Iterator
from typing import Any

from ....errors import NotFound
from ....jobs.server import Server
from ....model import Comparison, Finding, FindingKind, Inventory, Package, Severity, Status
from ....store.finding_search import FindingQuery
from ...security import Here
from .content import os_type
from .records import KnownImage, analyzed, by_digest
from .routes import Viewer, new_router

TYPES = ("os", "non-os", "all")
_PAGE = 500
_SEVERITIES = {
    Severity.CRITICAL: "Critical",
    Severity.HIGH: "High",
    Severity.MEDIUM: "Medium",
    Severity.LOW: "Low",
    Severity.NEGLIGIBLE: "Negligible",
    Severity.UNRATED: "Unknown",
}

router = new_router()


@router.get("/images/by_id/{digest}/vuln")
@router.get("/images/{digest}/vuln")
def types(_: Viewer, here: Here, digest: str) -> list[str]:
    """The types that can be asked for."""
    analyzed(by_digest(here, digest))
    return list(TYPES)


@router.get("/images/by_id/{digest}/vuln/{kind}")
@router.get("/images/{digest}/vuln/{kind}")
def vulnerabilities(_: Viewer, here: Here, digest: str, kind: str, vendor_only: bool = True) -> dict[str, Any]:
    """The rows of one type; ``vendor_only`` leaves out what the publisher will not mend."""
    image = by_digest(here, digest)
    inventory = analyzed(image)
    if kind not in TYPES:
        raise NotFound(f"vulnerabilities of type {kind} are not told", remedy=f"types are {', '.join(TYPES)}")
    rows = [
        row
        for finding in findings_of(here, image)
        if not (vendor_only and finding.status is Status.WILL_NOT_FIX)
        for row in rows_of(finding, inventory)
        if kind == "all" or (row["package_type"] != "python") == (kind == "os")
    ]
    return {"imageDigest": image.digest, "vulnerability_type": kind, "vulnerabilities": rows}


def findings_of(here: Server, image: KnownImage) -> Iterator[Finding]:
    """Every flaw of an image that is known, waived ones too."""
    query, after = FindingQuery(kinds=(FindingKind.VULNERABILITY,), target=image.watched.reference), None
    while page := here.memory.findings.page(query, after=after, limit=_PAGE):
        yield from (row.finding for row, _ in page)
        after = page[-1][1]


def rows_of(finding: Finding, inventory: Inventory) -> Iterator[dict[str, Any]]:
    """A row for each installed package that a flaw is in."""
    named = {name for each in finding.evidence if isinstance(each, Comparison) for name in each.packages}
    ecosystem = finding.subject.partition(":")[0] if ":" in finding.subject else ""
    for package in inventory.packages:
        of_kind = (package.ecosystem.value.lower() if package.ecosystem else "") == ecosystem
        if package.name in named and of_kind:
            yield _row(finding, package, inventory)


def _row(finding: Finding, package: Package, inventory: Inventory) -> dict[str, Any]:
    distribution = inventory.distribution
    release = f"{distribution.id}:{distribution.release or distribution.code_name}" if distribution else "unknown"
    is_os = package.ecosystem is None
    return {
        "vuln": finding.rule,
        "severity": _SEVERITIES[finding.severity],
        "url": _address(finding.rule),
        "fix": finding.fixed_in or "None",
        "package": f"{package.name}-{package.version}",
        "package_name": package.name,
        "package_version": package.version,
        "package_type": os_type(package) if is_os else "python",
        "package_cpe": "None",
        "package_cpe23": "None",
        "package_path": "pkgdb" if is_os else f"/{package.seen_at[0].path}",
        "feed": "vulnerabilities",
        "feed_group": release if is_os else "osv:PyPI",
        "will_not_fix": finding.status is Status.WILL_NOT_FIX,
        "nvd_data": [],
        "vendor_data": [],
    }


def _address(rule: str) -> str:
    """Where to read more of a flaw."""
    if rule.startswith("CVE-"):
        return f"https://www.cve.org/CVERecord?id={rule}"
    return f"https://osv.dev/vulnerability/{rule}" if "/" not in rule else "N/A"
