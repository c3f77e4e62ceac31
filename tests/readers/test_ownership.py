from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hullwatch.model import Digest, Ecosystem, Gap, Location, Package, Scheme, SourcePackage
from hullwatch.readers import dpkg, python_packages
from hullwatch.readers.ownership import OwnedPaths, language_package_paths, owned

from ..doubles import MemoryFiles

BASE = Digest("sha256:" + "0" * 64)


def package(name: str, *paths: str, ecosystem: Ecosystem | None = Ecosystem.PYPI) -> Package:
    source = SourcePackage(name, "1")
    places = tuple(Location(path, BASE) for path in paths)
    return Package(name=name, version="1", scheme=Scheme.PEP440, source=source, ecosystem=ecosystem, seen_at=places)


def test_on_a_real_debian_what_apt_installed_is_owned_and_what_pip_installed_is_not(data: Path) -> None:
    """blinker and xmltodict came with Debian's packages, idna beside them with pip."""
    files = MemoryFiles.of_directory(data / "debian-12-packages")
    facts = [fact for file in files.open_each(dpkg.reads) if not isinstance(file, Gap) for fact in dpkg.read(file)]
    python = [fact for file in files.open_each(python_packages.reads) if not isinstance(file, Gap) for fact in python_packages.read(file)]
    packages = [fact for fact in facts + python if isinstance(fact, Package)]
    found = list(owned(packages, [fact for fact in facts if isinstance(fact, OwnedPaths)]))
    assert len(found) == len(packages) == 14
    assert {fact.name: fact.owned_by for fact in found if fact.ecosystem} == {
        "blinker": "python3-blinker", "xmltodict": "python3-xmltodict", "idna": "",
    }  # fmt: skip


def test_paths_are_compared_as_they_resolve() -> None:
    """A list that says ``lib/x`` owns ``usr/lib/x`` where /usr is merged, and the other way round."""
    owners = [OwnedPaths(package="o", paths=("lib/a.egg-info",)), OwnedPaths(package="p", paths=("usr/lib/b.egg-info",))]
    merged = [package("a", "usr/lib/a.egg-info"), package("b", "lib/b.egg-info"), package("c", "opt/c.egg-info")]
    found = owned(merged, owners, lambda path: path if path.startswith("usr/") else f"usr/{path}")
    assert [fact.owned_by for fact in found] == ["o", "p", ""]


def test_a_package_at_places_of_different_owners_is_split() -> None:
    """Only the copy that the distribution installed is the distribution's."""
    both = package("a", "usr/lib/a.egg-info", "opt/a.egg-info", "srv/a.egg-info")
    found = list(owned([both], [OwnedPaths(package="o", paths=("usr/lib/a.egg-info",))]))
    assert [(fact.owned_by, [place.path for place in fact.seen_at]) for fact in found] == [
        ("o", ["usr/lib/a.egg-info"]), ("", ["opt/a.egg-info", "srv/a.egg-info"]),
    ]  # fmt: skip


def test_without_file_lists_nothing_is_owned() -> None:
    """A distroless image has none; its packages pass as they are, in order."""
    packages = [package("a", "usr/lib/a.egg-info"), package("b", ecosystem=None), package("c")]
    assert list(owned(packages, [])) == packages


def test_the_distributions_own_packages_own_themselves() -> None:
    """``owned_by`` is said of language packages only."""
    installed = package("a", "var/lib/dpkg/status", ecosystem=None)
    assert list(owned([installed], [OwnedPaths(package="o", paths=("var/lib/dpkg/status",))])) == [installed]


def test_only_what_a_reader_would_read_is_kept_of_a_list() -> None:
    """Whatever the form of the list: with or without leading slashes, ending in a newline or not."""
    listed = (
        b"/.\n/usr/a.egg-info/PKG-INFO\nusr/b-1.dist-info/METADATA\n/usr/b-1.dist-info/RECORD\n/usr/c.egg-infox\n/usr/EGG-INFO/PKG-INFO"
    )
    assert language_package_paths(listed) == ("usr/a.egg-info/PKG-INFO", "usr/b-1.dist-info/METADATA", "usr/EGG-INFO/PKG-INFO")
    assert language_package_paths(b"/.\n/usr\n") == ()


@given(st.lists(st.sampled_from(["/usr/", "a", ".egg-info", "/PKG-INFO", ".dist-info", "/METADATA", "EGG-INFO", "\n"])).map("".join))
def test_the_search_finds_what_a_look_at_each_line_would(listed: str) -> None:
    """The short cut is no other rule than the readers' own declaration."""
    plain = [line.removeprefix("/") for line in listed.split("\n")]
    assert list(language_package_paths(listed.encode())) == [line for line in plain if python_packages.reads.matches(line)]
