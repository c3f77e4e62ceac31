"""Mends of images: pulled where a registry has them, else rebuilt; the base first when several stand on it."""

import re
from collections.abc import Sequence

from ...model import Mend, Scheme, TargetKind, TargetReport
from ..vulnerabilities.lifecycles import ended_on
from .commands import pip, plain, words
from .items import Item, subjects_of
from .places import Place, end_of_life, is_pulled, shared_height
from .wording import contents, counted, folded, made, name_of, plural

_INSTRUCTION = 24
"""Characters of an instruction that a sentence has room for."""
_UPGRADES = {Scheme.DEB: "RUN apt-get update && apt-get -y upgrade", Scheme.APK: "RUN apk upgrade --no-cache"}
_CONTAINERS = 3


def refresh_mend(place: Place, items: Sequence[Item], reports: Sequence[TargetReport]) -> Mend:
    """Pull or rebuild an image, then rebuild what stands on it. Whether that helps cannot be known offline."""
    owner, others = _owner_and_others(place, items, reports)
    pulled = place.base or (_pull_name(owner) if owner and is_pulled(owner) else "")
    first = f"pull {pulled}" if pulled else f"rebuild {name_of(owner) if owner else place.base}"
    what = f"{first}{_then(others, after_pull=bool(pulled))}"
    if owner and not others:
        what += _recreated(owner, reports)
    summary = " · ".join(part for part in (_shared(owner, others) or _layers(owner, items, pulled), contents(items)) if part)
    details = _hints(pulled, items) if len(reports) == 1 else (summary,)
    rebuilt = others if pulled else [*([owner] if owner else []), *others]
    commands = (*([words("docker", "pull", pulled)] if plain((pulled,)) else []), *_builds(rebuilt, own_base=not pulled), *_restarts(items))
    return made(what, items, commands=commands, details=details, sure=False)


def leave_mend(place: Place, items: Sequence[Item], reports: Sequence[TargetReport]) -> Mend:
    """Move an image off a release without support. What a newer release brings cannot be known from here."""
    owner, others = _owner_and_others(place, items, reports)
    gap = end_of_life(owner) if owner else None
    also = f" and {_those_on_it(others)}" if others else ""
    ended = f" (no support since {ended_on(gap)})" if gap and ended_on(gap) else ""
    what = f"move {name_of(owner) if owner else place.where}{also} off {gap.what if gap else 'its release'}{ended}"
    rebuilt = [*([owner] if owner and not is_pulled(owner) else []), *others]
    return made(what, items, commands=(*_builds(rebuilt, own_base=True), *_restarts(items)), details=(contents(items),), sure=False)


def raise_mend(place: Place, items: Sequence[Item], reports: Sequence[TargetReport]) -> Mend:
    """Raise language packages where an image's own build asks for them."""
    owner, others = _owner_and_others(place, items, reports)
    subjects = subjects_of(items)
    layer = _layer(owner, place.layer)
    what = f"raise {counted(items, subjects)} in {name_of(owner) if owner else place.where}{f', {layer}' if layer else ''}"
    what += f", then rebuild {_those_on_it(others)}" if others else ""
    builds = _builds([*([owner] if owner else []), *others], own_base=True)
    commands = ("# where the image's build asks for them:", *pip(items, subjects), *builds, *_restarts(items))
    return made(what, items, commands=commands, details=(contents(items),))


def _owner_and_others(
    place: Place, items: Sequence[Item], reports: Sequence[TargetReport]
) -> tuple[TargetReport | None, list[TargetReport]]:
    """The image acted on, and the images of the items that stand on it."""
    targets = {item.report.inventory.target.reference: item.report for item in items}
    owner = next((each for each in reports if each.inventory.target.reference == place.where), None) if place.where else None
    return owner, [report for reference, report in sorted(targets.items()) if reference != place.where]


def _pull_name(report: TargetReport) -> str:
    """What to pull; of an image that has lost its name, the repository it came from."""
    image = report.inventory.image
    name = report.inventory.target.name
    return image.registry_digests[0].partition("@")[0] if image and not image.names and "sha256:" in name else name


