import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import HullwatchError
from hullwatch.model import Gap, Package, Scheme, SourcePackage
from hullwatch.readers import apk
from hullwatch.readers.ownership import OwnedPaths

from ..doubles import MemoryFile, MemoryFiles

INSTALLED = "lib/apk/db/installed"
TWO = (
    b"C:Q1xxx=\nP:py3-x\nV:1.2-r0\nA:x86_64\nS:1\nT:text: with a colon\nL:MIT AND BSD-2-Clause\no:x\n"
    b"m:M <m@example.org>\nt:1700000000\nc:abc\nD:python3~3.12\nF:usr\nF:usr/lib/python3.12/site-packages\nR:x.py\nZ:Q1a=\n"
    b"F:usr/lib/python3.12/site-packages/x-1.2.dist-info\nR:METADATA\nZ:Q1b=\nR:RECORD\nZ:Q1c=\n\nP:musl\nV:1.2.5-r0\nF:lib\nR:libc.so\n\n"
)
"""As apk writes it, made up."""


def read(data: bytes) -> list[Package | OwnedPaths | Gap]:
    return list(apk.read(MemoryFile(INSTALLED, data)))


def test_a_package_has_its_origin_as_source_and_its_licence_as_declared() -> None:
    """The origin's version is the package's own; without an origin the package is its own source."""
    package, _, other = read(TWO)
    assert isinstance(package, Package)
    assert (package.name, package.version, package.scheme, package.architecture) == ("py3-x", "1.2-r0", Scheme.APK, "x86_64")
    assert (package.source, package.licences) == (SourcePackage("x", "1.2-r0"), ("MIT AND BSD-2-Clause",))
    assert package.seen_at[0].path == INSTALLED
    assert isinstance(other, Package)
    assert other.source == SourcePackage("musl", "1.2.5-r0")


def test_the_python_packages_it_brought_are_owned() -> None:
    """Of all its files only metadata that a reader of Python packages would read is kept."""
    assert [fact for fact in read(TWO) if isinstance(fact, OwnedPaths)] == [
        OwnedPaths(package="py3-x", paths=("usr/lib/python3.12/site-packages/x-1.2.dist-info/METADATA",))
    ]


def test_the_last_package_counts_though_no_newline_ends_it() -> None:
    """A database cut after its last letter loses nothing."""
    assert [fact.name for fact in read(TWO.rstrip(b"\n")) if isinstance(fact, Package)] == ["py3-x", "musl"]


@pytest.mark.shared
def test_every_recorded_alpine(shared: Path) -> None:
    """In sixteen releases there are as many packages as P: lines, each with a version and a source, and nothing is a gap."""
    databases = sorted((shared / "samples/alpine").glob("*/lib/apk/db/installed"))
    assert len(databases) == 16
    for database in databases:
        files = MemoryFiles.of_directory(database.parents[3])
        found = [fact for file in files.open_each(apk.reads) if not isinstance(file, Gap) for fact in apk.read(file)]
        packages = [fact for fact in found if isinstance(fact, Package)]
        text = database.read_text()
        assert [package.name for package in packages] == re.findall("^P:(.*)", text, re.MULTILINE)
        assert [package.version for package in packages] == re.findall("^V:(.*)", text, re.MULTILINE)
        assert [package.source.name for package in packages] == re.findall("^o:(.*)", text, re.MULTILINE)
        assert [fact for fact in found if isinstance(fact, Gap)] == []
        assert files.opened == [INSTALLED]


def test_an_empty_database_has_no_packages() -> None:
    """An image built from nothing has an empty one, and that is no gap."""
    assert read(b"") == []
    assert read(b"\n\n\n") == []


@pytest.mark.parametrize(
    "paragraph",
    [
        b"P:b\n",
        b"V:1\n",
        b"nonsense",
        b"P:b\nV:1\x1b[2J\n",
        b"P:b c\nV:1\n",
        b"P:b\nV:1\nP:c\nV:1\n",
        b"\xff\xfe",
        b"P:b\nV:" + b"1" * 257,
        b"P:" + b"b" * 257 + b"\nV:1",
        b"P:b\nV:1\no:" + b"b" * 257,
    ],
)
def test_a_bad_paragraph_is_a_gap_and_the_others_are_read(paragraph: bytes) -> None:
    """One damaged record hides nothing but itself, and says so with its place."""
    before, gap, after = read(b"P:a\nV:1\n\n" + paragraph + b"\n\nP:z\nV:1\n\n")
    assert isinstance(before, Package)
    assert isinstance(gap, Gap)
    assert gap.kind == "package-record"
    assert gap.seen_at is not None
    assert gap.seen_at.path == INSTALLED
    assert isinstance(after, Package)


def test_more_packages_than_the_limit_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database made to exhaust us is cut, and what was cut is said."""
    monkeypatch.setattr(apk, "MOST_PACKAGES", 2)
    assert [type(fact) for fact in read(b"P:a\nV:1\n\n" * 3)] == [Package, Package, Gap]


@given(
    st.lists(
        st.sampled_from([b"P:", b"V:", b"o:", b"F:", b"R:", b"\n", b"\n\n", b"a", b"x.egg-info", b"\xff"]) | st.binary(max_size=4)
    ).map(b"".join)
)
def test_whatever_the_bytes_it_yields_facts_and_gaps(data: bytes) -> None:
    """Hostile bytes raise nothing but our own errors."""
    with contextlib.suppress(HullwatchError):
        assert all(isinstance(fact, Package | OwnedPaths | Gap) for fact in read(data))
