import shutil
import subprocess
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hullwatch.errors import UnorderableVersion
from hullwatch.versions import deb

ASCENDING = (
    "0~~", "0~~a", "0~", "0", "1.0~beta1~svn1245", "1.0~beta1", "1.0~rc1-1", "1.0", "1.0-0.1", "1.0-1~bpo12+1", "1.0-1",
    "1.0-1+b1", "1.0-1+deb12u1", "1.0-1+deb12u2", "1.0-1+deb12u10", "1.0-1.1", "1.0-10", "1.0a", "1.0a1", "1.0b", "1.0+dfsg-1",
    "1.0-pre-1", "1.0.1", "1.1", "1.9", "1.10", "1.100000000000000000000000000000", "2:0", "10:0",
)  # fmt: skip
"""Oldest first: deb-version(7) on epochs, tildes, letters before other characters and numbers; Debian's own habits with revisions."""

EQUAL = (("1.0", "1.0-0"), ("1.0", "0:1.0"), ("1.0", "01.00"), ("1.0-1", "1.0-01"), ("1.a", "1.a0"), ("1", "00001-000"))


def test_the_publishers_order() -> None:
    """Every version is older than the next."""
    assert [(a, b) for a, b in pairwise(ASCENDING) if not deb.key(a) < deb.key(b)] == []


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_spellings_of_one_version_have_one_key(one: str, other: str) -> None:
    """An absent epoch or revision is 0, and zeros in front of a number say nothing (dpkg)."""
    assert deb.key(one) == deb.key(other)


@pytest.mark.parametrize(
    "version", ["", " ", "1 0", " 1.0", "1.0\n", ":1.0", "a:1.0", "-1:1", "1:", "1:-1", "-1", "1.0-", "1.0_1", "1.0/2", "1.ö", "٣", "٣:1",
                "2147483648:1", "99999999999999999999:1", "1:2:3 ", "1.0-1$", "<1.0", "%s"],
)  # fmt: skip
def test_what_is_no_version_has_no_place(version: str) -> None:
    """The error shows the version as it was."""
    with pytest.raises(UnorderableVersion) as raised:
        deb.key(version)
    assert repr(version) in raised.value.what


def test_numbers_of_any_length_are_numbers() -> None:
    """A hundred thousand digits are compared, not truncated and not refused."""
    assert deb.key("9" * 254) < deb.key("1" + "0" * 254) < deb.key("1" + "0" * 255) < deb.key("1" + "0" * 100_000)


def judge(one: str, other: str) -> str:
    """What dpkg says of two versions: lt, eq or gt."""
    script = 'for o in lt eq gt; do if dpkg --compare-versions "$1" $o "$2" 2>/dev/null; then echo $o; exit; fi; done'
    return subprocess.run(["sh", "-c", script, "sh", one, other], capture_output=True, text=True, check=True).stdout.strip()


def verdict(one: str, other: str) -> str:
    return "lt" if deb.key(one) < deb.key(other) else "eq" if deb.key(one) == deb.key(other) else "gt"


PIECES = st.sampled_from(["0", "1", "2", "9", "10", "01", "00", "a", "b", "Z", "~", "+", ".", "-", "~~", "rc", "dfsg", "deb12u1"])
VERSIONS = st.builds(
    "{}{}{}".format, st.sampled_from(["", "", "", "0:", "1:", "01:"]), st.sampled_from("012"), st.lists(PIECES, max_size=5).map("".join)
).filter(lambda version: not version.endswith("-"))


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg, the judge, is not on this machine")
@settings(max_examples=150, deadline=None)
@given(VERSIONS, VERSIONS)
def test_dpkg_agrees(one: str, other: str) -> None:
    """Any two versions compare as ``dpkg --compare-versions`` has it."""
    assert verdict(one, other) == judge(one, other)


@given(st.text(max_size=20))
def test_any_text_has_a_key_or_no_place(version: str) -> None:
    """Nothing but UnorderableVersion is ever raised."""
    with suppress(UnorderableVersion):
        assert deb.key(version)
