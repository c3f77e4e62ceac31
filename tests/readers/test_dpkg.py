import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import HullwatchError
from hullwatch.model import Gap, Package, Scheme, SourcePackage
from hullwatch.readers import dpkg
from hullwatch.readers.ownership import OwnedPaths

from ..doubles import MemoryFile, MemoryFiles

STATUS = "var/lib/dpkg/status"


def read(data: bytes, path: str = STATUS) -> list[Package | OwnedPaths | Gap]:
    return list(dpkg.read(MemoryFile(path, data)))


@pytest.fixture(scope="module")
def recorded(data: Path) -> MemoryFiles:
    return MemoryFiles.of_directory(data / "debian-12-packages")


def facts(files: MemoryFiles) -> Iterator[Package | OwnedPaths | Gap]:
    for file in files.open_each(dpkg.reads):
        assert not isinstance(file, Gap)
        yield from dpkg.read(file)


def test_a_real_database_gives_each_package_with_its_source(recorded: MemoryFiles) -> None:
    """Name, version, architecture and source package are those that ``dpkg-query -W`` printed on that system."""
    found = [fact for fact in facts(recorded) if isinstance(fact, Package)]
    assert [(p.name, p.version, p.architecture, p.source.name, p.source.version) for p in found] == [
        ("base-files", "12.4+deb12u15", "amd64", "base-files", "12.4+deb12u15"),
        ("bash", "5.2.15-2+b13", "amd64", "bash", "5.2.15-2"),
        ("bsdutils", "1:2.38.1-5+deb12u3", "amd64", "util-linux", "2.38.1-5+deb12u3"),
        ("libc6", "2.36-9+deb12u14", "amd64", "glibc", "2.36-9+deb12u14"),
        ("libgcc-s1", "12.2.0-14+deb12u1", "amd64", "gcc-12", "12.2.0-14+deb12u1"),
        ("usrmerge", "37~deb12u1", "all", "usrmerge", "37~deb12u1"),
        ("zlib1g", "1:1.2.13.dfsg-1", "amd64", "zlib", "1:1.2.13.dfsg-1"),
        ("python3-apt", "2.6.0", "amd64", "python-apt", "2.6.0"),
        ("python3-blinker", "1.5-1", "all", "blinker", "1.5-1"),
        ("python3-six", "1.16.0-4", "all", "six", "1.16.0-4"),
        ("python3-xmltodict", "0.13.0-1", "all", "python-xmltodict", "0.13.0-1"),
    ]
    assert {package.scheme for package in found} == {Scheme.DEB}
    assert {package.seen_at[0].path for package in found} == {STATUS}


def test_a_real_file_list_names_the_python_packages_it_brought(recorded: MemoryFiles) -> None:
    """Only metadata that a reader of Python packages would read is kept; lists without any say nothing."""
    owned = {fact.package: fact.paths for fact in facts(recorded) if isinstance(fact, OwnedPaths)}
    assert set(owned) == {"python3-apt", "python3-blinker", "python3-six", "python3-xmltodict"}
    assert owned["python3-blinker"] == ("usr/lib/python3/dist-packages/blinker-1.5.dist-info/METADATA",)
    assert "usr/lib/python3/dist-packages/xmltodict-0.13.0.egg-info/PKG-INFO" in owned["python3-xmltodict"]


def test_opens_only_what_it_declares(recorded: MemoryFiles) -> None:
    """The database and the lists, not the release file or the Python packages."""
    list(facts(recorded))
    assert recorded.opened
    assert all(path == STATUS or (path.startswith("var/lib/dpkg/info/") and path.endswith(".list")) for path in recorded.opened)


def test_an_empty_database_has_no_packages() -> None:
    """A status file that dpkg has just made is empty, and that is no gap."""
    assert read(b"") == []
    assert read(b"\n\n") == []


@pytest.mark.parametrize(
    "state", ["install ok installed", "hold ok installed", "install ok unpacked", "install reinstreq half-configured",
              "install ok triggers-pending", "install ok triggers-awaited", "deinstall ok installed"],
)  # fmt: skip
def test_a_package_whose_files_are_there_is_listed(state: str) -> None:
    """Configured or not, wanted or not: what lies on the disk can be run."""
    assert [type(fact) for fact in read(f"Package: a\nStatus: {state}\nVersion: 1\n".encode())] == [Package]


@pytest.mark.parametrize("state", ["deinstall ok config-files", "unknown ok not-installed", "purge ok not-installed"])
def test_a_removed_package_is_not_listed(state: str) -> None:
    """Configuration files alone are no package, with or without a version; nor is a name that was only ever asked for."""
    assert read(f"Package: a\nStatus: {state}\nVersion: 1\n\nPackage: b\nStatus: {state}\n".encode()) == []


@pytest.mark.parametrize("status", ["Status: install reinstreq half-installed\n", "Status: install ok exploded\n", ""])
def test_a_state_that_says_nothing_of_the_files_is_a_gap(status: str) -> None:
    """Half installed, unknown or absent: what of it is there cannot be known, and silence would be a pass."""
    (gap,) = read(f"Package: a\n{status}Version: 1\n".encode())
    assert isinstance(gap, Gap)
    assert gap.kind == "package-state"
    assert "a 1" in gap.what


