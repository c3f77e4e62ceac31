"""CycloneDX 1.6 as JSON (https://cyclonedx.org/docs/1.6/json/): what is in one target and, in a report, its vulnerabilities.

Gaps make the composition ``incomplete`` and are named in the metadata, so that a short list does not read as a whole one. The serial
number is made from the content: the same inventory has the same one.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid5

import msgspec

from .. import __version__
from ..errors import Misuse
from ..model import (
    Comparison,
    Distribution,
    Finding,
    Gap,
    Inventory,
    Location,
    Package,
    Report,
    Reported,
    Severity,
    TargetKind,
    TargetReport,
)
from .look import Look
from .names import about
from .purl import purl
from .readable import encodable, with_strings
from .rows import status
from .summary import is_flaw

name = "cyclonedx"
suffixes: tuple[str, ...] = (".cdx.json",)
holds_many = False

_NAMESPACE = UUID("5e1a9c1e-6a53-5a0f-9b57-2f1c6f8f1d10")
"""Of our serial numbers."""
_ROOT = "target"
_TYPES = {TargetKind.HOST: "device", TargetKind.IMAGE: "container", TargetKind.CONTAINER: "container"}
_SEVERITIES = {Severity.NEGLIGIBLE: "info", Severity.UNRATED: "unknown"}
_METHODS = {"CVSS_V2": "CVSSv2", "CVSS_V3": "CVSSv3", "CVSS_V4": "CVSSv4"}

Json = dict[str, object]


def render(report: Report, look: Look) -> bytes:
    """The document of the report's one target. Raises Misuse when it has several: ``render_target`` takes each."""
    if len(report.targets) != 1:
        raise Misuse(
            f"cyclonedx holds one target a file, and there are {len(report.targets)}", remedy="name a directory: --output cyclonedx=DIR/"
        )
    return render_target(report.targets[0], report.version)


def render_target(target: TargetReport, version: str = __version__) -> bytes:
    """Inventory and vulnerabilities of one target."""
    target = with_strings(target, encodable)
    components = _components(target.inventory)
    found = sorted((each for each in target.findings if is_flaw(each)), key=lambda each: (each.finding.rule, each.finding.subject))
    more: Json = {"vulnerabilities": [_vulnerability(each, components) for each in found]} if found else {}
    return _document(target.inventory, components, target.gaps, version, more)


def render_inventory(inventory: Inventory) -> bytes:
    """What is in a target, unjudged."""
    inventory = with_strings(inventory, encodable)
    return _document(inventory, _components(inventory), inventory.gaps, __version__, {})


def _document(inventory: Inventory, components: Sequence[tuple[Package, Json]], gaps: Sequence[Gap], version: str, more: Json) -> bytes:
    shown = [component for _, component in components]
    content: Json = {
        "components": [*([_system(inventory.distribution)] if inventory.distribution else []), *shown],
        "dependencies": [
            {"ref": _ROOT, "dependsOn": [component["bom-ref"] for component in shown]},
            *({"ref": component["bom-ref"]} for component in shown),
        ],
        "compositions": [{"aggregate": "incomplete" if gaps else "unknown", "assemblies": [_ROOT]}],
        **more,
    }
    subject = _subject(inventory)
    serial = uuid5(_NAMESPACE, msgspec.json.encode((subject, content), order="deterministic").decode())
    document: Json = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": f"{inventory.taken_at:%Y-%m-%dT%H:%M:%SZ}",
            "tools": {"components": [{"type": "application", "name": "hullwatch", "version": version}]},
            "component": subject,
            "properties": [_property(f"gap:{gap.kind}", f"{about(gap)}: {gap.why}") for gap in gaps],
        },
        **content,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _subject(inventory: Inventory) -> Json:
    """The target itself."""
    target = inventory.target
    properties = [_property("reference", target.reference)]
    properties += [_property(f"identifier:{key}", value) for key, value in sorted(target.identifiers.items())]
    properties += [_property(f"layer:{layer.number}", layer.diff_id) for layer in inventory.layers]
    version = inventory.image.image_id if inventory.image else ""
    return {
        "type": _TYPES.get(target.kind, "operating-system"),
        "bom-ref": _ROOT,
        "name": target.name,
        **({"version": version} if version else {}),
        "properties": properties,
    }


