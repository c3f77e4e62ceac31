"""Inventories as they are kept: whole, and each package version once."""

import hashlib

from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.schema import Table

from hullwatch.model import Digest, Ecosystem, FileKind, FileState, Gap, ImageFacts, Inventory, Layer, Location, Note
from hullwatch.store.database import connect, transaction
from hullwatch.store.history import History
from hullwatch.store.schema import inventories, inventory_packages, judgements, packages

from .judgements import IMAGE, day, image, judged, package

WHOLE = replace(
    image([package("zlib1g", source="zlib"), package("libc6", "2.36-9", "glibc")], gaps=(Gap(kind="k", what="w", why="y"),)),
    packages=(
        replace(package("libc6", "2.36-9", "glibc"), licences=("LGPL-2.1", "odd\nname"), vendor="Debian"),
        replace(package("jinja2"), ecosystem=Ecosystem.PYPI, owned_by="python3-jinja2", seen_at=(Location("a"), Location("b"))),
        package("zlib1g", source="zlib"),
    ),
    notes=(Note(kind="n", what="w"),),
    layers=(Layer(number=1, diff_id=Digest("sha256:1"), instruction="ADD rootfs.tar /"),),
    image=ImageFacts(image_id=Digest("sha256:2"), names=("shop/api:2.4",), labels={"b": "1", "a": "2"}),
    file_states=(FileState(path="etc/passwd", kind=FileKind.FILE, mode=0o644, uid=0, gid=0, inode=2**63 - 1),),
)


def _keep(history: History, number: int, *found: Inventory) -> None:
    history.remember([judged(each) for each in found], started_at=day(number), finished_at=day(number))


def _count(address: str, table: Table) -> int:
    with transaction(connect(address), write=False) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_an_inventory_comes_back_whole(history: History) -> None:
    """Order, places, licences, layers and all; of a target that was never looked at there is none."""
    _keep(history, 0, WHOLE)
    assert history.inventory(IMAGE) == WHOLE
    assert list(history.inventories()) == [WHOLE]
    assert history.inventory("docker:never") is None


def test_an_unchanged_inventory_is_kept_once_and_its_time_each_time(history: History, address: str) -> None:
    """A thousand looks at a thing that never changes cost a thousand small rows."""
    for number in range(3):
        _keep(history, number, replace(WHOLE, taken_at=day(number)))
    assert (_count(address, inventories), _count(address, judgements)) == (1, 3)
    assert history.inventory(IMAGE) == replace(WHOLE, taken_at=day(2))


def test_a_state_that_returns_is_the_same_row(history: History, address: str) -> None:
    """A tag that moves to and fro."""
    other = image([package("zlib1g", "2")])
    for number, found in enumerate((WHOLE, other, WHOLE)):
        _keep(history, number, found)
    assert _count(address, inventories) == 2
    assert history.inventory(IMAGE) == WHOLE


def test_a_package_version_is_kept_once_for_all_targets(history: History, address: str) -> None:
    """Ten images on one base share its packages, wherever each has them."""
    base = [package(f"lib{number}") for number in range(50)]
    moved = [replace(each, seen_at=(Location("elsewhere"),)) for each in base]
    _keep(history, 0, image(base, reference="docker:a"), image(moved, reference="docker:b"))
    assert (_count(address, packages), _count(address, inventory_packages)) == (50, 100)
    assert history.inventory("docker:b") == image(moved, reference="docker:b")


def test_names_lead_to_the_targets_that_hold_them_now(history: History) -> None:
    """By the package's own name or its source's; an inventory of the past holds nothing."""
    _keep(history, 0, WHOLE, image([package("zlib1g", source="zlib")], reference="docker:b"), image([], reference="docker:c"))
    assert history.holders([(None, "zlib")]) == ("docker:b", IMAGE)
    assert history.holders([(None, "libc6"), (None, "no such")]) == (IMAGE,)
    assert history.holders([(Ecosystem.PYPI, "jinja2")]) == (IMAGE,)
    assert history.holders([(None, "jinja2"), (Ecosystem.PYPI, "zlib")]) == ()
    _keep(history, 1, image([], reference="docker:b"))
    assert history.holders([(None, "zlib")]) == (IMAGE,)


def test_more_packages_than_one_statement_takes(history: History) -> None:
    """A host may have many."""
    many = image([package(f"lib{number}") for number in range(5001)])
    _keep(history, 0, many)
    assert history.inventory(IMAGE) == many


def test_a_name_may_be_as_long_as_a_target_likes(history: History) -> None:
    """An index of PostgreSQL that holds the names themselves would refuse it."""
    name = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(1000))
    found = image([package(name, name, name)])
    _keep(history, 0, found)
    assert history.inventory(IMAGE) == found
    assert history.holders([(None, name)]) == (IMAGE,)
