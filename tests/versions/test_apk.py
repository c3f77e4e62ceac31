import re
from contextlib import suppress
from itertools import pairwise, zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hullwatch.errors import UnorderableVersion
from hullwatch.versions import apk

ASCENDING = (
    "0.1.0_alpha_pre2", "0.1.0_alpha", "0.1.0_alpha2", "0.1.3_alpha", "0.1.3_beta", "0.1.3_pre1", "0.1.3_rc1", "0.1.3_rc1-r1",
    "0.1.3_rc2", "0.1.3", "0.1.3-r0", "0.1.3-r9", "0.1.3-r10", "0.1.3~1a2b-r0", "0.1.3_cvs1", "0.1.3_svn1", "0.1.3_git20200101",
    "0.1.3_hg1", "0.1.3_p", "0.1.3_p-r1", "0.1.3_p1", "0.1.3_p9-r0", "0.1.3_p10-r0", "0.1.3_p_p", "0.1.3a", "0.1.3a-r1",
    "0.1.3b_rc1", "0.1.3b", "0.1.3.1", "0.1.20", "0.3.7-r3", "0.3.10", "1.06-r6", "1.2.07.8", "1.2.12.04", "1.2.12.05",
    "2.01.01_alpha10", "6b-r7", "006.1", "8.2.0015", "8.2.002", "8.2.2", "014-r1", "20050718-r1", "20050718-r2",
    "20200101000000000000000",
)  # fmt: skip
"""Oldest first: after rows of apk-tools' own test data and apk-package(5)."""


def test_the_publishers_order() -> None:
    """Every version is older than the next."""
    assert [(a, b) for a, b in pairwise(ASCENDING) if not apk.key(a) < apk.key(b)] == []


@pytest.mark.parametrize(("one", "other"), [("1.2-r1", "01.2-r1"), ("1.2-r1", "1.2-r01"), ("1_rc1", "1_rc01"), ("1.2.3", "1.2.3")])
def test_spellings_of_one_version_have_one_key(one: str, other: str) -> None:
    """Zeros in front say nothing in the first number, in a suffix's and in the revision's."""
    assert apk.key(one) == apk.key(other)


@pytest.mark.parametrize(
    "version",
    ["", " ", "a", "1.", ".1", "1..2", "1.0bc", "23_foo", "1_", "1_alph", "1_p1a", "1-r", "1-1", "1-r1-r2", "1-r1_p1", "1~", "1~xyz", "1a1",
     "1A", "1.0 ", "1.0\n", "1:1.0", "1.0+1", "٣", "1.3_x"],
)  # fmt: skip
def test_what_is_no_version_has_no_place(version: str) -> None:
    """What ``apk version --check`` refuses; the error shows the version as it was."""
    with pytest.raises(UnorderableVersion) as raised:
        apk.key(version)
    assert repr(version) in raised.value.what


TOKEN = re.compile(
    r"(?P<digit>^[0-9]+|\.[0-9]+)|(?P<letter>[a-z])|(?P<suffix>_[a-z]+)|(?P<number>[0-9]+)|~(?P<hash>[0-9a-f]+)|-r(?P<revision>[0-9]+)"
)
KINDS = ("digit", "letter", "suffix", "number", "hash", "revision", "end")
SUFFIXES = ("_alpha", "_beta", "_pre", "_rc", "", "_cvs", "_svn", "_git", "_hg", "_p")


def tokens(version: str) -> list[tuple[str, str]]:
    return [(found.lastgroup or "", found[found.lastgroup or 0]) for found in TOKEN.finditer(version)]


def in_pairs(one: str, other: str) -> int:
    """The rules told as apk tells them: token by token, two versions at a time. Negative when ``one`` is older."""
    for place, (this, that) in enumerate(zip_longest(tokens(one), tokens(other), fillvalue=("end", ""))):
        if this[0] != that[0]:
            early = [kind == "suffix" and SUFFIXES.index(text) < 4 for kind, text in (this, that)]
            return -1 if early[0] else 1 if early[1] else KINDS.index(that[0]) - KINDS.index(this[0])
        if order := in_place(place, this[0], this[1].lstrip("."), that[1].lstrip(".")):
            return order
    return 0


def in_place(place: int, kind: str, this: str, that: str) -> int:
    if kind == "suffix":
        return SUFFIXES.index(this) - SUFFIXES.index(that)
    as_text = kind in ("letter", "hash") or (kind == "digit" and place > 0 and "0" in (this[0], that[0]))
    if as_text:
        return (this > that) - (this < that)
    return int(this) - int(that) if kind != "end" else 0


NUMBERS = st.sampled_from(["0", "1", "2", "9", "10", "01", "00", "015", "02", "0150"])
VERSIONS = st.builds(
    "{}{}{}{}{}".format,
    st.lists(NUMBERS, min_size=1, max_size=3).map(".".join),
    st.sampled_from(["", "", "a", "b"]),
    st.lists(st.builds("{}{}".format, st.sampled_from([s for s in SUFFIXES if s]), st.sampled_from(["", "0", "1", "10"])), max_size=2).map(
        "".join
    ),
    st.sampled_from(["", "", "~0", "~1f", "~1"]),
    st.sampled_from(["", "-r0", "-r1", "-r10"]),
)


@settings(max_examples=1000)
@given(VERSIONS, VERSIONS)
def test_bytes_agree_with_the_rules_told_in_pairs(one: str, other: str) -> None:
    """The key orders any two versions as a comparison of their parts does."""
    order = in_pairs(one, other)
    assert (apk.key(one) < apk.key(other), apk.key(one) == apk.key(other)) == (order < 0, order == 0)


@given(st.text(alphabet="0123abpr._-~", max_size=12) | st.text(max_size=10))
def test_any_text_has_a_key_or_no_place(version: str) -> None:
    """Nothing but UnorderableVersion is ever raised."""
    with suppress(UnorderableVersion):
        assert apk.key(version)
