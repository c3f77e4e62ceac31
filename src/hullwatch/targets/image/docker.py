"""Images of a Docker Engine: read where they lie when that is this machine and this user may, else as the engine streams them."""

from typing import TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from ...errors import NotFound, Unreachable, Untrusted
from ...model import Digest, ImageFacts, Layer
from ...ports import Docker
from .configuration import Configuration, image_facts, layers_of, parse_configuration, parse_time
from .kept import UnknownCover
from .layers import LayerRead
from .overlay import GraphDriver, image_places, read_configuration
from .taking import Contents, Taking

T = TypeVar("T")
_UNTAGGED = "<none>:<none>"


class _RootFs(Struct, rename="pascal"):
    layers: list[str] | None = None


class _Metadata(Struct, rename="pascal"):
    last_tag_time: str | None = None


class ImageAnswer(Struct, rename="pascal"):
    """What the engine says of an image (Engine API, "Inspect an image"). Only what we use."""

    id: str
    repo_tags: list[str] | None = None
    repo_digests: list[str] | None = None
    graph_driver: GraphDriver | None = None
    root_fs: _RootFs | None = msgspec.field(default=None, name="RootFS")
    metadata: _Metadata | None = None

    @property
    def image_id(self) -> Digest:
        """Its id."""
        return Digest(self.id)

    @property
    def diff_ids(self) -> tuple[Digest, ...]:
        """Of its layers, the bottom first."""
        return tuple(map(Digest, (self.root_fs.layers if self.root_fs else None) or ()))


class ImageRead(Struct):
    """An image, as read."""

    facts: ImageFacts
    layers: tuple[Layer, ...]
    contents: Contents


def read_image(reference: str, docker: Docker, taking: Taking) -> ImageRead:
    """Read an image by name or id. Raises NotFound, Denied, Unreachable, Untrusted, Malformed, LimitExceeded."""
    answer = ask_image(reference, docker)
    try:
        configuration, contents = (
            _read_in_place(answer, docker, taking) or _read_kept(answer, taking) or _read_stream(answer, docker, taking)
        )
    except NotFound as error:
        raise NotFound(f"image {reference} was removed while it was read", remedy="scan again") from error
    moved = parse_time(answer.metadata.last_tag_time if answer.metadata else None)
    names = [name for name in answer.repo_tags or () if name != _UNTAGGED]
    facts = image_facts(
        configuration, answer.image_id, names=names, registry_digests=_registry_digests(answer), tag_moved_at=moved if names else None
    )
    return ImageRead(facts, layers_of(configuration), contents)


def ask_image(reference: str, docker: Docker) -> ImageAnswer:
    """What the engine says of an image. Raises NotFound, Denied, Unreachable."""
    try:
        return decode(docker.get(f"/images/{quote(reference, safe='/:@')}/json"), ImageAnswer)
    except NotFound as error:
        raise NotFound(f"the engine has no image {reference}", remedy=f"see docker images, or docker pull {reference}") from error


def decode(body: bytes, type_: type[T]) -> T:
    """An answer of the engine. Raises Unreachable when it is not what the API promises."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreachable(
            f"the engine's answer cannot be understood: {error}", remedy="see whether a Docker Engine answers there"
        ) from error


def _read_in_place(answer: ImageAnswer, docker: Docker, taking: Taking) -> tuple[Configuration, Contents] | None:
    places = image_places(answer.graph_driver, answer.diff_ids, docker.endpoint)
    document = read_configuration(places, answer.image_id) if places else None
    if places is None or document is None:
        return None
    return parse_configuration(document), taking.read_places(places, overlay=True, what="layers")


def _read_kept(answer: ImageAnswer, taking: Taking) -> tuple[Configuration, Contents] | None:
    """An image that was streamed before need not be streamed again: the engine's diff IDs say that nothing changed."""
    document = taking.kept.document(answer.image_id)
    if document is None or not answer.diff_ids:
        return None
    layers = {diff_id: kept.whole() for diff_id, kept in taking.kept.load(answer.diff_ids).items()}
    read = [
        LayerRead(facts, taking.kept.covers(diff_id, None), diff_id, number)
        for number, diff_id in enumerate(answer.diff_ids, 1)
        if (facts := layers[diff_id]) is not None
    ]
    if len(read) < len(answer.diff_ids):
        return None
    try:
        return parse_configuration(document), taking.lay_streamed(read)
    except UnknownCover:
        return None


def _read_stream(answer: ImageAnswer, docker: Docker, taking: Taking) -> tuple[Configuration, Contents]:
    from .archive import Archive, Watched

    with taking.progress.step("streaming layers", None, "B") as step, docker.stream(f"/images/{quote(answer.id, safe=':')}/get") as source:
        saved = Archive(taking).read(Watched(source, step))
    if saved.configuration.diff_ids != answer.diff_ids:
        raise Untrusted("the engine streams other layers than it names for this image", remedy="scan again")
    taking.kept.save_document(answer.image_id, saved.document)
    return saved.configuration, taking.lay_streamed(saved.layers)


def _registry_digests(answer: ImageAnswer) -> list[str]:
    return [digest for digest in answer.repo_digests or () if not digest.startswith("<none>@")]
