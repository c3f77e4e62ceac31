"""Order of Debian's package versions: deb-version(7), and dpkg where that is silent."""

import re

from ..errors import UnorderableVersion
from .numerals import number

_UPSTREAM = re.compile(r"[A-Za-z0-9.+~:-]+")
_REVISION = re.compile(r"[A-Za-z0-9.+~]+")
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_LARGEST_EPOCH = 2**31 - 1

_ORDER = {ord("~"): 0x01} | {ord(character): ord(character) + 0x80 for character in "+-.:"}
"""Within a part that is no number: a tilde before the end (0x02), then letters, then everything else."""
_END = b"\x02"


def key(version: str) -> bytes:
    """Bytes whose plain order is dpkg's. Raises UnorderableVersion for what deb-version(7) does not allow.

    Epoch, upstream version and revision one after the other; none is the beginning of another, so the first that differs decides.
    """
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, hyphen, revision = rest.rpartition("-")
    if not hyphen:
        upstream, revision = rest, "0"
    if not (_is_epoch(epoch) and _UPSTREAM.fullmatch(upstream) and _REVISION.fullmatch(revision)):
        raise UnorderableVersion(f"{version!r} has no place in deb's order")
    return number(epoch) + _part(upstream) + _part(revision)


def _is_epoch(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= _LARGEST_EPOCH


def _part(text: str) -> bytes:
    """Words and numbers by turns, each word with its end marked; a number that is not there is 0."""
    pairs = _PARTS.findall(text)[:-1]
    return b"".join([word.translate(_ORDER).encode("latin-1") + _END + number(digits) for word, digits in pairs]) + _END
