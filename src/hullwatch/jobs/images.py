"""What a door asks about images and feeds before any run: of the engine and of the advisory database as they are."""

from ..config import Settings
from ..model import Feed, ImageFacts
from ..targets.image.docker import ask_image
from ..targets.references import image_reference
from .edges import Edges
from .run_log import LoggedProgress


def identify_image(reference: str, settings: Settings) -> ImageFacts:
    """Id, names and registry digests of ``docker:…``. Raises NotFound, Denied, Unreachable, Malformed."""
    docker = Edges(settings, LoggedProgress()).require_docker()
    answer = ask_image(reference.removeprefix("docker:"), docker)
    return ImageFacts(image_id=answer.image_id, names=tuple(answer.repo_tags or ()), registry_digests=tuple(answer.repo_digests or ()))


def reference_of(name: str) -> str:
    """An image's name as a reference in full: ``docker:alpine:latest`` for ``docker.io/library/alpine``. Raises Misuse."""
    return image_reference(name)


def counted_feeds(settings: Settings) -> tuple[tuple[Feed, int], ...]:
    """The feeds that are there, each with the number of its records."""
    database = Edges(settings, LoggedProgress()).database
    return tuple((feed, file.count() if (file := database.file(feed.id)) else 0) for feed in database.status())
