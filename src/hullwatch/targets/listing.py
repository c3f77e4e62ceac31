"""What a Docker Engine has: every local image and every running container, as targets."""

import msgspec

from ..model import Note, Target, TargetKind
from ..model.targets import RUNNING_STATES
from ..ports import Docker
from ..readers.engine_answers import decode_answer, own_name


class Local(msgspec.Struct, frozen=True):
    """One target per image (named by its first tag) and per running container, each in order of its reference."""

    images: tuple[Target, ...]
    containers: tuple[Target, ...]
    notes: tuple[Note, ...] = ()
    """What is left out: images without a name, containers that do not run."""


class _Image(msgspec.Struct):
    id: str = msgspec.field(name="Id")
    tags: list[str] | None = msgspec.field(name="RepoTags", default=None)


class _Container(msgspec.Struct):
    id: str = msgspec.field(name="Id")
    names: list[str] | None = msgspec.field(name="Names")
    image_id: str = msgspec.field(name="ImageID")
    state: str = msgspec.field(name="State")


def list_local(docker: Docker) -> Local:
    """Ask twice. An image without a tag counts only while a container of it runs. Raises Unreachable, Denied, LimitExceeded, Malformed."""
    images = decode_answer(docker.get("/images/json"), list[_Image], "/images/json")
    listed = decode_answer(docker.get("/containers/json", all="1"), list[_Container], "/containers/json")
    containers = [container for container in listed if container.state in RUNNING_STATES]
    names = {image.id: _first_tag(image) for image in images}
    named = {image_id: names.get(image_id) or image_id for image_id in (*names, *(container.image_id for container in containers))}
    running = {container.image_id for container in containers}
    found = [
        Target(kind=TargetKind.IMAGE, reference=f"docker:{name}", identifiers={"image_id": image_id})
        for image_id, name in named.items()
        if name != image_id or image_id in running
    ]
    notes = _left_out(len(named) - len(found), len(listed) - len(containers))
    return Local(_in_order(found), _in_order([_of_container(container) for container in containers]), notes)


def _left_out(images: int, containers: int) -> tuple[Note, ...]:
    notes = []
    if images:
        what = f"{images} image{'s' if images > 1 else ''} without a name"
        notes.append(Note(kind="left-out", what=what, why="not looked at, for nothing of theirs runs; name one by its id: docker:ID"))
    if containers:
        what = f"{containers} container{'s' if containers > 1 else ''} that {'do' if containers > 1 else 'does'} not run"
        notes.append(Note(kind="left-out", what=what, why="not looked at; name one: container:NAME"))
    return tuple(notes)


def _first_tag(image: _Image) -> str:
    return min((tag for tag in image.tags or () if "<none>" not in tag), default="")


def _of_container(container: _Container) -> Target:
    identifiers = {"container_id": container.id, "image_id": container.image_id}
    reference = f"container:{own_name(container.names or (), container.id)}"
    return Target(kind=TargetKind.CONTAINER, reference=reference, identifiers=identifiers)


def _in_order(targets: list[Target]) -> tuple[Target, ...]:
    return tuple(sorted(targets, key=lambda target: target.reference))