@pytest.mark.parametrize(
    ("field", "source"),
    [
        ("", SourcePackage("libx", "2-1+b1")),
        ("Source: x\n", SourcePackage("x", "2-1+b1")),
        ("Source: x (2-1)\n", SourcePackage("x", "2-1")),
        ("Source: x(2-1)\n", SourcePackage("x", "2-1")),
        ("Source: (2-1)\n", None),
        ("Source: x (2-1) y\n", None),
    ],
)
def test_the_source_package_has_its_own_version_where_one_is_given(field: str, source: SourcePackage | None) -> None:
    """Without one it is the package's own; a field that cannot be understood is a gap, since advisories speak of sources."""
    (fact,) = read(f"Package: libx\nStatus: install ok installed\n{field}Version: 2-1+b1\n".encode())
    assert (fact.source if isinstance(fact, Package) else None) == source


def test_both_architectures_of_a_pair_are_listed() -> None:
    """``libc6:amd64`` and ``libc6:i386`` are two packages, and their lists belong to one name."""
    stanza = "Package: libc6\nStatus: install ok installed\nArchitecture: {}\nMulti-Arch: same\nVersion: 2.36-9\n\n"
    found = read((stanza.format("amd64") + stanza.format("i386")).encode())
    assert [fact.architecture for fact in found if isinstance(fact, Package)] == ["amd64", "i386"]
    (owned,) = read(b"/.\n/usr/lib/x.egg-info\n", "var/lib/dpkg/info/libx:i386.list")
    assert owned == OwnedPaths(package="libx", paths=("usr/lib/x.egg-info",))


@pytest.mark.parametrize(
    "stanza", ["Package: b\nStatus: install ok installed\n", "Status: install ok installed\nVersion: 1\n", "nonsense",
               "Package: b c\nStatus: install ok installed\nVersion: 1\n", "Package: b\nStatus: install ok installed\nVersion: 1\x1b[2J\n",
               f"Package: b\nStatus: install ok installed\nVersion: {'1' * 257}\n",
               f"Package: {'b' * 257}\nStatus: install ok installed\nVersion: 1\n",
               f"Package: b\nStatus: install ok installed\nVersion: 1\nSource: {'b' * 257}\n",
               f"Package: b\nStatus: install ok installed\nVersion: 1\nArchitecture: {'b' * 257}\n",
               "Package: b\nStatus: install ok installed\nVersion: 1\n \nPackage: c\nStatus: install ok installed\nVersion: 1\n"],
)  # fmt: skip
def test_a_bad_stanza_is_a_gap_and_the_others_are_read(stanza: str) -> None:
    """One damaged record hides nothing but itself, and says so with its place."""
    good = "Package: {}\nStatus: install ok installed\nVersion: 1\n\n"
    before, gap, after = read((good.format("a") + stanza.rstrip("\n") + "\n\n" + good.format("z")).encode())
    assert isinstance(before, Package)
    assert isinstance(gap, Gap)
    assert gap.kind == "package-record"
    assert gap.seen_at is not None
    assert gap.seen_at.path == STATUS
    assert isinstance(after, Package)


def test_distroless_files_need_no_state() -> None:
    """Each file of ``status.d`` is a package as it was built; its sums name what it brought, under any file name."""
    sums = b"d41d8cd98f00b204e9800998ecf8427e  usr/lib/python3/dist-packages/y-1.dist-info/METADATA\n"
    directory = "var/lib/dpkg/status.d"
    files = MemoryFiles({
        f"{directory}/bGlieA": b"Package: libx\nVersion: 2-1+b1\nArchitecture: amd64\nSource: x (2-1)\nDescription: x\n more\n",
        f"{directory}/python3-y.md5sums": sums + b"d41d8cd98f00b204e9800998ecf8427e  usr/bin/y\n",
        f"{directory}/libx.md5sums": b"d41d8cd98f00b204e9800998ecf8427e  usr/lib/libx.so\n",
    })  # fmt: skip
    package, owned = facts(files)
    assert isinstance(package, Package)
    assert (package.name, package.source) == ("libx", SourcePackage("x", "2-1"))
    assert owned == OwnedPaths(package="python3-y", paths=("usr/lib/python3/dist-packages/y-1.dist-info/METADATA",))


def test_more_packages_than_the_limit_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database made to exhaust us is cut, and what was cut is said."""
    monkeypatch.setattr(dpkg, "MOST_PACKAGES", 2)
    found = read(b"Package: a\nStatus: install ok installed\nVersion: 1\n\n" * 3)
    assert [type(fact) for fact in found] == [Package, Package, Gap]


FRAGMENTS = st.sampled_from(
    [b"Package: ", b"Version: ", b"Status: install ok installed", b"Source: ", b"\n", b"\n\n", b" (1)", b"a", b"1", b"\xff"]
)


@given(
    st.lists(FRAGMENTS | st.binary(max_size=4)).map(b"".join),
    st.sampled_from([STATUS, "var/lib/dpkg/status.d/x", "var/lib/dpkg/info/x.list"]),
)
def test_whatever_the_bytes_it_yields_facts_and_gaps(data: bytes, path: str) -> None:
    """Hostile bytes raise nothing but our own errors."""
    with contextlib.suppress(HullwatchError):
        assert all(isinstance(fact, Package | OwnedPaths | Gap) for fact in read(data, path))