def _system(distribution: Distribution) -> Json:
    version = distribution.release or distribution.code_name
    return {
        "type": "operating-system",
        "bom-ref": "distribution",
        "name": distribution.id,
        **({"version": version} if version else {}),
        **({"description": distribution.name} if distribution.name else {}),
    }


def _components(inventory: Inventory) -> list[tuple[Package, Json]]:
    """Each package and its component, in the inventory's order; references are package URLs, numbered where several are alike."""
    seen: dict[str, int] = {}
    components = []
    for package in inventory.packages:
        address = purl(package, inventory.distribution)
        reference = address or f"package:{package.name}@{package.version}"
        seen[reference] = seen.get(reference, 0) + 1
        unique = reference if seen[reference] == 1 else f"{reference}#{seen[reference]}"
        components.append((package, _component(package, address, unique)))
    return components


def _component(package: Package, address: str, reference: str) -> Json:
    properties = [_property("source", f"{package.source.name} {package.source.version}")]
    properties += [_property(key, value) for key, value in _told(package) if value]
    component: Json = {"type": "library", "bom-ref": reference, "name": package.name, "version": package.version}
    if package.licences:
        component["licenses"] = [{"license": {"name": licence}} for licence in package.licences]
    if address:
        component["purl"] = address
    if package.seen_at:
        component["evidence"] = {"occurrences": [_occurrence(place) for place in package.seen_at]}
    return component | {"properties": properties}


def _told(package: Package) -> Iterable[tuple[str, str]]:
    return (("vendor", package.vendor), ("module", package.module), ("repository", package.repository), ("owned-by", package.owned_by))


def _occurrence(place: Location) -> Json:
    layer = f"layer {place.layer_number} {place.layer}" if place.layer else ""
    return {"location": place.path, **({"additionalContext": layer} if layer else {})}


def _vulnerability(each: Reported, components: Sequence[tuple[Package, Json]]) -> Json:
    finding = each.finding
    vulnerability: Json = {
        "bom-ref": finding.id,
        "id": finding.rule,
        "source": {"name": _feed(finding)},
        "references": [{"id": alias, "source": {"name": _feed(finding)}} for alias in finding.aliases],
        "ratings": _ratings(finding),
        "affects": [
            {"ref": component["bom-ref"], "versions": [{"version": package.version, "status": "affected"}]}
            for package, component in components
            if _concerns(finding, package)
        ],
        "properties": _state(each),
    }
    if finding.title:
        vulnerability["description"] = finding.title
    if finding.remedy or finding.fixed_in:
        vulnerability["recommendation"] = finding.remedy or f"upgrade {finding.subject} to {finding.fixed_in}"
    if each.waived_by:
        who = f" ({each.waived_by.who})" if each.waived_by.who else ""
        vulnerability["analysis"] = {
            "response": ["will_not_fix"],
            "detail": f"waived until {each.waived_by.until}{who}: {each.waived_by.reason}",
        }
    return vulnerability


def _concerns(finding: Finding, package: Package) -> bool:
    """Whether a package is one of those that a finding's comparison was about, or was built from its source."""
    named = {packages for evidence in finding.evidence if isinstance(evidence, Comparison) for packages in evidence.packages}
    if package.ecosystem is not None:
        return finding.subject.casefold() == f"{package.ecosystem}:{package.name}".casefold()
    return package.source.name == finding.subject and (not named or package.name in named)


def _ratings(finding: Finding) -> list[Json]:
    """Our severity first, then what publishers say: a vector, or their own word."""
    ratings: list[Json] = [{"source": {"name": "hullwatch"}, "severity": _SEVERITIES.get(finding.severity, str(finding.severity))}]
    for published in finding.published:
        if method := _METHODS.get(published.kind):
            method = "CVSSv31" if published.value.startswith("CVSS:3.1/") else method
            ratings.append({"source": {"name": _feed(finding)}, "method": method, "vector": published.value})
        else:
            ratings.append({"source": {"name": published.kind}, "method": "other", "justification": published.value})
    return ratings


def _feed(finding: Finding) -> str:
    """The feed that names the flaw."""
    return next((evidence.feed for evidence in finding.evidence if isinstance(evidence, Comparison)), "hullwatch")


def _state(each: Reported) -> list[Json]:
    finding = each.finding
    known = [("status", status(finding)), ("fixed-in", finding.fixed_in), ("exploited", "true" if finding.exploited else "")]
    return [_property(key, value) for key, value in known if value]


def _property(key: str, value: str) -> Json:
    return {"name": f"hullwatch:{key}", "value": value}
