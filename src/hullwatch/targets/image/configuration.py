"""An image's configuration: what it says of itself, and which instruction made which layer (image specification, "Image Configuration")."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from ...errors import Malformed
from ...model import Digest, ImageFacts, Layer

INSTRUCTION_LENGTH = 200
_NOT_EXECUTED = re.compile(r"/bin/sh -c #\(nop\)\s+")
_SHELL = re.compile(r"(?:\|\d+ (?:\S+=\S* )*)?/bin/sh -c (?!#\(nop\))")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FRACTION = re.compile(r"(\.\d{6})\d+")


class _RunConfig(Struct, rename="pascal"):
    user: str | None = None
    labels: dict[str, str] | None = None
    healthcheck: "_HealthCheck | None" = None


class _HealthCheck(Struct, rename="pascal"):
    test: list[str] | None = None


class _History(Struct):
    created_by: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class _RootFs(Struct):
    diff_ids: list[str] | None = None


class Configuration(Struct):
    """As it is in an image. Only what we use."""

    architecture: str | None = None
    created: str | None = None
    config: _RunConfig | None = None
    rootfs: _RootFs | None = None
    history: list[_History] | None = None

    @property
    def diff_ids(self) -> tuple[Digest, ...]:
        """Of its layers, the bottom first."""
        return tuple(map(Digest, (self.rootfs.diff_ids if self.rootfs else None) or ()))


def parse_configuration(data: bytes) -> Configuration:
    """Parse a configuration. Raises Malformed."""
    try:
        parsed = msgspec.json.decode(data, type=Configuration)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"an image's configuration cannot be understood: {error}") from error
    for diff_id in parsed.diff_ids:
        if not _DIGEST.fullmatch(diff_id):
            raise Malformed(f"an image's configuration names a layer {diff_id[:80]!r}, which is no sha256 digest")
    return parsed


def layers_of(configuration: Configuration) -> tuple[Layer, ...]:
    """Layers in order, each with the instruction that made it. Instructions that made none are passed over."""
    made = [each for each in configuration.history or () if not each.empty_layer]
    if len(made) != len(configuration.diff_ids):
        made = [_History()] * len(configuration.diff_ids)  # it does not add up: better no instruction than a wrong one
    pairs = enumerate(zip(configuration.diff_ids, made, strict=True), 1)
    return tuple(Layer(number=number, diff_id=diff_id, instruction=instruction(history)) for number, (diff_id, history) in pairs)


def instruction(history: _History) -> str:
    """The instruction as a Dockerfile has it, on one line, cut after ``INSTRUCTION_LENGTH`` characters."""
    written = " ".join((history.created_by or history.comment or "").split())
    if stated := _NOT_EXECUTED.match(written):
        written = written[stated.end() :]
    elif ran := _SHELL.match(written):
        written = f"RUN {written[ran.end() :]}"
    written = written.removesuffix("# buildkit").rstrip().replace("RUN /bin/sh -c ", "RUN ", 1)
    return written if len(written) <= INSTRUCTION_LENGTH else f"{written[: INSTRUCTION_LENGTH - 1]}…"


def image_facts(
    configuration: Configuration,
    image_id: Digest,
    *,
    names: Sequence[str] = (),
    registry_digests: Sequence[str] = (),
    tag_moved_at: datetime | None = None,
) -> ImageFacts:
    """What the image says of itself, and what an engine or archive says of its names."""
    config = configuration.config or _RunConfig()
    check = (config.healthcheck.test if config.healthcheck else None) or []
    return ImageFacts(
        image_id=image_id,
        names=tuple(sorted(names)),
        registry_digests=tuple(sorted(registry_digests)),
        labels=dict(sorted((config.labels or {}).items())),
        architecture=configuration.architecture or "",
        created_at=parse_time(configuration.created),
        tag_moved_at=tag_moved_at,
        user=config.user or "",
        has_health_check=bool(check) and check[0].upper() != "NONE",
    )


def parse_time(text: str | None) -> datetime | None:
    """A time as Go writes it (RFC 3339, nanoseconds); None for the year 1, which means never, and for what is no time."""
    try:
        time = datetime.fromisoformat(_FRACTION.sub(r"\1", text or ""))
    except ValueError:
        return None
    return time.astimezone(UTC) if time.year > 1 and time.tzinfo else None
