"""Python packages as installers leave them: core metadata of ``.dist-info`` and ``.egg-info``
(https://packaging.python.org/en/latest/specifications/core-metadata/). Only the headers are read."""

import re
from collections.abc import Iterator

from ..model import Ecosystem, Gap, Package, Scheme, SourcePackage
from ..model.reads import patterns
from ..ports import KIBIBYTE, MEBIBYTE, File

revision = 2
reads = patterns("**/*.dist-info/METADATA", "**/*.egg-info/PKG-INFO", "**/*.egg-info", "**/EGG-INFO/PKG-INFO")
HEADERS_LIMIT = 1 * MEBIBYTE

_CHUNK = 16 * KIBIBYTE
_BLANK_LINE = re.compile(rb"\n\r?\n")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SEPARATORS = re.compile(r"[-_.]+")
_LONGEST_LICENCE = 200
_MOST_LICENCES = 20
_LONGEST_WORD = 256
"""Of a name or version."""


def read(file: File) -> Iterator[Package | Gap]:
    """Yield the package that the metadata names; a gap when name or version is missing or no name that PyPI could have."""
    headers = parse_headers(_read_headers(file))
    name, version = headers.get("name", [""])[0], headers.get("version", [""])[0]
    if not (_NAME.fullmatch(name) and version and version.isprintable() and max(len(name), len(version)) <= _LONGEST_WORD):
        why = f"name is {name[:80]!r}, version is {version[:80]!r}"
        yield Gap(kind="package-record", what="Python package", why=why, seen_at=file.location)
        return
    folded = folded_name(name)
    yield Package(
        name=folded,
        version=version,
        scheme=Scheme.PEP440,
        source=SourcePackage(folded, version),
        ecosystem=Ecosystem.PYPI,
        licences=_licences(headers),
        seen_at=(file.location,),
    )


def folded_name(name: str) -> str:
    """The one form of all spellings of a project's name (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def parse_headers(data: bytes) -> dict[str, list[str]]:
    """Headers up to the first blank line by lower-case name, each with its values in order; folded lines are left out."""
    headers: dict[str, list[str]] = {}
    for line in data.splitlines():
        if not line:
            break
        name, colon, value = line.partition(b":")
        if colon and line[:1] not in b" \t":
            headers.setdefault(name.decode("ascii", "replace").lower(), []).append(value.decode("utf-8", "replace").strip())
    return headers


def _read_headers(file: File) -> bytes:
    """The file up to its first blank line: what follows is a description, often a hundred times as long."""
    read = b""
    with file.open() as stream:
        while len(read) < HEADERS_LIMIT and (chunk := stream.read(_CHUNK)):
            seen = max(len(read) - 2, 0)
            read += chunk
            if _BLANK_LINE.search(read, seen):
                break
    return read


def _licences(headers: dict[str, list[str]]) -> tuple[str, ...]:
    """As declared: the SPDX expression, else the licence field where it is a name and no text, else the classifiers."""
    for header in ("license-expression", "license"):
        declared = headers.get(header, [""])[0]
        if declared and declared.upper() != "UNKNOWN" and len(declared) <= _LONGEST_LICENCE and declared.isprintable():
            return (declared,)
    classifiers = [
        line
        for line in headers.get("classifier", [])
        if line.startswith("License ::") and line.isprintable() and len(line) <= _LONGEST_LICENCE
    ]
    return tuple(dict.fromkeys(line.rpartition("::")[2].strip() for line in classifiers[:_MOST_LICENCES]))
