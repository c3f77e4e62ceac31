"""What a container has beside its image."""

import pytest
from msgspec.structs import replace

from hullwatch.assess.difference import beyond_image, packages_beyond, relation_to_image
from hullwatch.model import ContainerFacts, Digest, Gap, Judgement, Note, Package, Target, TargetKind

from .builders import advisory, deb, inventory, judge, python

OLD, NEW = Digest("sha256:" + "1" * 64), Digest("sha256:" + "2" * 64)
CONTAINER = Target(kind=TargetKind.CONTAINER, reference="container:worker-1")
SAID = {"debian/bookworm": [advisory("CVE-2024-0001", "zlib", "2"), advisory("CVE-2024-0002", "curl", "2")]}


def container(*packages: Package, now: Digest | None = OLD) -> Judgement:
    """Of ``worker:2.4``, made when that was the old image."""
    facts = ContainerFacts(container_id="c", name="worker-1", image_id=OLD, image_name="worker:2.4", state="running", tag_image_id=now)
    return judge(inventory(*packages, target=CONTAINER, container=facts), SAID)


def image(*packages: Package) -> Judgement:
    """What the name points to now."""
    return judge(inventory(*packages), SAID)


def test_only_what_the_image_has_not() -> None:
    """Findings by rule and subject; the inventory stays whole."""
    own = container(deb("zlib", "1"), deb("curl", "1"))
    beyond = beyond_image(own, image(deb("zlib", "1")))
    assert [finding.rule for finding in beyond.findings] == ["CVE-2024-0002"]
    assert len(beyond.inventory.packages) == 2
    assert beyond_image(own, image(deb("curl", "1"), deb("zlib", "1"))).findings == ()


def test_gaps_and_notes_are_told_once_too() -> None:
    """A gap of the image is the image's."""
    shared, own = Gap(kind="k", what="a", why="in the image"), Gap(kind="k", what="b", why="here")
    note = Note(kind="n", what="x")
    here = replace(container(), gaps=(replace(shared, why="in the container"), own), notes=(note,))
    beyond = beyond_image(here, replace(image(), gaps=(shared,), notes=(note,)))
    assert (beyond.gaps, beyond.notes) == ((own,), ())


def test_packages_beyond() -> None:
    """A changed version is the container's own."""
    mine = (deb("zlib", "2"), deb("curl", "1"), python("six", "1"))
    assert [each.name for each in packages_beyond(inventory(*mine), inventory(deb("zlib", "1"), deb("curl", "1")))] == ["zlib", "six"]


@pytest.mark.parametrize(
    ("mine", "expected"),
    [
        ([deb("zlib", "1"), deb("curl", "1")], "= worker:2.4"),
        ([deb("zlib", "1"), deb("curl", "1"), python("six", "1")], "= worker:2.4, +1 pkg"),
        ([deb("zlib", "1"), deb("curl", "1"), python("six", "1"), python("pip", "1")], "= worker:2.4, +2 pkgs"),
        ([deb("zlib", "2")], "= worker:2.4, -1 pkg, 1 pkg changed"),
    ],
)
def test_relation(mine: list[Package], expected: str) -> None:
    """How it relates to its image, as the table shows it."""
    assert relation_to_image(container(*mine), image(deb("zlib", "1"), deb("curl", "1"))) == expected


def test_older_than_its_tag() -> None:
    """The fix may be on disk already."""
    assert relation_to_image(container(deb("zlib", "1"), now=NEW), image(deb("zlib", "2"))) == "older than its tag"


def test_what_is_no_container_has_no_relation() -> None:
    """Nothing is claimed."""
    assert relation_to_image(image(), image()) == ""
