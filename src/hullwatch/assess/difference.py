"""What a container has beside its image, so that a flaw of the image is told once."""

from collections.abc import Iterable

from msgspec.structs import replace

from ..model import Inventory, Judgement, Package

Names = dict[tuple[str, str, str], set[str]]
"""Versions by ecosystem, name and architecture."""


def beyond_image(container: Judgement, image: Judgement) -> Judgement:
    """The container's judgement without the findings, gaps and notes that its image has too. The inventory stays whole.

    Findings are compared by rule and subject, gaps by kind and what they are about: where they lie differs by nature.
    """
    known = {(finding.kind, finding.rule, finding.subject) for finding in image.findings}
    gaps = {(gap.kind, gap.what) for gap in image.gaps}
    return replace(
        container,
        findings=tuple(each for each in container.findings if (each.kind, each.rule, each.subject) not in known),
        gaps=tuple(each for each in container.gaps if (each.kind, each.what) not in gaps),
        notes=tuple(each for each in container.notes if each not in image.notes),
    )


def packages_beyond(container: Inventory, image: Inventory) -> tuple[Package, ...]:
    """Packages of the container that the image has not, or not in this version, in the inventory's order."""
    known = {_identity(package) for package in image.packages}
    return tuple(package for package in container.packages if _identity(package) not in known)


def relation_to_image(container: Judgement, image: Judgement) -> str:
    """How a container relates to the image that its name points to: ``= nginx:1.25``, ``= worker:2.4, +1 pkg``, ``older than its tag``."""
    facts = container.inventory.container
    if facts is None:
        return ""
    if facts.tag_image_id is not None and facts.tag_image_id != facts.image_id:
        return "older than its tag"
    before, now = _names(image.inventory.packages), _names(container.inventory.packages)
    added = len(now.keys() - before.keys())
    removed = len(before.keys() - now.keys())
    changed = sum(now[name] != before[name] for name in now.keys() & before.keys())
    parts = (
        f"= {facts.image_name}",
        _counted("+", added),
        _counted("-", removed),
        _counted("", changed) and f"{_counted('', changed)} changed",
    )
    return ", ".join(part for part in parts if part)


def _identity(package: Package) -> tuple[str, str, str, str]:
    return (package.ecosystem or "", package.name, package.version, package.architecture)


def _names(packages: Iterable[Package]) -> Names:
    names: Names = {}
    for package in packages:
        names.setdefault((package.ecosystem or "", package.name, package.architecture), set()).add(package.version)
    return names


def _counted(sign: str, count: int) -> str:
    return f"{sign}{count} pkg{'s' if count > 1 else ''}" if count else ""
