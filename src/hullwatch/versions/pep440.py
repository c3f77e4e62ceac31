"""Order of Python packages' versions (https://packaging.python.org/en/latest/specifications/version-specifiers/, once PEP 440)."""

import re

from ..errors import UnorderableVersion
from .numerals import number

_VERSION = re.compile(
    r"""
    v? (?: (?P<epoch>[0-9]+) ! )?
    (?P<release> [0-9]+ (?:\.[0-9]+)* )
    (?: [-_.]? (?P<pre>alpha|a|beta|b|preview|pre|c|rc) [-_.]? (?P<pre_number>[0-9]*) )?
    (?P<post> -(?P<implicit>[0-9]+) | [-_.]? (?:post|rev|r) [-_.]? (?P<post_number>[0-9]*) )?
    (?P<dev> [-_.]? dev [-_.]? (?P<dev_number>[0-9]*) )?
    (?: \+ (?P<local> [a-z0-9]+ (?:[-_.][a-z0-9]+)* ) )?
    """,
    re.VERBOSE,
)
_PHASE = {"alpha": b"\x01", "a": b"\x01", "beta": b"\x02", "b": b"\x02", "preview": b"\x03", "pre": b"\x03", "c": b"\x03", "rc": b"\x03"}
_FIRST, _LAST = b"\x00", b"\x04"


def key(version: str) -> bytes:
    """Bytes whose plain order is that of the specification. Raises UnorderableVersion for versions it does not know ("legacy")."""
    found = _VERSION.fullmatch(version.strip().lower()) if version.isascii() else None
    if found is None:
        raise UnorderableVersion(f"{version!r} has no place in PEP 440's order")
    epoch, release = number(found["epoch"] or "0"), _release(found["release"])
    post = b"\x01" + number(found["implicit"] or found["post_number"] or "") if found["post"] else _FIRST
    dev = b"\x00" + number(found["dev_number"]) if found["dev"] else b"\x01"
    return epoch + release + _pre(found) + post + dev + _local(found["local"])


def _release(release: str) -> bytes:
    """Its numbers without trailing zeros: 1.0 is 1."""
    numbers = release.split(".")
    while numbers and not numbers[-1].strip("0"):
        numbers.pop()
    return b"".join(b"\x01" + number(digits) for digits in numbers) + b"\x00"


def _pre(found: re.Match[str]) -> bytes:
    """Pre-releases before the release; a development release of no pre- or post-release before those."""
    if found["pre"]:
        return _PHASE[found["pre"]] + number(found["pre_number"])
    return _FIRST if found["dev"] and not found["post"] else _LAST


def _local(local: str | None) -> bytes:
    """None before any; words before numbers; the longer of two that begin alike is later."""
    if local is None:
        return b"\x00"
    parts = re.split("[-_.]", local)
    return b"".join(b"\x02" + number(part) if part.isdecimal() else b"\x01" + part.encode("ascii") + b"\x00" for part in parts) + b"\x00"
