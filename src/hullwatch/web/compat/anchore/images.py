"""Adding images and asking for them."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query
from fastapi.responses import Response
from msgspec import Struct

from ....errors import HullwatchError, Misuse
from ....jobs.images import identify_image, reference_of
from ....store.runs import Parameters
from ...answers import body
from ...security import Here
from .records import by_digest, by_tag, image_record, known_images
from .routes import Operator, Viewer, failure, new_router

router = new_router()


class _Pull(Struct):
    pullstring: str


class _Source(Struct):
    tag: _Pull | None = None


class NewImage(Struct):
    """What to add; other members are read over. One of both."""

    tag: str = ""
    source: _Source | None = None

    @property
    def pull(self) -> str:
        """The tag. Raises Misuse."""
        found = self.tag or (self.source.tag.pullstring if self.source and self.source.tag else "")
        if not found:
            raise Misuse("the body names no tag", remedy="images are added by tag")
        return found


@router.post("/images", response_model=None)
def add(
    who: Operator, here: Here, new: Annotated[NewImage, Depends(body(NewImage))], force: bool = False
) -> list[dict[str, Any]] | Response:
    """Watch a local image and have it scanned; of one that is known and unchanged what is known, unless ``force``."""
    reference = reference_of(new.pull)
    try:
        facts = identify_image(reference, here.settings)
    except HullwatchError as error:
        return failure(HTTPStatus.BAD_REQUEST, f"cannot find {new.pull}: {error}", error_codes=["REGISTRY_IMAGE_NOT_FOUND"])
    here.watch(reference, name="", labels=(), by=who.user.name)
    image = by_tag(here, new.pull)
    moved = image.facts is not None and image.facts.image_id != facts.image_id
    if force or moved or (image.inventory is None and image.state not in ("not_analyzed", "analyzing")) or not _asked(here, reference):
        here.request("scan", [reference], Parameters(), by=who.user.name)
        image = by_tag(here, new.pull)
    return [image_record(msgspec.structs.replace(image, facts=facts))]


def _asked(here: Here, reference: str) -> bool:
    return bool(here.memory.runs.page(limit=1, reference=reference))


@router.get("/images")
def find(_: Viewer, here: Here, fulltag: Annotated[str, Query(max_length=4096)] = "", analysis_status: str = "") -> list[dict[str, Any]]:
    """All watched images, or the one that ``fulltag`` means."""
    found = [by_tag(here, fulltag)] if fulltag else list(known_images(here))
    return [image_record(each) for each in found if analysis_status in ("", each.state)]


@router.get("/images/by_id/{image_id}")
@router.get("/images/{image_id}")
def get(_: Viewer, here: Here, image_id: str) -> list[dict[str, Any]]:
    """One image, by its digest or id."""
    return [image_record(by_digest(here, image_id))]


@router.delete("/images/by_id/{image_id}")
@router.delete("/images/{image_id}")
def remove(_: Operator, here: Here, image_id: str) -> dict[str, Any]:
    """Watch it no longer."""
    image = by_digest(here, image_id)
    here.memory.targets.leave(image.watched.id)
    return {"digest": image.digest, "status": "deleting", "detail": None}
