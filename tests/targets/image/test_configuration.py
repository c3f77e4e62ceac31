"""What an image says of itself."""

import pytest

from hullwatch.errors import Malformed
from hullwatch.model import Digest
from hullwatch.targets.image.configuration import INSTRUCTION_LENGTH, image_facts, layers_of, parse_configuration, parse_time

DIGEST = "sha256:" + "1" * 64


def instructions(*history: str) -> list[str]:
    """Of an image with one layer for each entry."""
    made = ",".join(f'"{DIGEST}"' for _ in history)
    return [
        layer.instruction
        for layer in layers_of(parse_configuration(f'{{"rootfs": {{"diff_ids": [{made}]}}, "history": [{",".join(history)}]}}'.encode()))
    ]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("/bin/sh -c #(nop) ADD file:5c1f in / ", "ADD file:5c1f in /"),
        ("/bin/sh -c apt-get update &&\\n\\t apt-get install", "RUN apt-get update && apt-get install"),
        ("|2 TOKEN=secret A=b /bin/sh -c make", "RUN make"),
        ("RUN /bin/sh -c pip install x # buildkit", "RUN pip install x"),
        ("COPY a b # buildkit", "COPY a b"),
    ],
)
def test_instructions_are_shown_as_a_dockerfile_has_them(written: str, shown: str) -> None:
    """Without the words that builders put around them, and without build arguments, which may be secrets."""
    assert instructions(f'{{"created_by": "{written}"}}') == [shown]


def test_an_imported_layer_says_so_and_a_long_instruction_is_cut() -> None:
    """Nothing but the comment tells of an import."""
    assert instructions('{"comment": "Imported from -"}', f'{{"created_by": "RUN {"x" * 999}"}}') == [
        "Imported from -",
        f"RUN {'x' * (INSTRUCTION_LENGTH - 5)}…",
    ]


def test_a_history_that_does_not_add_up_gives_no_instructions() -> None:
    """Better none than a wrong one."""
    layers = layers_of(
        parse_configuration(f'{{"rootfs": {{"diff_ids": ["{DIGEST}"]}}, "history": [{{}}, {{"created_by": "x"}}]}}'.encode())
    )
    assert [layer.instruction for layer in layers] == [""]


def test_nulls_are_nothing() -> None:
    """Engines write them for empty lists and maps."""
    empty = parse_configuration(b'{"config": null, "rootfs": {"diff_ids": null}, "history": null, "created": "0001-01-01T00:00:00Z"}')
    facts = image_facts(empty, empty.diff_ids[0] if empty.diff_ids else parse_digest())
    assert (facts.user, facts.labels, facts.created_at, facts.has_health_check) == ("", {}, None, False)


def parse_digest() -> Digest:
    """Any digest."""
    return Digest(DIGEST)


@pytest.mark.parametrize(("check", "has"), [('["NONE"]', False), ("[]", False), ("null", False), ('["CMD", "x"]', True)])
def test_a_health_check_may_be_taken_away(check: str, has: bool) -> None:
    """By NONE."""
    configuration = parse_configuration(f'{{"config": {{"Healthcheck": {{"Test": {check}}}}}}}'.encode())
    assert image_facts(configuration, Digest(DIGEST)).has_health_check == has


@pytest.mark.parametrize("data", [b"", b"[]", b'{"rootfs": {"diff_ids": ["sha256:x"]}}', b'{"rootfs": 1}', b"\xff"])
def test_what_is_no_configuration_is_an_error(data: bytes) -> None:
    """Also one whose layers have no digests that we know."""
    with pytest.raises(Malformed):
        parse_configuration(data)


def test_times_are_read_as_go_writes_them() -> None:
    """Nanoseconds, zones, and the year 1 for never."""
    assert str(parse_time("2026-11-21T08:00:00.123456789+02:00")) == "2026-11-21 06:00:00.123456+00:00"
    assert [parse_time(text) for text in (None, "", "yesterday", "0001-01-01T00:00:00Z", "2026-11-21T08:00:00")] == [None] * 5