def _then(others: Sequence[TargetReport], *, after_pull: bool) -> str:
    if not others:
        return ""
    return f", rebuild {_those_on_it(others)}" if after_pull else f", then {_those_on_it(others)}"


def _those_on_it(others: Sequence[TargetReport]) -> str:
    return name_of(others[0]) if len(others) == 1 else f"the {len(others)} images on it"


def _shared(owner: TargetReport | None, others: Sequence[TargetReport]) -> str:
    """Which images share how many layers of their base; of a base that is not here, what they have in common."""
    names = folded([name_of(each) for each in others], 2)
    if owner and others:
        return f"{names} share{'s' if len(others) == 1 else ''} its {plural(len(owner.inventory.layers), 'layer')}"
    return f"{names} share {plural(shared_height(others), 'layer')}" if len(others) > 1 else ""


def _layers(owner: TargetReport | None, items: Sequence[Item], pulled: str) -> str:
    """Where in an image that was built here the packages come from."""
    numbers = sorted({item.layer for item in items} - {0})
    if pulled or owner is None or not numbers:
        return ""
    return _layer(owner, numbers[0]) if len(numbers) == 1 else f"layers {folded([str(number) for number in numbers], 4)}"


def _layer(owner: TargetReport | None, number: int) -> str:
    """``layer 8 (RUN pip install …)``; empty where there are no layers."""
    if not number or owner is None:
        return ""
    instruction = next((layer.instruction for layer in owner.inventory.layers if layer.number == number), "")
    shown = " ".join(instruction.split())
    shown = shown if len(shown) <= _INSTRUCTION else f"{shown[:_INSTRUCTION].rsplit(' ', 1)[0]} …"
    return f"layer {number}{f' ({shown})' if shown else ''}"


def _recreated(owner: TargetReport, reports: Sequence[TargetReport]) -> str:
    names = sorted(owner.running_as)
    if not names:
        return ""
    shown = ", ".join(names) if len(names) <= _CONTAINERS else f"its {len(names)} containers"
    ports = sorted({port for report in reports for port in _ports(report, names)})
    published = f" (publishes port{'s' if len(ports) > 1 else ''} {', '.join(map(str, ports))})" if ports else ""
    return f", recreate {shown}{published}"


def _ports(report: TargetReport, names: Sequence[str]) -> list[int]:
    """Published ports of a container of that name: 443 of ``0.0.0.0:443->8443/tcp``."""
    facts = report.inventory.container
    if report.inventory.target.kind is not TargetKind.CONTAINER or facts is None or facts.name not in names:
        return []
    return [int(found[1]) for port in facts.ports if (found := re.search(r":(\d{1,5})->", port))]


def _hints(pulled: str, items: Sequence[Item]) -> tuple[str, ...]:
    """For the report of one image, which shows its packages anyway."""
    upgrades = next((_UPGRADES[item.scheme] for item in items if item.scheme in _UPGRADES), "")
    if not pulled:
        return (f"a rebuild helps where the build upgrades them: {upgrades}",) if upgrades else ()
    first = f"whether that helps cannot be known from here: docker pull {pulled}, then scan again"
    return (first, f"if it does not: FROM {pulled} + {upgrades}") if upgrades else (first,)


def _builds(rebuilt: Sequence[TargetReport], *, own_base: bool) -> list[str]:
    """One build for each image, bottom first. ``own_base``: the first is itself what the others stand on, and no registry has it."""
    lines: list[str] = []
    for place, report in enumerate(rebuilt):
        name = report.inventory.target.name
        fresh = ["--pull"] if place == 0 or not own_base else []
        if plain((name,)) and "sha256:" not in name:
            lines += [f"# where the Dockerfile of {name} lies:", words("docker", "build", *fresh, "--no-cache", "-t", name, ".")]
    return lines


def _restarts(items: Sequence[Item]) -> list[str]:
    names = plain(name for item in items for name in item.report.running_as)
    return [f"# then recreate the containers that run the old image: {' '.join(names)}"] if names else []
