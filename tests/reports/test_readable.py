from hullwatch.model import Inventory, Severity
from hullwatch.reports.readable import encodable, with_strings

from .samples import machine_report, nginx


def test_every_string_is_changed_at_any_depth() -> None:
    """Keys and values, in records, tuples and dictionaries; enumerated words stay what they are."""
    changed = with_strings(nginx(), str.upper)
    assert changed.inventory.packages[0].source.name == "OPENSSL"
    assert changed.inventory.target.identifiers.keys() == {"IMAGE_ID"}
    assert changed.findings[0].finding.severity is Severity.HIGH


def test_what_needs_no_change_is_the_same_object() -> None:
    """So a report of plain text costs nothing but the look at it."""
    report = machine_report()
    assert with_strings(report, encodable) is report


def test_lone_surrogates_become_encodable() -> None:
    """They come from file names that are no UTF-8."""
    inventory = nginx().inventory
    hostile = Inventory(target=inventory.target, taken_at=inventory.taken_at, running_kernel="6.1\udcff")
    assert with_strings(hostile, encodable).running_kernel.encode() == b"6.1\\udcff"
