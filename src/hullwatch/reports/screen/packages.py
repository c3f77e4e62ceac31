"""Source packages with flaws: what is installed, what mends it, which flaws; and those that nothing mends yet."""

from collections.abc import Iterable

from msgspec import Struct

from ...model import Finding, TargetReport
from ..look import Look
from ..names import layer_of
from ..summary import is_open_flaw, urgency, worst_of
from .header import worst
from .styled import Cell, Column, Line, Span, line, listed, table, width, wrap

_SHOWN = 10
_MORE = 4
_UNFIXED = 3


class Flawed(Struct, frozen=True):
    """One source package as it is installed, and the flaws that one version mends (or nothing, where ``fixed_in`` is empty)."""

    subject: str
    installed: str
    fixed_in: str
    findings: tuple[Finding, ...]
    """Most urgent first."""

    @property
    def layer(self) -> int:
        """The topmost layer it is in; 0 outside images."""
        return max(layer_of(finding) for finding in self.findings)


def packages(target: TargetReport, look: Look) -> list[Line]:
    """The section; in a folded one, names and numbers of the rest."""
    flawed = group_packages(target)
    mendable = [each for each in flawed if each.fixed_in]
    unfixed = [each for each in flawed if not each.fixed_in]
    shown = mendable if look.unfolded else mendable[:_SHOWN]
    lines = _table("SOURCE PACKAGE", shown, target, look) if shown else []
    if look.unfolded:
        return [*lines, *([()] if lines and unfixed else []), *(_table("NO FIX YET", unfixed, target, look) if unfixed else [])]
    return lines + _below(mendable[len(shown) :], unfixed, look)


def group_packages(target: TargetReport) -> list[Flawed]:
    """Open vulnerabilities by source package and the version that mends them, most urgent first.

    Where the target says which version mends all of a package's flaws, that one stands for every fix of the package.
    """
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in (each.finding for each in target.findings if is_open_flaw(each)):
        fixed_in = target.upgrades.get(finding.subject, finding.fixed_in) if finding.fixable else ""
        groups.setdefault((finding.subject, finding.installed, fixed_in), []).append(finding)
    flawed = [Flawed(*key, tuple(sorted(found, key=lambda each: (urgency(each), each.rule)))) for key, found in groups.items()]
    return sorted(flawed, key=lambda each: (urgency(each.findings[0]), -len(each.findings), each.subject, each.fixed_in))


def _table(title: str, flawed: Iterable[Flawed], target: TargetReport, look: Look) -> list[Line]:
    flawed = list(flawed)
    layered = bool(target.inventory.layers)
    heads = [Column(title, name=True), Column("INSTALLED")]
    heads += [Column("FIXED IN")] if flawed[0].fixed_in else []
    heads += [Column("LAYER", right=True)] if layered else []
    heads += [Column("FLAWS", right=True), Column("WORST")]
    rows = [_row(each, layered=layered) for each in flawed]
    lines = table(heads, rows, look)
    if look.wide:
        room = look.width - max(width(each) for each in lines) - 2
        lines = table([*heads, Column("")], [[*row, _ids(each, room, look)] for row, each in zip(rows, flawed, strict=True)], look)
    if look.narrow or look.wide:
        return lines
    return [
        lines[0],
        *(part for row, each in zip(lines[1:], flawed, strict=True) for part in (row, *_ids_below(each, look))),
    ]


def _row(each: Flawed, *, layered: bool) -> list[Cell]:
    cells: list[Cell] = [each.subject, each.installed or "-"]
    cells += [each.fixed_in] if each.fixed_in else []
    cells += [str(each.layer or "?")] if layered else []
    return [*cells, str(len(each.findings)), worst(worst_of(each.findings))]


def _ids(each: Flawed, room: int, look: Look) -> str:
    return listed([finding.rule for finding in each.findings], room, look)


def _ids_below(each: Flawed, look: Look) -> list[Line]:
    room = look.width - 4
    return [(Span("    "), *part) for part in wrap(line(_ids(each, room, look)), look, room=room)]


def _below(more: list[Flawed], unfixed: list[Flawed], look: Look) -> list[Line]:
    """What is folded, and what nothing mends: names and numbers only."""
    parts = []
    if more:
        rest = f" +{len(more) - _MORE}" if len(more) > _MORE else ""
        parts.append(f"+{len(more)} more: {', '.join(_brief(each) for each in more[:_MORE])}{rest}")
    if unfixed:
        rest = f" +{len(unfixed) - _UNFIXED}" if len(unfixed) > _UNFIXED else ""
        parts.append(f"no fix: {', '.join(_brief(each) for each in unfixed[:_UNFIXED])}{rest}")
    return wrap(line(f"{' · '.join(parts)} (--all)"), look, hang=2) if parts else []


def _brief(each: Flawed) -> str:
    return f"{each.subject} {len(each.findings)}"
