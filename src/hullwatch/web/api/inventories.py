"""``/api/v1/inventories``: what is in the targets, as they were last found."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from msgspec import Struct

from ...errors import NotFound
from ...model import Ecosystem, TargetKind
from ...reports.formats import INVENTORY_FORMATS
from ...reports.json import InventoryDocument
from ...reports.look import Look
from ..answers import Answer, says
from ..cursors import Cursor, Limit, Number, read_cursor, write_cursor
from ..security import Here, Viewer

router = APIRouter(prefix="/inventories", tags=["inventories"])
_WIDTH = 120


class InventorySummary(Struct, frozen=True, kw_only=True):
    """A target that was looked at."""

    target_id: int
    reference: str
    kind: TargetKind
    taken_at: datetime
    distribution: str
    """Id and release; empty where there is none."""


class InventoryPage(Struct, frozen=True, kw_only=True):
    """Some targets that were looked at, watched or not, in the order they came."""

    inventories: tuple[InventorySummary, ...]
    next: str
    """Cursor of the next page; empty: this is the last."""


class Holders(Struct, frozen=True, kw_only=True):
    """Which targets hold a package."""

    references: tuple[str, ...]


@router.get("", **says(InventoryPage))
def list_inventories(here: Here, _: Viewer, cursor: Cursor = "", limit: Limit = 100) -> Response:
    """List all targets that were looked at."""
    found = here.memory.history.known(after=read_cursor(cursor, Number) if cursor else 0, limit=limit + 1)
    rows = tuple(
        InventorySummary(
            target_id=each.id, reference=each.reference, kind=TargetKind(each.kind), taken_at=each.taken_at, distribution=each.distribution
        )
        for each in found[:limit]
    )
    return Answer(InventoryPage(inventories=rows, next=write_cursor(found[limit - 1].id) if len(found) > limit else ""))


@router.get("/holders", **says(Holders))
def list_holders(
    here: Here,
    _: Viewer,
    package: Annotated[str, Query(min_length=1, max_length=300, description="name of a package, or of what it was built from")],
    ecosystem: Annotated[Ecosystem | None, Query(description="of a language package; none: of a distribution")] = None,
) -> Response:
    """Name the targets that hold a package."""
    return Answer(Holders(references=here.memory.history.holders([(ecosystem, package)])))


@router.get("/{target}", **says(InventoryDocument, also={404: "it was never looked at"}))
def get_inventory(
    here: Here,
    _: Viewer,
    target: Annotated[int, Path(ge=1, le=2**63 - 1)],
    form: Annotated[str, Query(alias="format", max_length=20, description=f"one of {', '.join(INVENTORY_FORMATS)}")] = "json",
) -> Response:
    """What is in a target, by its number."""
    if form not in INVENTORY_FORMATS:
        raise NotFound(f"no format of inventories is called {form!r}", remedy=f"known ones are {', '.join(INVENTORY_FORMATS)}")
    reference = here.memory.history.reference_of(target)
    inventory = here.memory.history.inventory(reference) if reference else None
    if inventory is None:
        raise NotFound(f"there is no inventory of target {target}")
    data = INVENTORY_FORMATS[form](inventory, Look(width=_WIDTH, color=False, unicode=True, all=True, piped=True))
    return Response(data, media_type="text/plain; charset=utf-8" if form == "table" else "application/json")
