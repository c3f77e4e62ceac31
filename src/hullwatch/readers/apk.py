"""Packages installed on Alpine Linux and the files they own, from the apk database (https://wiki.alpinelinux.org/wiki/Apk_spec)."""

import re
from collections.abc import Iterator

from ..model import Gap, Location, Package, Scheme, SourcePackage
from ..model.reads import paths
from ..ports import MEBIBYTE, File
from .ownership import OwnedPaths, language_package_paths

revision = 2
reads = paths("lib/apk/db/installed", "usr/lib/apk/db/installed")
LIMIT = 64 * MEBIBYTE
MOST_PACKAGES = 100_000

_WORD = re.compile(r"[!-~]{1,256}")
"""What names and versions are made of: printable ASCII, and not much of it (apk allows still less)."""
_LONGEST = 1000
"""Characters of a field for people."""


def read(file: File) -> Iterator[Package | OwnedPaths | Gap]:
    """Yield one package per paragraph, in file order, each followed by the language packages it owns; a damaged paragraph is a gap."""
    paragraphs = file.text(LIMIT).split("\n\n", MOST_PACKAGES)
    for paragraph in paragraphs[:MOST_PACKAGES]:
        if paragraph.strip():
            yield from _package("\n" + paragraph, file.location)
    if "".join(paragraphs[MOST_PACKAGES:]).strip():
        why = f"the database has more than {MOST_PACKAGES} packages; the others are not read"
        yield Gap(kind="package-record", what="apk packages", why=why, seen_at=file.location)


def _package(paragraph: str, location: Location) -> Iterator[Package | OwnedPaths | Gap]:
    """One paragraph, a newline before it."""
    fields = _fields(paragraph)
    name, version, origin = fields.get("P", ""), fields.get("V", ""), fields.get("o", "") or fields.get("P", "")
    if paragraph.count("\nP:") > 1 or not all(_WORD.fullmatch(word) for word in (name, version, origin)):
        shown = name[:100] if name.isprintable() else ascii(name[:100])
        why = "its paragraph lacks a proper P: or V:, has a bad o:, or runs into the next"
        yield Gap(kind="package-record", what=f"apk package {shown}".rstrip(), why=why, seen_at=location)
        return
    yield Package(
        name=name,
        version=version,
        scheme=Scheme.APK,
        source=SourcePackage(origin, version),
        architecture=_shown(fields.get("A", "")),
        licences=tuple(filter(None, (_shown(fields.get("L", "")),))),
        seen_at=(location,),
    )
    if owned := _owned(paragraph):
        yield OwnedPaths(package=name, paths=owned)


def _shown(text: str) -> str:
    """A field for people; empty where a terminal could not show it."""
    return text if len(text) <= _LONGEST and text.isprintable() else ""


def _fields(paragraph: str) -> dict[str, str]:
    """The fields before the list of files, by their letter."""
    head = paragraph.partition("\nF:")[0]
    return {line[0]: line[2:].strip() for line in head.split("\n") if line[1:2] == ":"}


def _owned(paragraph: str) -> tuple[str, ...]:
    """``R:`` names a file in the directory that the last ``F:`` named."""
    if "-info" not in paragraph and "EGG-INFO" not in paragraph:
        return ()
    directory, listed = "", []
    for line in paragraph.split("\n"):
        if line.startswith("F:"):
            directory = line[2:]
        elif line.startswith("R:"):
            listed.append(f"{directory}/{line[2:]}" if directory else line[2:])
    return language_package_paths("\n".join(listed).encode("utf-8", "replace"))
