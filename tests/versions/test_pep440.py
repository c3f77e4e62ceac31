import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from hullwatch.errors import UnorderableVersion
from hullwatch.versions import pep440

ASCENDING = (
    "1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456",
    "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0.post456.dev34", "1.0.post456",
    "1.0.15", "1.1.dev1", "1.2", "1.10", "2013.10", "1!0.1",
)  # fmt: skip
"""Oldest first, as the specification's summary of permitted suffixes and its examples have it."""

EQUAL = (
    ("1.0", "v1.0"),
    ("1.0", "1"),
    ("1.0", "1.0.0.0"),
    ("1.0", " 1.0\n"),
    ("1.0a1", "1.0-ALPHA_1"),
    ("1.0b0", "1.0.beta"),
    ("1.0rc1", "1.0c1"),
    ("1.0rc1", "1.0-pre1"),
    ("1.0rc1", "1.0preview1"),
    ("1.0.post1", "1.0-1"),
    ("1.0.post1", "1.0r1"),
    ("1.0.post1", "1.0rev1"),
    ("1.0.post0", "1.0post"),
    ("1.0.dev0", "1.0-dev"),
    ("1.0+ubuntu.1", "1.0+Ubuntu-1"),
    ("0!1", "1"),
    ("00.01", "0.1"),
    ("0.0", "0"),
)
"""Spellings that the specification normalises to one."""


def test_the_publishers_order() -> None:
    """Every version is older than the next."""
    assert [(a, b) for a, b in pairwise(ASCENDING) if not pep440.key(a) < pep440.key(b)] == []


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_spellings_of_one_version_have_one_key(one: str, other: str) -> None:
    """Equal versions have equal bytes."""
    assert pep440.key(one) == pep440.key(other)


@pytest.mark.parametrize(
    "version", ["", "french toast", "1.0-", "1.0.dev.dev", "1..0", "1.0+", "1.0+a+b", "2004d", "1.0-x", "١.٠", "1.0poſt1", "1.0.*"]
)
def test_what_is_no_version_has_no_place(version: str) -> None:
    """Versions from before the specification have no order that anyone agrees on."""
    with pytest.raises(UnorderableVersion) as raised:
        pep440.key(version)
    assert repr(version) in raised.value.what


def test_numbers_of_any_length_are_numbers() -> None:
    """Longer than Python turns into an integer, and still compared."""
    assert pep440.key("9" * 5000) < pep440.key("1" + "0" * 5000)


NUMBER = st.sampled_from(["0", "1", "2", "9", "10", "00", "01", "300"])
RELEASE = st.lists(NUMBER, min_size=1, max_size=4).map(".".join)
PRE = st.sampled_from(["", "", "a", "b", "rc", "c", "alpha", "beta", "pre", "preview", ".a", "-rc.", "_B_", "rc1", "a2", ".pre10"])
POST = st.sampled_from(["", "", ".post", ".post1", "-1", "-10", ".rev2", "r3", "post.4", "_post_0"])
DEV = st.sampled_from(["", "", ".dev", ".dev1", "dev0", "-dev10", "_DEV_2"])
LOCAL = st.sampled_from(["", "", "+a", "+1", "+a.1", "+1.a", "+01", "+1-a_2", "+ABC", "+1a", "+a.1.0", "+0"])
VERSIONS = st.builds("{}{}{}{}{}{}".format, st.sampled_from(["", "", "v", "1!", "0!", "v2!"]), RELEASE, PRE, POST, DEV, LOCAL)


@given(VERSIONS, VERSIONS)
def test_packaging_agrees(one: str, other: str) -> None:
    """Any two versions compare as the reference implementation has it."""
    ours = (pep440.key(one) > pep440.key(other)) - (pep440.key(one) < pep440.key(other))
    judge = (Version(one) > Version(other)) - (Version(one) < Version(other))
    assert ours == judge


@given(st.text(alphabet="0123abcdeprvost.-_+! \nſK", max_size=14) | st.text(max_size=10))
def test_packaging_agrees_on_what_is_a_version(version: str) -> None:
    """What it refuses has no place, everything else has a key; white space apart, of which we allow ASCII's only."""
    try:
        Version(version)
    except InvalidVersion:
        with pytest.raises(UnorderableVersion):
            pep440.key(version)
    else:
        if version.isascii() and not re.search(r"[\x1c-\x1f]", version):
            assert pep440.key(version)
