"""Packages."""

from hullwatch.errors import NotFound
from hullwatch.model import Digest, Ecosystem, Gap, Inventory, Location, Package, Scheme, SourcePackage, Target, TargetKind
from tests.doubles import NOON
from tests.tables.doubles import KnownInventories, KnownSources, ask

LAYER = Digest("sha256:" + "2" * 64)
ZLIB = Package(
    name="zlib1g",
    version="1:1.2.13.dfsg-1",
    scheme=Scheme.DEB,
    source=SourcePackage("zlib", "1:1.2.13.dfsg-1"),
    architecture="amd64",
    seen_at=(Location("var/lib/dpkg/status", LAYER, 2), Location("var/lib/dpkg/status.d/zlib", LAYER, 2)),
)
IDNA = Package(
    name="idna", version="3.4", scheme=Scheme.PEP440, source=SourcePackage("idna", "3.4"), ecosystem=Ecosystem.PYPI, owned_by="python3-idna"
)
DAMAGED = Gap(kind="package-record", what="dpkg package", why="no version")


def inventory(reference: str, *packages: Package, gaps: tuple[Gap, ...] = ()) -> Inventory:
    return Inventory(target=Target(kind=TargetKind.IMAGE, reference=reference), taken_at=NOON, packages=packages, gaps=gaps)


def known() -> KnownInventories:
    return KnownInventories(
        {
            "host": inventory("host", ZLIB),
            "docker:a:1": inventory("docker:a:1", ZLIB, IDNA, gaps=(DAMAGED,)),
            "docker:b:1": NotFound("there is no image b:1"),
            "docker:empty:1": inventory("docker:empty:1"),
        }
    )


def test_without_a_target_it_is_that_of_the_query() -> None:
    """All columns, with the place and the layer."""
    answer = ask("select * from packages", KnownSources(inventories=known()))
    told = dict(zip(answer.columns, answer.rows[0], strict=True))
    assert told == {
        "target": "host",
        "name": "zlib1g",
        "version": "1:1.2.13.dfsg-1",
        "source": "zlib",
        "source_version": "1:1.2.13.dfsg-1",
        "scheme": "deb",
        "ecosystem": "",
        "architecture": "amd64",
        "owned_by": "",
        "path": "var/lib/dpkg/status",
        "layer": LAYER,
        "layer_number": 2,
        "places": 2,
    }


def test_a_target_is_named_in_the_statement() -> None:
    """Only that is looked at; its gaps are the answer's."""
    inventories = known()
    answer = ask(
        "select name, ecosystem, owned_by, path, layer, layer_number, places from packages where target = 'docker:a:1' and ecosystem != ''",
        KnownSources(inventories=inventories),
    )
    assert answer.rows == (("idna", "PyPI", "python3-idna", "", "", 0, 0),)
    assert answer.gaps == (DAMAGED,)
    assert inventories.asked == ["docker:a:1"]


def test_targets_are_compared_in_one_statement() -> None:
    """Joined by name."""
    sql = "select a.version, h.version from packages a join packages h using (name) where a.target = 'docker:a:1' and h.target = 'host'"
    assert ask(sql, KnownSources(inventories=known())).rows == ((ZLIB.version, ZLIB.version),)


def test_a_target_that_cannot_be_looked_at_is_a_gap() -> None:
    """The others are told."""
    sql = "select target, count(*) from packages where target in ('docker:a:1', 'docker:b:1', 'host') group by 1"
    answer = ask(sql, KnownSources(inventories=known()))
    assert answer.rows == (("docker:a:1", 2), ("host", 1))
    assert Gap(kind="target", what="docker:b:1", why="there is no image b:1") in answer.gaps


def test_alternatives_of_targets_are_both_looked_at() -> None:
    """Each with its own condition."""
    sql = "select target, name from packages where target = 'host' or (target = 'docker:a:1' and name = 'idna') order by 1"
    assert ask(sql, KnownSources(inventories=known())).rows == (("docker:a:1", "idna"), ("host", "zlib1g"))


def test_a_pattern_of_targets_is_a_gap() -> None:
    """It cannot say which images are meant."""
    answer = ask("select name from packages where target like 'docker:%'", KnownSources(inventories=known()))
    assert [gap.what for gap in answer.gaps] == ["packages.target"]


def test_no_packages_are_no_rows() -> None:
    """And no gaps."""
    answer = ask("select name from packages where target = 'docker:empty:1'", KnownSources(inventories=known()))
    assert (answer.rows, answer.gaps) == ((), ())
