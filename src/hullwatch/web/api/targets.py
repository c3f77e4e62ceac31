"""``/api/v1/targets``: what the server looks after."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from msgspec import UNSET, Meta, Struct, UnsetType

from ...jobs.server import Server
from ...store.targets import WatchedTarget
from ..answers import Answer, body, says
from ..cursors import Cursor, Limit, Number, read_cursor, write_cursor
from ..security import Here, Operator, Viewer

router = APIRouter(prefix="/targets", tags=["targets"])

Name = Annotated[str, Meta(max_length=200)]
Label = Annotated[str, Meta(min_length=1, max_length=200)]
TargetId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class NewTarget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look after."""

    reference: Annotated[str, Meta(min_length=1, max_length=4096)]
    """As on the command line: ``host``, ``daemon``, ``docker:REF``, ``container:NAME``, ``archive:PATH``, ``dir:PATH``, an image's name."""
    name: Name = ""
    """As your people call it."""
    labels: Annotated[tuple[Label, ...], Meta(max_length=50)] = ()


class TargetChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    labels: Annotated[tuple[Label, ...], Meta(max_length=50)] | UnsetType = UNSET


class TargetPage(Struct, frozen=True, kw_only=True):
    """Some watched targets, in the order they came."""

    targets: tuple[WatchedTarget, ...]
    next: str
    """Cursor of the next page; empty: this is the last."""


@router.get("", **says(TargetPage))
def list_targets(
    here: Here,
    _: Viewer,
    cursor: Cursor = "",
    limit: Limit = 100,
    reference: Annotated[str, Query(max_length=4096, description="only the target of that reference, in full")] = "",
) -> Response:
    """List what is watched, with the number of its findings by severity."""
    return Answer(read_targets(here, cursor, limit, reference))


def read_targets(here: Server, cursor: str = "", limit: int = 100, reference: str = "") -> TargetPage:
    """What is watched, page by page. Raises Misuse."""
    after = read_cursor(cursor, Number) if cursor else 0
    found = here.memory.targets.page(after=after, limit=limit + 1, reference=reference)
    following = write_cursor(found[limit - 1].id) if len(found) > limit else ""
    return TargetPage(targets=tuple(found[:limit]), next=following)


@router.post("", **says(WatchedTarget, 201, takes=NewTarget))
def add_target(here: Here, who: Operator, new: Annotated[NewTarget, Depends(body(NewTarget))]) -> Response:
    """Look after a target from now on; of one that is watched already, name and labels are replaced."""
    return Answer(here.watch(new.reference, name=new.name, labels=new.labels, by=who.user.name), 201)


@router.get("/{target}", **says(WatchedTarget, also={404: "it is not watched"}))
def get_target(here: Here, _: Viewer, target: TargetId) -> Response:
    """One watched target."""
    return Answer(here.memory.targets.get(target))


@router.patch("/{target}", **says(WatchedTarget, takes=TargetChanges, also={404: "it is not watched"}))
def change_target(here: Here, _: Operator, target: TargetId, changes: Annotated[TargetChanges, Depends(body(TargetChanges))]) -> Response:
    """Change its name or labels."""
    name = None if changes.name is UNSET else changes.name
    labels = None if changes.labels is UNSET else changes.labels
    return Answer(here.memory.targets.change(target, name=name, labels=labels))


@router.delete("/{target}", **says(None, 204, also={404: "it is not watched"}))
def remove_target(here: Here, _: Operator, target: TargetId) -> Response:
    """Look after it no longer; what was found of it stays in history."""
    here.memory.targets.leave(target)
    return Response(status_code=204)
