"""A host's kernel: several are installed, one runs. On Debian and its kin each is a package with its release in its name."""

import re
from enum import StrEnum

from msgspec.structs import replace

from ...errors import UnorderableVersion
from ...model import Comparison, Finding, Inventory, Note, Package, TargetKind
from ...versions.order import key

_IMAGE = re.compile(r"linux-image-(?:unsigned-)?(\d.*)(?<!-dbg)(?<!-dbgsym)")


class KernelState(StrEnum):
    """What mends a flaw of the kernel on this host."""

    UPGRADE = "upgrade, then reboot"
    REBOOT = "reboot"
    REMOVE = "remove the old kernel"


def kernel_release(package: str) -> str:
    """The release (``uname -r``) of the kernel that a package of this name holds; empty when it holds none."""
    found = _IMAGE.fullmatch(package)
    return found[1] if found else ""


class Kernels:
    """The kernels of a host; none of anything else, where the kernel is not the target's own."""

    def __init__(self, inventory: Inventory) -> None:
        is_host = inventory.target.kind is TargetKind.HOST and bool(inventory.running_kernel)
        self.release = inventory.running_kernel if is_host else ""
        self._images = {each.name: each for each in inventory.packages if kernel_release(each.name)} if is_host else {}
        self._running = next((each for each in self._images.values() if kernel_release(each.name) == self.release), None)

    def state(self, finding: Finding) -> KernelState | None:
        """What mends this finding; None when it is not about an installed kernel of a host."""
        affected = affected_kernels(finding) & self._images.keys() if self._images else ()
        if not affected:
            return None
        if self._running is None:
            return KernelState.UPGRADE
        if self._running.name not in affected:
            return KernelState.REMOVE
        unaffected = (each for name, each in self._images.items() if name not in affected)
        return KernelState.REBOOT if any(_is_newer(each, self._running) for each in unaffected) else KernelState.UPGRADE

    def noted(self, finding: Finding) -> Finding:
        """The finding with what the running kernel means for it."""
        match self.state(finding):
            case KernelState.REBOOT:
                note = f"a fixed kernel is installed, and {self.release} still runs: reboot pending"
                return replace(finding, notes=(*finding.notes, note), remedy="reboot")
            case KernelState.REMOVE:
                old = ", ".join(sorted(affected_kernels(finding)))
                note = f"the running kernel {self.release} has not this flaw; {old} is installed and does not run"
                return replace(finding, notes=(*finding.notes, note), remedy=f"remove {old}")
            case _:
                return finding

    def reboot_note(self, findings: list[Finding]) -> list[Note]:
        """Say once that a reboot is pending."""
        count = sum(self.state(finding) is KernelState.REBOOT for finding in findings)
        if not count:
            return []
        why = f"a fixed kernel is installed but does not run yet; {count} flaw{'s' if count > 1 else ''} wait for a reboot"
        return [Note(kind="reboot-pending", what=f"kernel {self.release}", why=why)]


def affected_kernels(finding: Finding) -> set[str]:
    """Names of the packages that hold a kernel with this flaw."""
    compared = (each for each in finding.evidence if isinstance(each, Comparison))
    return {name for each in compared for name in each.packages if kernel_release(name)}


def _is_newer(this: Package, other: Package) -> bool:
    if this.source.name != other.source.name:
        return False
    try:
        return key(this.source.version, this.scheme) > key(other.source.version, other.scheme)
    except UnorderableVersion:
        return False
