"""Mends of containers: what a container has and its image has not goes away when it is made anew."""

from collections.abc import Sequence
from datetime import datetime

from ...model import ContainerFacts, Mend, TargetReport
from .commands import plain, words
from .items import Item
from .wording import contents, made, name_of, plural


def recreate_mend(items: Sequence[Item], reports: Sequence[TargetReport]) -> Mend:
    """Recreate a container. Sure where its findings are those that the image of its name has not."""
    report = items[0].report
    facts = report.inventory.container
    name = name_of(report)
    compared = bool(report.relation)
    if facts and facts.tag_image_id and facts.tag_image_id != facts.image_id:
        what = f"recreate container {name}: its tag moved to a newer image{_age(facts, report.inventory.taken_at, reports)}"
    elif compared and facts:
        what = f"recreate container {name}: what it changed is not in {facts.image_name}"
    else:
        what = f"recreate container {name} from a newer {_image(facts)}"
    pulls = [words("docker", "pull", facts.image_name)] if facts and not compared and _image(facts) != "image" else []
    commands = (*pulls, f"# recreate container {plain((name,))[0]} as it was started") if plain((name,)) else ()
    return made(what, items, commands=commands, details=(contents(items),), sure=compared)


def _image(facts: ContainerFacts | None) -> str:
    """Its image's name, where it has one."""
    name = facts.image_name if facts else ""
    return name if plain((name,)) and not name.startswith("sha256:") else "image"


def _age(facts: ContainerFacts, now: datetime, reports: Sequence[TargetReport]) -> str:
    """How long ago the tag moved, where the engine knows it."""
    images = (report.inventory.image for report in reports)
    moved_at = next((image.tag_moved_at for image in images if image and image.image_id == facts.tag_image_id), None)
    if moved_at is None:
        return ""
    days = (now - moved_at).days
    return f" {plural(days, 'day')} ago" if days > 0 else " today"
