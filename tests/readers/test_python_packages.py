import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import HullwatchError
from hullwatch.model import Ecosystem, Gap, Package, Scheme, SourcePackage
from hullwatch.readers import python_packages

from ..doubles import MemoryFile, MemoryFiles

METADATA = "usr/lib/python3/dist-packages/x-1.dist-info/METADATA"


def read(data: bytes, path: str = METADATA) -> Package | Gap:
    (fact,) = python_packages.read(MemoryFile(path, data))
    return fact


def test_real_metadata_of_three_packages(data: Path) -> None:
    """As Debian and pip left them; nothing else is opened."""
    files = MemoryFiles.of_directory(data / "debian-12-packages")
    found = [fact for file in files.open_each(python_packages.reads) if not isinstance(file, Gap) for fact in python_packages.read(file)]
    packages = [fact for fact in found if isinstance(fact, Package)]
    assert [(package.name, package.version, package.licences) for package in packages] == [
        ("blinker", "1.5", ("MIT License",)),
        ("xmltodict", "0.13.0", ("MIT",)),
        ("idna", "3.20", ("BSD-3-Clause",)),
    ]
    assert {(package.scheme, package.ecosystem) for package in packages} == {(Scheme.PEP440, Ecosystem.PYPI)}
    assert packages[2].source == SourcePackage("idna", "3.20")
    assert files.opened == [package.seen_at[0].path for package in packages]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("x-1.dist-info/METADATA", True),
        ("usr/lib/python3/dist-packages/x.egg-info", True),
        ("usr/lib/python3/dist-packages/x.egg-info/PKG-INFO", True),
        ("opt/x-1-py3.11.egg/EGG-INFO/PKG-INFO", True),
        ("x-1.dist-info/RECORD", False),
        ("METADATA", False),
        ("srv/METADATA/x", False),
        ("x.egg-info/requires.txt", False),
        ("x-1/PKG-INFO", False),
    ],
)
def test_wants_the_metadata_of_installed_packages(path: str, wanted: bool) -> None:
    """At any depth; not the rest of their directories, nor that of an unpacked source."""
    assert python_packages.reads.matches(path) is wanted


@pytest.mark.parametrize("spelling", ["ruamel.yaml.clib", "Ruamel_Yaml-CLib", "ruamel--yaml._clib"])
def test_all_spellings_of_a_name_are_one(spelling: str) -> None:
    """Advisories speak of the folded form."""
    package = read(f"Name: {spelling}\nVersion: 1\n".encode())
    assert isinstance(package, Package)
    assert package.name == package.source.name == "ruamel-yaml-clib"


def test_only_headers_are_read() -> None:
    """A description that looks like headers is none, and is not even fetched; nor are folded lines headers."""
    package = read(
        b"Metadata-Version: 2.1\r\nName: x\r\nDescription: a\r\n Version: 8\r\nVersion: 1\r\n\r\nVersion: 9\r\nName: y\r\n"
        + b"z" * 10_000_000
    )
    assert isinstance(package, Package)
    assert (package.name, package.version) == ("x", "1")


def test_headers_without_end_are_read_as_far_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file made to exhaust us gives the name and version that it begins with."""
    monkeypatch.setattr(python_packages, "HEADERS_LIMIT", 40_000)
    package = read(b"Name: x\nVersion: 1\n" + b"Requires-Dist: y\n" * 10_000 + b"Name: z\n")
    assert isinstance(package, Package)
    assert package.name == "x"


@pytest.mark.parametrize(
    ("headers", "licences"),
    [
        (b"License-Expression: MIT OR Apache-2.0\nLicense: other\n", ("MIT OR Apache-2.0",)),
        (b"License: BSD\nClassifier: License :: OSI Approved :: MIT License\n", ("BSD",)),
        (b"License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\nClassifier: Topic :: x\n", ("MIT License",)),
        (b"License: " + b"A whole text. " * 100 + b"\n", ()),
        (b"License: x\x1b[2J\n", ()),
        (b"".join(b"Classifier: License :: %d\n" % number for number in range(1000)), tuple(map(str, range(20)))),
        (b"Classifier: License :: " + b"x" * 1000 + b"\n", ()),
        (b"", ()),
    ],
)
def test_the_licence_is_the_one_declared(headers: bytes, licences: tuple[str, ...]) -> None:
    """The expression before the field before the classifiers; a whole text is no name of a licence."""
    package = read(b"Name: x\nVersion: 1\n" + headers)
    assert isinstance(package, Package)
    assert package.licences == licences


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\nName: x\nVersion: 1\n", b"Name: x\n", b"Version: 1\n", b"Name: -x\nVersion: 1\n", b"Name: x y\nVersion: 1\n",
             b"Name: x\nVersion: 1\x1b[2J\n", b"\x80\x04\x95", b"Name: \xff\nVersion: 1\n",
             b"Name: x\nVersion: " + b"1" * 257, b"Name: " + b"x" * 257 + b"\nVersion: 1\n"],
)  # fmt: skip
def test_metadata_without_a_name_or_version_is_a_gap(data: bytes) -> None:
    """Empty or damaged, it says where; what lies there could be any package."""
    gap = read(data)
    assert isinstance(gap, Gap)
    assert gap.kind == "package-record"
    assert gap.seen_at is not None
    assert gap.seen_at.path == METADATA
    assert gap.why.isprintable()


@given(st.lists(st.sampled_from([b"Name:", b"Version:", b"\n", b"\r\n", b"x", b"1", b" ", b"\xff"]) | st.binary(max_size=4)).map(b"".join))
def test_whatever_the_bytes_it_yields_a_package_or_a_gap(data: bytes) -> None:
    """Hostile bytes raise nothing but our own errors."""
    with contextlib.suppress(HullwatchError):
        assert isinstance(read(data), Package | Gap)
