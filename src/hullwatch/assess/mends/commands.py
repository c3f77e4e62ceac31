"""Commands to copy. Names come from what was looked at: only plain ones are used, and each is quoted for a shell. Nothing is ever run."""

import re
import shlex
from collections.abc import Iterable, Sequence

from ...model import Inventory, Location, Scheme, TargetKind
from ..vulnerabilities.kernel import Kernels, KernelState, kernel_release
from .items import Item, Subject

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_~:@/-]{0,255}")
"""Names of packages, versions and images that may stand in a command: none can be read as an option."""
_ENVIRONMENT = re.compile(r"(?P<root>.*?)/?lib(?:64)?/(?P<python>python\d+(?:\.\d+)?)/(?P<kind>site|dist)-packages/")


def plain(names: Iterable[str]) -> list[str]:
    """Those names that may stand in a command, sorted, each once."""
    return sorted({name for name in names if _PLAIN.fullmatch(name)})


def words(*parts: str) -> str:
    """One command line."""
    return shlex.join(parts)


def upgrade(items: Sequence[Item]) -> tuple[str, ...]:
    """Commands that upgrade the packages of items where they are installed, as root there."""
    inventory = items[0].report.inventory
    kernels = Kernels(inventory)
    states = [(item, kernels.state(item.finding)) for item in items]
    wanted = [item for item, state in states if state in (None, KernelState.UPGRADE)]
    old = {name for item, state in states if state is KernelState.REMOVE for name in item.packages if kernel_release(name)}
    prefix = _inside(inventory)
    lines: list[str] = []
    for scheme in sorted({item.scheme for item in wanted if item.scheme}):
        names = {name for item in wanted if item.scheme is scheme for name in item.packages}
        lines += _apt(prefix, names) if scheme is Scheme.DEB else _apk(prefix, names)
    lines += [words(*prefix, "apt-get", "remove", *plain(old))] if plain(old) else []
    lines += ["reboot"] if needs_reboot(items) else []
    return (*_elsewhere(inventory), *lines) if lines else ()


def needs_reboot(items: Sequence[Item]) -> bool:
    """Whether the running kernel of a host is among what is mended."""
    kernels = Kernels(items[0].report.inventory)
    return any(kernels.state(item.finding) in (KernelState.UPGRADE, KernelState.REBOOT) for item in items)


def _apt(prefix: Sequence[str], names: set[str]) -> list[str]:
    """A kernel has its release in its package's name, so apt knows no newer version of it: the package that follows it is asked for."""
    followed = {meta for name in names if (meta := _following(name))}
    lines = [words(*prefix, "apt-get", "update")]
    if rest := plain(name for name in names - followed if not _following(name)):
        lines.append(words(*prefix, "apt-get", "install", "--only-upgrade", *rest))
    if followed:
        lines.append(words(*prefix, "apt-get", "install", *plain(followed)))
    return lines


def _apk(prefix: Sequence[str], names: set[str]) -> list[str]:
    return [words(*prefix, "apk", "update"), words(*prefix, "apk", "add", "--upgrade", *plain(names))]


def _following(package: str) -> str:
    """``linux-image-6.1.0-47-cloud-amd64`` → ``linux-image-cloud-amd64``; empty for what is no kernel or its headers."""
    kind, _, release = package.removeprefix("linux-").partition("-")
    if not package.startswith("linux-") or kind not in ("image", "headers"):
        return ""
    parts = release.removeprefix("unsigned-").split("-")
    flavour = parts
    while flavour and flavour[0][:1].isdigit():
        flavour = flavour[1:]
    return "-".join(("linux", kind, *flavour)) if flavour and len(flavour) < len(parts) else ""


def pip(items: Sequence[Item], subjects: Sequence[Subject]) -> tuple[str, ...]:
    """One command for each environment that holds the packages, and for each only what it holds."""
    inventory = items[0].report.inventory
    raised = {each.name: f"{each.name}>={each.fixed_in}" for each in subjects if plain((each.name,)) and plain((each.fixed_in,))}
    environments: dict[tuple[str, ...], set[str]] = {}
    for item in items:
        name = item.finding.subject.rpartition(":")[2]
        for location in (location for each in item.comparisons for location in each.seen_at):
            if name in raised:
                environments.setdefault(_interpreter(location, inventory), set()).add(raised[name])
    lines = [words(*command, "install", "-U", *sorted(pins)) for command, pins in sorted(environments.items())]
    return (*_elsewhere(inventory), *lines) if lines else ()


def _interpreter(location: Location, inventory: Inventory) -> tuple[str, ...]:
    """The pip that serves a place: of an image plain ``pip``, in its Dockerfile; elsewhere the one of that environment."""
    if inventory.target.kind in (TargetKind.IMAGE, TargetKind.CONTAINER):
        return ("pip",)
    found = _ENVIRONMENT.match(location.path)
    if not found or found["kind"] == "dist" or not _PLAIN.fullmatch(location.path):
        return (*_inside(inventory), "python3", "-m", "pip")
    return (*_inside(inventory), f"/{found['root']}/bin/{found['python']}", "-m", "pip")


def _elsewhere(inventory: Inventory) -> tuple[str, ...]:
    """A remark before commands that are meant for another machine than the one they are shown on."""
    target = inventory.target
    is_elsewhere = target.kind is TargetKind.HOST and target.reference != TargetKind.HOST
    return (f"# as root on {target.reference}:",) if is_elsewhere else ()


def _inside(inventory: Inventory) -> tuple[str, ...]:
    """What goes before a command so that it acts on the target."""
    target = inventory.target
    return ("chroot", target.reference.partition(":")[2]) if target.kind is TargetKind.DIRECTORY else ()
