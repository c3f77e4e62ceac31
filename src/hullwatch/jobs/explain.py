"""The job of ``hullwatch explain``: why something is a finding, from the advisory down to the layer."""

from msgspec.structs import replace

from ..errors import NotFound
from ..model import Report
from ..reports.explain_screen import is_named
from .edges import Edges
from .scan import ScanParameters, scan


def explain(name: str, parameters: ScanParameters, edges: Edges) -> Report:
    """The report with those findings only that ``name`` means: a rule, an alias, a number, an id. Raises NotFound when there are none."""
    report = scan(parameters, edges)
    targets = tuple(
        replace(each, findings=tuple(found for found in each.findings if is_named(found.finding, name))) for each in report.targets
    )
    if not any(target.findings for target in targets):
        where = ", ".join(target.inventory.target.reference for target in report.targets)
        raise NotFound(f"{name} is no finding of {where}", remedy="hullwatch scan lists the findings; a gap may hide one")
    return replace(report, targets=targets)
