"""Containers of a Docker Engine: their image's layers and what they changed themselves, in place or as the engine exports them."""

from urllib.parse import quote

from msgspec import Struct, field

from ...errors import NotFound
from ...model import ContainerFacts, Digest, Layer, Note
from ...ports import Docker
from .configuration import layers_of, parse_configuration
from .docker import ImageAnswer, ask_image, decode
from .overlay import GraphDriver, container_places, read_configuration
from .taking import Contents, Taking


class _Binding(Struct, rename="pascal"):
    host_ip: str = ""
    host_port: str = ""


class _Network(Struct, rename="pascal"):
    ports: dict[str, list[_Binding] | None] | None = None


class _State(Struct, rename="pascal"):
    status: str = ""


class _Config(Struct, rename="pascal"):
    image: str = ""


class _Mount(Struct, rename="pascal"):
    type: str = ""
    source: str = ""
    destination: str = ""


class ContainerAnswer(Struct, rename="pascal"):
    """What the engine says of a container (Engine API, "Inspect a container"). Only what we use."""

    id: str
    name: str
    image: str
    config: _Config = field(default_factory=_Config)
    state: _State = field(default_factory=_State)
    network_settings: _Network = field(default_factory=_Network)
    graph_driver: GraphDriver | None = None
    mounts: list[_Mount] | None = None


class ContainerRead(Struct):
    """A container, as read."""

    facts: ContainerFacts
    layers: tuple[Layer, ...]
    """Of its image; none where its file system came in one piece."""
    contents: Contents
    notes: tuple[Note, ...]


def read_container(name: str, docker: Docker, taking: Taking) -> ContainerRead:
    """Read a container by name or id. Raises NotFound, Denied, Unreachable, Malformed, LimitExceeded."""
    path = f"/containers/{quote(name, safe='')}"
    try:
        answer = decode(docker.get(f"{path}/json"), ContainerAnswer)
    except NotFound as error:
        raise NotFound(f"the engine has no container {name}", remedy="see docker ps --all") from error
    try:
        layers, contents = _read_in_place(answer, docker, taking) or ((), _read_stream(answer, docker, taking))
    except NotFound as error:
        raise NotFound(f"container {name} was removed while it was read", remedy="scan again") from error
    return ContainerRead(_facts(answer, docker), layers, contents, tuple(_notes(answer)))


def _read_in_place(answer: ContainerAnswer, docker: Docker, taking: Taking) -> tuple[tuple[Layer, ...], Contents] | None:
    image = _image_of(answer.image, docker)
    places = container_places(answer.graph_driver, image.diff_ids, docker.endpoint) if image else None
    document = read_configuration(places, Digest(answer.image)) if places else None
    if places is None or document is None:
        return None
    return layers_of(parse_configuration(document)), taking.read_places(places, overlay=True, what="layers")


def _read_stream(answer: ContainerAnswer, docker: Docker, taking: Taking) -> Contents:
    from .archive import Watched, read_export

    with taking.progress.step("streaming files", None, "B") as step, docker.stream(f"/containers/{quote(answer.id)}/export") as source:
        return taking.lay_streamed(read_export(taking, Watched(source, step)))


def _facts(answer: ContainerAnswer, docker: Docker) -> ContainerFacts:
    tagged = _image_of(answer.config.image, docker) if answer.config.image else None
    return ContainerFacts(
        container_id=answer.id,
        name=answer.name.lstrip("/"),
        image_id=Digest(answer.image),
        image_name=answer.config.image,
        state=answer.state.status,
        ports=tuple(_ports(answer.network_settings)),
        tag_image_id=tagged.image_id if tagged else None,
    )


def _ports(network: _Network) -> list[str]:
    published = (network.ports or {}).items()
    return sorted(f"{each.host_ip}:{each.host_port}->{port}" for port, bindings in published for each in bindings or ())


def _notes(answer: ContainerAnswer) -> list[Note]:
    """What hides parts of the container's own file system and is not read with it."""
    mounts = sorted(answer.mounts or (), key=lambda mount: mount.destination)
    why = "a mount is no part of the container: scan what is mounted on its own"
    return [Note(kind="mount", what=f"{mount.destination} ({mount.type or 'mount'})", why=why) for mount in mounts]


def _image_of(name: str, docker: Docker) -> ImageAnswer | None:
    """An image; None when the engine has none of that name any more."""
    try:
        return ask_image(name, docker)
    except NotFound:
        return None
