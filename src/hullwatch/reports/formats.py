"""All formats of a report, and which one a file wants: by its suffix, or by name as in ``sarif=report.json``."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ..errors import Misuse
from ..model import Inventory, Report
from . import bench, cyclonedx, ecs, inventory_table, json, lines, sarif, screen
from .look import Look

_NAMED = re.compile(r"(?P<name>[a-z][a-z0-9-]*)=(?P<path>.+)")
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class Format(Protocol):
    """What every module in ``FORMATS`` has."""

    name: str
    suffixes: tuple[str, ...]
    """What a file's name ends in; of several formats the longest one that fits counts."""
    holds_many: bool
    """Whether one file may hold several targets."""

    def render(self, report: Report, look: Look) -> bytes:
        """The whole file."""


FORMATS: Mapping[str, Format] = {each.name: each for each in (screen, bench, lines, json, sarif, cyclonedx, ecs)}
"""All of them, by name."""

INVENTORY_FORMATS: Mapping[str, Callable[[Inventory, Look], bytes]] = {
    "table": lambda inventory, look: inventory_table.render_inventory(inventory, look).encode("utf-8"),
    "json": lambda inventory, _: json.render_inventory(inventory),
    "cyclonedx": lambda inventory, _: cyclonedx.render_inventory(inventory),
}


class Destination(Struct, frozen=True):
    """A file to write, or a directory of one file a target (``path`` then ends in a slash)."""

    format: str
    path: str

    @property
    def is_directory(self) -> bool:
        """Whether each target has its own file."""
        return self.path.endswith("/")


def format_for(text: str) -> Destination:
    """What ``--output`` means: ``PATH``, ``FORMAT=PATH`` or ``FORMAT=DIR/``. Raises Misuse where the format is not known."""
    if named := _NAMED.fullmatch(text):
        return Destination(format_named(named["name"]).name, named["path"])
    fitting = [(suffix, each.name) for each in FORMATS.values() for suffix in each.suffixes if text.lower().endswith(suffix)]
    if not fitting:
        known = ", ".join(sorted(suffix for each in FORMATS.values() for suffix in each.suffixes))
        raise Misuse(f"{text}: its suffix names no format", remedy=f"use one of {known}, or FORMAT=PATH")
    return Destination(max(fitting, key=lambda each: len(each[0]))[1], text)


def format_named(name: str) -> Format:
    """The format of that name. Raises Misuse."""
    try:
        return FORMATS[name]
    except KeyError:
        raise Misuse(f"no format is called {name!r}", remedy=f"known ones are {', '.join(FORMATS)}") from None


def check_destinations(destinations: Iterable[Destination], targets: int | None) -> None:
    """Before anything is scanned: raise Misuse where one file is to hold several targets and cannot. None: nobody knows how many."""
    for destination in destinations:
        if not FORMATS[destination.format].holds_many and not destination.is_directory and targets != 1:
            raise Misuse(
                f"{destination.path}: {destination.format} holds one target a file",
                remedy=f"name a directory: --output {destination.format}=DIR/",
            )


def files_of(report: Report, destination: Destination, look: Look) -> Iterator[tuple[str, bytes]]:
    """Each file to write, with its path; in a directory one for each target, under a name that is the same in every run."""
    chosen = FORMATS[destination.format]
    if not destination.is_directory:
        yield destination.path, chosen.render(report, look)
        return
    taken: set[str] = set()
    for target in report.targets:
        stem = file_name(target.inventory.target.reference)
        unique = next(name for name in (stem, *(f"{stem}-{number}" for number in range(2, len(report.targets) + 2))) if name not in taken)
        taken.add(unique)
        suffix = next(iter(chosen.suffixes), ".txt")
        yield f"{destination.path}{unique}{suffix}", chosen.render(replace(report, targets=(target,), unfinished=()), look)


def file_name(reference: str) -> str:
    """A file's name for a target: ``docker:shop/api:2.4`` → ``docker-shop-api-2.4``; never hidden, never empty, at most 120 characters."""
    return _UNFIT.sub("-", reference).strip("-.")[-120:].strip("-.") or "target"
