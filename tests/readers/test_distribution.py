import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import HullwatchError
from hullwatch.model import Distribution, Gap
from hullwatch.readers import distribution

from ..doubles import MemoryFile, MemoryFiles


def read(text: str | bytes, path: str = "etc/os-release") -> Distribution | Gap:
    (fact,) = distribution.read(MemoryFile(path, text.encode() if isinstance(text, str) else text))
    return fact


def all_of(files: MemoryFiles) -> dict[str, Distribution]:
    facts = {
        file.location.path: fact
        for file in files.open_each(distribution.reads)
        if not isinstance(file, Gap)
        for fact in distribution.read(file)
    }
    return {path: fact for path, fact in facts.items() if isinstance(fact, Distribution)}


def test_a_real_debian(data: Path) -> None:
    """Release and code name are os-release's; Debian's own file says the same with less. Nothing else is opened."""
    files = MemoryFiles.of_directory(data / "debian-12-packages")
    found = all_of(files)
    assert found["usr/lib/os-release"] == Distribution(
        id="debian", release="12", code_name="bookworm", name="Debian GNU/Linux 12 (bookworm)"
    )
    assert (found["etc/debian_version"].id, found["etc/debian_version"].release) == ("debian", "12")
    assert distribution.choose(found) == found["usr/lib/os-release"]
    assert files.opened == ["etc/debian_version", "usr/lib/os-release"]


@pytest.mark.shared
def test_every_recorded_alpine(shared: Path) -> None:
    """The release is that of the sample's folder, without the patch level; edge is edge; both of its files agree."""
    samples = sorted((shared / "samples/alpine").iterdir())
    assert len(samples) == 16
    for sample in samples:
        found = all_of(MemoryFiles.of_directory(sample))
        assert len(found) == 2
        assert {(fact.id, fact.release) for fact in found.values()} == {("alpine", sample.name.removeprefix("v"))}


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "NAME=x\n", "ID=\n", 'ID=""\n', "id=debian\n", "\xff\xfe", "ID debian"])
def test_a_file_that_names_no_distribution_is_a_gap(text: str) -> None:
    """Empty or damaged, it says where."""
    gap = read(text)
    assert isinstance(gap, Gap)
    assert gap.kind == "distribution"
    assert gap.seen_at is not None
    assert gap.seen_at.path == "etc/os-release"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("x y", "x y"), ('"x y"', "x y"), ("'x y'", "x y"), (r'"a \"b\" \$c \\ \`d\`"', 'a "b" $c \\ `d`'), (r"'a \"b'", r"a \"b"),
        ('""', ""), ('"', '"'),
        ('"\x1b[2Jx"', "[2Jx"), ("x#y", "x#y"), ("$HOME", "$HOME"),
    ],
)  # fmt: skip
def test_values_are_quoted_as_in_a_shell_and_nothing_is_expanded(written: str, value: str) -> None:
    """Quotes and escapes go; what a terminal could not show goes too."""
    assert distribution.parse_os_release(f"  A_1={written}  \n") == {"A_1": value}


def test_the_last_assignment_wins_and_comments_are_passed_over() -> None:
    """As when a shell reads the file."""
    assert distribution.parse_os_release("ID=a\r\n#ID=b\r\nID=c\r\nexport X=1\r\n") == {"ID": "c"}


def test_what_is_like_a_distribution_is_named() -> None:
    """ID_LIKE and VARIANT_ID are kept, ids are lower case."""
    fact = read('ID=Ubuntu\nID_LIKE="debian other"\nVERSION_ID="24.04"\nVARIANT_ID=server\nNAME=Ubuntu\n')
    assert fact == Distribution(id="ubuntu", release="24.04", name="Ubuntu", like=("debian", "other"), variant="server")


def test_testing_has_a_code_name_and_no_release() -> None:
    """Debian names no VERSION_ID before the release."""
    fact = read('PRETTY_NAME="Debian GNU/Linux trixie/sid"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=trixie\nID=debian\n')
    assert isinstance(fact, Distribution)
    assert (fact.release, fact.code_name) == ("", "trixie")


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("etc/alpine-release", "3.19.4\n", ("alpine", "3.19", "")),
        ("etc/alpine-release", "3.19.0_rc1\n", ("alpine", "3.19", "")),
        ("etc/alpine-release", "3.21.0_alpha20240923\n", ("alpine", "edge", "")),
        ("etc/alpine-release", "3.10-2-gabc\n", ("alpine", "3.10", "")),
        ("etc/debian_version", "12.15\n", ("debian", "12", "")),
        ("etc/debian_version", "trixie/sid\n", ("debian", "", "trixie")),
    ],
)
def test_the_distributions_own_files(path: str, text: str, expected: tuple[str, str, str]) -> None:
    """They name the release in their own ways."""
    fact = read(text, path)
    assert isinstance(fact, Distribution)
    assert (fact.id, fact.release, fact.code_name) == expected


@pytest.mark.parametrize("path", ["etc/alpine-release", "etc/debian_version"])
@pytest.mark.parametrize("text", ["", "\n", "who knows", "12.x\n3"])
def test_a_damaged_file_of_their_own_is_a_gap(path: str, text: str) -> None:
    """No guess is made."""
    assert isinstance(read(text, path), Gap)


def test_the_administrators_file_is_believed_first() -> None:
    """Then the vendor's, then the distributions' own; a file that gave a gap is not among them."""
    found = {path: Distribution(id=path) for path in distribution.PRECEDENCE}
    for path in distribution.PRECEDENCE:
        assert distribution.choose(found) == Distribution(id=path)
        del found[path]
    assert distribution.choose(found) is None


@given(
    st.lists(st.sampled_from(["ID=", '"', "'", "\\", "\n", "alpine", "VERSION_ID=", "3.1"]) | st.text(max_size=4)).map("".join),
    st.sampled_from(distribution.PRECEDENCE),
)
def test_whatever_the_bytes_it_yields_a_fact_or_a_gap(text: str, path: str) -> None:
    """Hostile bytes raise nothing but our own errors."""
    with contextlib.suppress(HullwatchError):
        assert isinstance(read(text.encode("utf-8", "surrogatepass"), path), Distribution | Gap)
