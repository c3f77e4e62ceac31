"""Packages installed on Alpine Linux and the files they own, from the apk database (https://wiki.alpinelinux.org/wiki/Apk_spec)."""

from collections.abc import Iterator

from ..model import Gap, Location, Package, Scheme, SourcePackage
from ..model.reads import paths
from ..ports import MEBIBYTE, File
from .ownership import OwnedPaths, language_package_paths

revision = 1
reads = paths("lib/apk/db/installed", "usr/lib/apk/db/installed")
LIMIT = 64 * MEBIBYTE
MOST_PACKAGES = 100_000


def read(file: File) -> Iterator[Package | OwnedPaths | Gap]:
    """Yield one package per paragraph, in file order, each followed by the language packages it owns; one without P: or V: is a gap."""
    paragraphs = file.text(LIMIT).split("\n\n", MOST_PACKAGES)
    for paragraph in paragraphs[:MOST_PACKAGES]:
        if not paragraph.strip():
            continue
        fields = _fields(paragraph)
        name, version = fields.get("P", ""), fields.get("V", "")
        if not (name and version and name.isprintable() and version.isprintable()):
            what = f"apk package {name!r}" if name else "apk package"
            yield Gap(kind="package-record", what=what, why="paragraph lacks P: or V:", seen_at=file.location)
            continue
        yield _package(name, version, fields, file.location)
        if owned := _owned(paragraph):
            yield OwnedPaths(package=name, paths=owned)
    if "".join(paragraphs[MOST_PACKAGES:]).strip():
        why = f"the database has more than {MOST_PACKAGES} packages; the others are not read"
        yield Gap(kind="package-record", what="apk packages", why=why, seen_at=file.location)


def _package(name: str, version: str, fields: dict[str, str], location: Location) -> Package:
    licence = fields.get("L", "")
    return Package(
        name=name,
        version=version,
        scheme=Scheme.APK,
        source=SourcePackage(fields.get("o") or name, version),
        architecture=fields.get("A", ""),
        licences=(licence,) if licence else (),
        seen_at=(location,),
    )


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
