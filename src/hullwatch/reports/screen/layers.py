"""The layers of an image: what each brought, and what is wrong with it. A package in two layers counts in the topmost one."""

from itertools import groupby

from msgspec import Struct

from ...model import Layer, Reported, TargetReport
from ..look import Look, cut_end
from ..names import instruction, layer_of
from ..summary import Counts, Tally, is_open_flaw, tally
from .styled import Cell, Column, Line, table
from .targets import number, severity_cells, severity_columns, unfixed

_TOGETHER = 30
"""Columns of an instruction that stands for several layers."""


class LayerCounts(Struct, frozen=True):
    """One layer, the packages that it brought last, and its vulnerabilities."""

    layer: Layer
    packages: int
    tally: Tally

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say of it."""
        return not (self.packages or self.tally.fix or self.tally.unfixed)


def layers(target: TargetReport, counts: Counts, look: Look) -> list[Line]:
    """The section. Layers side by side of which there is nothing to say share a line, unless everything is shown."""
    counted, lost = count_layers(target)
    if not counted:
        return []
    rows: list[list[Cell]] = []
    for empty, group in groupby(counted, key=lambda each: each.empty):
        members = list(group)
        if empty and len(members) > 1 and not look.unfolded:
            rows.append(_together(members, len(severity_columns(look)), look))
        else:
            rows += [_row(str(each.layer.number), instruction(each.layer), each.packages, each.tally, counts, look) for each in members]
    if lost.fix or lost.unfixed:
        rows.append(_row("?", "in no layer that is known", 0, lost, counts, look))
    heads = [
        Column("LAYER"),
        Column("", prose=True),
        *([] if look.narrow else [Column("PKGS", right=True)]),
        *severity_columns(look),
        Column("NOFIX", right=True),
    ]
    return table(heads, rows, look)


def count_layers(target: TargetReport) -> tuple[list[LayerCounts], Tally]:
    """Each layer from the bottom, and what lies in none of them; together they are the target's tally."""
    packages: dict[int, int] = {}
    for package in target.inventory.packages:
        top = max((seen.layer_number for seen in package.seen_at), default=0)
        packages[top] = packages.get(top, 0) + 1
    found: dict[int, list[Reported]] = {}
    for each in target.findings:
        if is_open_flaw(each):
            found.setdefault(layer_of(each.finding), []).append(each)
    known = [LayerCounts(layer, packages.get(layer.number, 0), tally(found.pop(layer.number, ()))) for layer in target.inventory.layers]
    return known, tally(each for rest in found.values() for each in rest)


def _row(title: str, what: str, packages: int, found: Tally, counts: Counts, look: Look) -> list[Cell]:
    return [
        title,
        what,
        *([] if look.narrow else [number(packages)]),
        *severity_cells(found, look),
        unfixed(counts, found) if packages or found.unfixed else "-",
    ]


def _together(members: list[LayerCounts], severities: int, look: Look) -> list[Cell]:
    first, last = members[0].layer, members[-1].layer
    what = look.text(f"{cut_end(instruction(first), _TOGETHER, look)} … {len(members)} layers")
    return [f"{first.number}-{last.number}", what, *(["-"] * (severities + (1 if look.narrow else 2)))]
