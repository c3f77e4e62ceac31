"""The distribution and its release, from os-release(5); Alpine's and Debian's own release files where that one is missing."""

import re
from collections.abc import Iterator, Mapping

from ..model import Distribution, Gap
from ..model.reads import paths
from ..ports import KIBIBYTE, File

revision = 1
PRECEDENCE = ("etc/os-release", "usr/lib/os-release", "etc/alpine-release", "etc/debian_version")
"""Which file is believed first: the administrator's before the vendor's, and the common format before the distributions' own."""
reads = paths(*PRECEDENCE)
LIMIT = 256 * KIBIBYTE

_ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
_ESCAPED = re.compile(r"\\(.)")
_ALPINE = re.compile(r"(\d+\.\d+)(?:[._\-+~]\S*)?")


def read(file: File) -> Iterator[Distribution | Gap]:
    """Yield the one distribution that the file names; a gap when it names none."""
    text = file.text(LIMIT)
    match file.location.path.rpartition("/")[2]:
        case "os-release":
            found = _from_os_release(parse_os_release(text))
        case "alpine-release":
            found = _from_alpine_release(text.strip())
        case _:
            found = _from_debian_version(text.strip())
    if found is None:
        yield Gap(kind="distribution", what="distribution", why="the file names no distribution", seen_at=file.location)
    else:
        yield found


def choose(found: Mapping[str, Distribution]) -> Distribution | None:
    """The distribution to believe of those found by path, once layers are merged (see ``PRECEDENCE``); None when there is none."""
    return next((found[path] for path in PRECEDENCE if path in found), None)


def parse_os_release(text: str) -> dict[str, str]:
    """Assignments of an os-release file, quotes and escapes removed; the last of a name wins, lines that are none are passed over."""
    fields = {}
    for line in text.splitlines():
        if assignment := _ASSIGNMENT.fullmatch(line.strip()):
            fields[assignment[1]] = _unquoted(assignment[2])
    return fields


def _unquoted(value: str) -> str:
    """Shell quoting as os-release(5) allows it: nothing is expanded or joined. Characters that cannot be shown are dropped."""
    match value[:1], value[-1:]:
        case ("'", "'") if len(value) > 1:
            plain = value[1:-1]
        case ('"', '"') if len(value) > 1:
            plain = _ESCAPED.sub(r"\1", value[1:-1])
        case _:
            plain = _ESCAPED.sub(r"\1", value)
    return "".join(character for character in plain if character.isprintable())


def _from_os_release(fields: Mapping[str, str]) -> Distribution | None:
    id_ = fields.get("ID", "").strip().lower()
    if not id_:
        return None
    release = fields.get("VERSION_ID", "").strip()
    name = fields.get("PRETTY_NAME", "") or fields.get("NAME", "")
    return Distribution(
        id=id_,
        release=_alpine_release(release, name) if id_ == "alpine" else release,
        code_name=fields.get("VERSION_CODENAME", "").strip(),
        name=name,
        like=tuple(fields.get("ID_LIKE", "").split()),
        variant=fields.get("VARIANT_ID", "").strip(),
    )


def _from_alpine_release(version: str) -> Distribution | None:
    if not _ALPINE.fullmatch(version):
        return None
    release = _alpine_release(version, "")
    return Distribution(id="alpine", release=release, name=f"Alpine Linux {release if release == 'edge' else f'v{release}'}")


def _alpine_release(version: str, name: str) -> str:
    """Major and minor number; ``edge`` for snapshots of the development branch, which carry the number of the release to come."""
    if "_alpha" in version or name.rstrip().endswith(" edge"):
        return "edge"
    known = _ALPINE.fullmatch(version)
    return known[1] if known else version


def _from_debian_version(version: str) -> Distribution | None:
    """``12.5`` is release 12; ``trixie/sid`` has a code name and no release yet."""
    if release := re.fullmatch(r"(\d+)(?:\.\d+)*", version):
        return Distribution(id="debian", release=release[1], name=f"Debian GNU/Linux {release[1]}")
    if code_name := re.fullmatch(r"([a-z]+)(?:/sid)?", version):
        return Distribution(id="debian", code_name=code_name[1], name=f"Debian GNU/Linux {version}")
    return None
