"""One finding as one sentence, the same in every format that has room for one."""

from ..model import Change, Comparison, Finding, Inventory, Setting
from .names import called
from .rows import status


def sentence(finding: Finding, inventory: Inventory) -> str:
    """What is wrong, where, and what mends it; a target's own words are not made fit to be shown."""
    where = called(inventory)
    for evidence in finding.evidence:
        match evidence:
            case Comparison():
                mends = f"mended in {finding.fixed_in}" if finding.fixed_in else f"no fix yet ({status(finding)})"
                exploited = "known to be exploited; " if finding.exploited else ""
                return f"{finding.subject} {finding.installed} in {where} has {finding.rule}: {exploited}{mends}."
            case Setting():
                wanted = f", should be {evidence.expected}" if evidence.expected else ""
                return f"{finding.title or finding.rule}: {finding.subject}: {evidence.where} is {evidence.found}{wanted}."
            case Change():
                return f"{evidence.path} in {where} differs from its baseline."
    return f"{finding.title or finding.rule}: {finding.subject} in {where}."
