"""Packages installed by dpkg and the files they own: deb822(5), deb-control(5), dpkg-query(1); ``status.d`` of distroless images."""

import re
from collections.abc import Iterator

from ..model import Gap, Location, Package, Scheme, SourcePackage
from ..model.reads import paths, patterns
from ..ports import MEBIBYTE, File
from .ownership import OwnedPaths, language_package_paths

revision = 2
reads = paths("var/lib/dpkg/status") | patterns("var/lib/dpkg/status.d/*", "var/lib/dpkg/info/*.list")
STATUS_LIMIT = 64 * MEBIBYTE
MOST_PACKAGES = 100_000
LIST_LIMIT = 64 * MEBIBYTE

_ON_DISK = frozenset({"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"})
"""States in which a package's files are there, configured or not."""
_GONE = frozenset({"not-installed", "config-files"})
_WORD = re.compile(r"[!-~]{1,256}")
"""What names, versions and architectures are made of: printable ASCII, and not much of it (deb-control(5) allows still less)."""
_SOURCE = re.compile(r"([!-'*-~]{1,256})(?: *\(([!-'*-~]{1,256})\))?")


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
    """One stanza, a newline before it. Nothing for a package that is not on disk; a gap when that cannot be told, or not which it is."""
    if not stanza.strip():
        return
    *_, state = _field(stanza, "Status").split() or [default_state]
    if state in _GONE:
        return
    name, version, architecture = (_field(stanza, field) for field in ("Package", "Version", "Architecture"))
    source = _source(_field(stanza, "Source"), name, version)
    if not (_WORD.fullmatch(name) and _WORD.fullmatch(version)):
        yield _gap("package-record", name, "its stanza lacks a proper Package or Version field", location)
    elif source is None or not _WORD.fullmatch(architecture or "-") or stanza.count("\nPackage:") > 1:
        yield _gap(
            "package-record", f"{name} {version}", "its stanza has a bad Source or Architecture field, or runs into the next", location
        )
    elif state not in _ON_DISK:
        why = f"dpkg's state is {state[:40]!r}: what of it is on disk cannot be known"
        yield _gap("package-state", f"{name} {version}", why, location)
    else:
        yield Package(name=name, version=version, scheme=Scheme.DEB, source=source, architecture=architecture, seen_at=(location,))


def _gap(kind: str, name: str, why: str, location: Location) -> Gap:
    """``name`` may be anything: it is shown as far as it can be shown, and not at length."""
    shown = name[:100] if name.isprintable() else ascii(name[:100])
    return Gap(kind=kind, what=f"dpkg package {shown}".rstrip(), why=why, seen_at=location)


def _source(field: str, name: str, version: str) -> SourcePackage | None:
    """``glibc (2.36-9)``: the field is given where the name differs, the version in it where that does. None when it is neither."""
    if not field:
        return SourcePackage(name, version)
    named = _SOURCE.fullmatch(field)
    return SourcePackage(named[1], named[2] or version) if named else None


def _field(stanza: str, name: str) -> str:
    """A one-line field; empty when it is not there. Plain searches: a status file has tens of thousands of lines."""
    start = stanza.find(f"\n{name}:")
    if start < 0:
        return ""
    start += len(name) + 2
    end = stanza.find("\n", start)
    return stanza[start : end if end >= 0 else None].strip()
