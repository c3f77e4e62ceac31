"""What is in one target as a table: a package a line, with what it was built from and where it was seen."""

from ..model import Inventory, Package, Scheme
from .look import Look, Style
from .names import about, called, many, natural, system
from .readable import with_strings
from .screen.styled import Column, Line, Span, flow, line, paint, table, wrap

_KINDS = {Scheme.DEB: "deb", Scheme.APK: "apk", Scheme.PEP440: "python"}


def render_inventory(inventory: Inventory, look: Look) -> str:
    """Every package, by name; then what could not be read. An inventory never folds."""
    inventory = with_strings(inventory, look.text)
    lines = _header(inventory, look)
    lines += [(), *_packages(inventory, look)] if inventory.packages else []
    if inventory.gaps:
        lines += [(), (Span("NOT READ", Style.GAP),)]
        lines += [part for gap in inventory.gaps for part in wrap(line(f"{about(gap)}: {gap.why}"), look, hang=2)]
    return paint(lines, look)


def _header(inventory: Inventory, look: Look) -> list[Line]:
    parts = [called(inventory), inventory.image.image_id[:19] if inventory.image else "", system(inventory)]
    parts += [many(len(inventory.packages), "package"), many(len(inventory.layers), "layer") if inventory.layers else ""]
    return flow([line(part) for part in [*parts, many(len(inventory.gaps), "gap")] if part != "-"], look)


def _packages(inventory: Inventory, look: Look) -> list[Line]:
    layered = bool(inventory.layers)
    heads = [Column("PACKAGE", name=True), Column("VERSION"), Column("SOURCE", name=True), Column("TYPE")]
    heads += [Column("LAYER", right=True)] if layered else []
    rows = [
        [
            package.name,
            package.version,
            _source(package),
            _KINDS[package.scheme],
            *([_layers(package)] if layered else []),
            _path(package, look),
        ]
        for package in sorted(inventory.packages, key=lambda package: (package.name, natural(package.version), package.architecture))
    ]
    return table([*heads, Column("PATH", name=True)], rows, look)


def _source(package: Package) -> str:
    """What it was built from; the version only where it differs."""
    source = package.source
    return source.name if source.version == package.version else f"{source.name} {source.version}"


def _layers(package: Package) -> str:
    numbers = sorted({seen.layer_number for seen in package.seen_at if seen.layer_number})
    return ",".join(map(str, numbers)) or "-"


def _path(package: Package, look: Look) -> str:
    """Where it was seen: all places where nothing is folded, else the first and how many more."""
    paths = list(dict.fromkeys(seen.path for seen in package.seen_at)) or ["-"]
    owned = f" (of {package.owned_by})" if package.owned_by else ""
    return (", ".join(paths) if look.unfolded else paths[0] + (f" +{len(paths) - 1}" if len(paths) > 1 else "")) + owned
