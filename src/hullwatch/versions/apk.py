"""Order of Alpine's package versions, ``digits{.digits}{letter}{_suffix{digits}}{~hash}{-rdigits}``: apk-package(5), and apk-tools 3
where that is silent. apk-tools 2 differs in two corners: it holds 1.015 above 1.02, and 1.0_rc1 above 1.0 where no revision follows.
"""

import re

from ..errors import UnorderableVersion
from .numerals import number

_VERSION = re.compile(r"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_[a-z]+[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?")
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
_BEFORE_RELEASE = {"alpha": b"\x01", "beta": b"\x02", "pre": b"\x03", "rc": b"\x04"}
_AFTER_RELEASE = {"cvs": b"\x10", "svn": b"\x11", "git": b"\x12", "hg": b"\x13", "p": b"\x14"}
_SUFFIXES = _BEFORE_RELEASE | _AFTER_RELEASE
_END, _REVISION, _HASH, _SUFFIX_NUMBER = b"\x05", b"\x06", b"\x07", b"\x08"
_LETTER, _FRACTION, _NUMBER = b"\x20", b"\x21", b"\x22"
"""What comes next decides between versions that begin alike: a suffix of a pre-release is earliest, then the end, …, then a number."""


def key(version: str) -> bytes:
    """Bytes whose plain order is apk's. Raises UnorderableVersion for what ``apk version --check`` refuses."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise UnorderableVersion(f"{version!r} has no place in apk's order")
    first, numbers, letter, suffixes, commit, revision = found.groups()
    parts = [number(first), *map(_number, numbers.split(".")[1:])]
    if letter:
        parts.append(_LETTER + letter.encode("ascii"))
    for suffix, digits in _SUFFIX.findall(suffixes):
        if suffix not in _SUFFIXES:
            raise UnorderableVersion(f"{version!r} has no place in apk's order: it knows no suffix _{suffix}")
        parts.append(_SUFFIXES[suffix] + (_SUFFIX_NUMBER + number(digits) if digits else b""))
    if commit:
        parts.append(_HASH + commit.encode("ascii") + b"\x00")
    if revision:
        parts.append(_REVISION + number(revision))
    return b"".join(parts) + _END


def _number(digits: str) -> bytes:
    """A number after the first; one with a leading zero is a fraction: compared as text, and before any other number."""
    if digits.startswith("0"):
        return _FRACTION + digits.encode("ascii") + b"\x00"
    return _NUMBER + number(digits)
