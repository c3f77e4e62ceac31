"""Packages installed by dpkg and the files they own: deb822(5), deb-control(5), dpkg-query(1); ``status.d`` of distroless images."""

import re
from collections.abc import Iterator

from ..model import Gap, Location, Package, Scheme, SourcePackage
from ..model.reads import paths, patterns
from ..ports import MEBIBYTE, File
from .ownership import OwnedPaths, language_package_paths

revision = 1
reads = paths("var/lib/dpkg/status") | patterns("var/lib/dpkg/status.d/*", "var/lib/dpkg/info/*.list")
STATUS_LIMIT = 64 * MEBIBYTE
MOST_PACKAGES = 100_000
LIST_LIMIT = 64 * MEBIBYTE

_ON_DISK = frozenset({"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"})
"""States in which a package's files are there, configured or not."""
_GONE = frozenset({"not-installed", "config-files"})
_SOURCE = re.compile(r"(\S+)(?:\s+\((\S+)\))?")


def read(file: File) -> Iterator[Package | OwnedPaths | Gap]:
    """Yield a status file's packages in file order, or what a file list says about language packages."""
    path = file.location.path
    if path.endswith(".list"):
        yield from _owned(path.rpartition("/")[2].removesuffix(".list").partition(":")[0], file.read(LIST_LIMIT))
    elif path.endswith(".md5sums"):
        sums = file.read(LIST_LIMIT)
        yield from _owned(path.rpartition("/")[2].removesuffix(".md5sums"), b"\n".join(line[34:] for line in sums.splitlines()))
    else:
        default_state = "installed" if "/status.d/" in path else ""
        stanzas = file.text(STATUS_LIMIT).split("\n\n", MOST_PACKAGES)
        for stanza in stanzas[:MOST_PACKAGES]:
            yield from _package("\n" + stanza, file.location, default_state)
        if "".join(stanzas[MOST_PACKAGES:]).strip():
            why = f"the file has more than {MOST_PACKAGES} packages; the others are not read"
            yield Gap(kind="package-record", what="dpkg packages", why=why, seen_at=file.location)


def _owned(package: str, listed: bytes) -> Iterator[OwnedPaths]:
    if found := language_package_paths(listed):
        yield OwnedPaths(package=package, paths=found)


def _package(stanza: str, location: Location, default_state: str) -> Iterator[Package | Gap]:
    """One stanza, a newline before it. Nothing for a package that is not on disk; a gap when that, its name or its version is unclear."""
    name, version = _field(stanza, "Package"), _field(stanza, "Version")
    if not stanza.strip():
        return
    *_, state = _field(stanza, "Status").split() or [default_state]
    if state in _GONE:
        return
    if not (name and version and name.isprintable() and version.isprintable()):
        yield Gap(
            kind="package-record",
            what=f"dpkg package {name!r}" if name else "dpkg package",
            why="stanza lacks Package or Version",
            seen_at=location,
        )
    elif state not in _ON_DISK:
        why = f"dpkg's state is {state or 'not given'}: what of it is on disk cannot be known"
        yield Gap(kind="package-state", what=f"dpkg package {name} {version}", why=why, seen_at=location)
    else:
        yield Package(
            name=name,
            version=version,
            scheme=Scheme.DEB,
            source=_source(_field(stanza, "Source"), name, version),
            architecture=_field(stanza, "Architecture"),
            seen_at=(location,),
        )


def _source(field: str, name: str, version: str) -> SourcePackage:
    """``glibc (2.36-9)``; the version is given only where it differs, and the whole field only where the name does."""
    if named := _SOURCE.fullmatch(field):
        return SourcePackage(named[1], named[2] or version)
    return SourcePackage(name, version)


def _field(stanza: str, name: str) -> str:
    """A one-line field; empty when it is not there. Plain searches: a status file has tens of thousands of lines."""
    start = stanza.find(f"\n{name}:")
    if start < 0:
        return ""
    start += len(name) + 2
    end = stanza.find("\n", start)
    return stanza[start : end if end >= 0 else None].strip()
