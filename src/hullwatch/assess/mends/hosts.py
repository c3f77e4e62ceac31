"""Mends where packages are installed in place: on the host, or in a directory."""

from collections.abc import Sequence

from ...model import Mend, TargetKind
from ..vulnerabilities.kernel import Kernels, KernelState
from .commands import needs_reboot, pip, upgrade
from .items import Item, subjects_of
from .wording import contents, counted, made, name_of


def upgrade_mend(items: Sequence[Item]) -> Mend:
    """Upgrade packages of the distribution; then reboot when the running kernel is among them."""
    where = name_of(items[0].report)
    kernels = Kernels(items[0].report.inventory)
    states = {kernels.state(item.finding) for item in items}
    if states == {KernelState.REBOOT}:
        what = f"reboot {where} into the fixed kernel that is installed"
    elif states == {KernelState.REMOVE}:
        what = f"remove the old kernel from {where}"
    else:
        reboot = ", then reboot (kernel)" if needs_reboot(items) else ""
        what = f"upgrade {counted(items, subjects_of(items))} {_place(items)}{reboot}"
    return made(what, items, commands=upgrade(items), details=(contents(items),))


def raise_mend(items: Sequence[Item]) -> Mend:
    """Raise language packages, each environment with its own tool."""
    subjects = subjects_of(items)
    return made(f"raise {counted(items, subjects)} {_place(items)}", items, commands=pip(items, subjects), details=(contents(items),))


def _place(items: Sequence[Item]) -> str:
    """``on the host``, ``on web-1``, ``in dir:/srv/root``."""
    report = items[0].report
    return f"{'on' if report.inventory.target.kind is TargetKind.HOST else 'in'} {name_of(report)}"
