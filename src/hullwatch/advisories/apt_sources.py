"""Where this machine's apt gets Debian's packages from (sources.list(5), apt.conf(5)): parsing is pure, ``read_archives`` reads.

Only this machine's own configuration is ever asked, never a target's. What is not an http, https or file address is passed over, as are
methods that need a program of their own (``cdrom:``, ``mirror:``, a proxy that a command finds).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from ..ports import MEBIBYTE
from .debian.control import fields_of
from .debian.releases import ARCHIVE, RELEASES, SECURITY, SUITE_NAMES
from .places import DIRECT, Archive, Place

_ONE_LINE = re.compile(r"\s*deb(?:-src)?\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<address>\S+)\s+(?P<suite>\S+)(?P<components>(?:\s+[^\s#]+)*)")
_TOKEN = re.compile(r'"(?P<text>[^"]*)"|(?P<mark>[{};])|(?P<word>[^\s{};"]+)|(?P<line>\n)')
_COMMENT = re.compile(r'"[^"\n]*"|(?P<comment>/\*.*?\*/|//[^\n]*|^[ \t]*#[^\n]*)', re.DOTALL | re.MULTILINE)
_SCHEMES = ("http", "https", "file", "copy")
_LIMIT = MEBIBYTE


class Entry(Struct, frozen=True):
    """One archive that apt is told of, and one suite of it."""

    address: str
    suite: str
    components: tuple[str, ...]


def parse_one_line(text: str) -> Iterator[Entry]:
    """Yield the entries of a ``.list`` file; lines that are none are passed over, as apt's own errors concern apt alone."""
    for line in text.splitlines():
        if found := _ONE_LINE.match(line.partition("#")[0]):
            yield Entry(found["address"], found["suite"], tuple(found["components"].split()))


def parse_deb822(text: str) -> Iterator[Entry]:
    """Yield the entries of a ``.sources`` file, those switched off left out."""
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for paragraph in re.split(r"\n\s*\n", plain):
        fields = {name.casefold(): value for name, value in fields_of(paragraph.encode()).items()}
        if fields.get("enabled", "yes").casefold() in ("no", "false", "0"):
            continue
        for address in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Entry(address, suite, tuple(fields.get("components", "").split()))


def parse_settings(text: str) -> Mapping[str, str]:
    """Settings of an ``apt.conf`` file under their full names in lower case: ``acquire::http::proxy``. Lists keep their last value."""
    settings: dict[str, str] = {}
    outer: list[str] = []
    words: list[str] = []
    for token in _TOKEN.finditer(_COMMENT.sub(lambda found: "" if found["comment"] else found[0], text)):
        match token["mark"]:
            case "{":
                outer.append("::".join(words))
                words = []
            case "}":
                outer[-1:] = []
                words = []
            case ";":
                if len(words) > 1:
                    settings["::".join((*filter(None, outer), words[0])).casefold()] = words[-1]
                words = []
            case _ if token["line"] is None:
                words.append(token["text"] if token["text"] is not None else token["word"])
    return settings


def archives_of(entries: Iterable[Entry], settings: Mapping[str, str]) -> tuple[Archive, ...]:
    """Where Debian's archive and its security archive may be had according to apt, in apt's order; nothing for one that it is not told of.

    Whether an entry is Debian's is known by the names of its suite and component; another's archive with the same names fails when its
    signature is checked.
    """
    places: dict[str, dict[Place, None]] = {ARCHIVE: {}, SECURITY: {}}
    for entry in entries:
        if (published := _published(entry)) and urlsplit(entry.address).scheme in _SCHEMES:
            address = re.sub(r"^copy:", "file:", entry.address).rstrip("/")
            address = re.sub(r"^file:/(?!/)", "file:///", address)
            places[published][Place(address, _proxy(address, settings))] = None
    return tuple(Archive(published=published, places=tuple(found)) for published, found in places.items() if found)


def _published(entry: Entry) -> str:
    """The address at which Debian publishes what the entry mirrors; empty when it is not Debian's."""
    name, _, kind = entry.suite.strip("/").replace("/updates", "-security").partition("-")
    if (name not in RELEASES and name not in SUITE_NAMES) or "main" not in entry.components:
        return ""
    return {"": ARCHIVE, "updates": ARCHIVE, "backports": ARCHIVE, "security": SECURITY}.get(kind, "")


def _proxy(address: str, settings: Mapping[str, str]) -> str:
    """apt's proxy for a host, else for the scheme; https falls back on what is said of http."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return ""
    schemes = ("https", "http") if parts.scheme == "https" else ("http",)
    names = [f"acquire::{scheme}::proxy{host}" for host in (f"::{parts.hostname}", "") for scheme in schemes]
    found = next((settings[name] for name in names if settings.get(name)), "")
    return DIRECT if found.casefold() == DIRECT else found


def read_archives(root: Path = Path("/")) -> tuple[Archive, ...]:
    """What this machine's apt configuration says; nothing where there is none, or none that may be read."""
    directory = root / "etc/apt"
    entries: list[Entry] = []
    for path in (directory / "sources.list", *_sorted(directory / "sources.list.d", ".list")):
        entries += parse_one_line(_text(path))
    for path in _sorted(directory / "sources.list.d", ".sources"):
        entries += parse_deb822(_text(path))
    settings: dict[str, str] = {}
    for path in (*_sorted(directory / "apt.conf.d", ""), directory / "apt.conf"):
        settings |= parse_settings(_text(path))
    return archives_of(entries, settings)


def _sorted(directory: Path, suffix: str) -> list[Path]:
    """The files of a directory that apt reads, in its order: names of letters, digits and ``_-.``, ``.conf`` or nothing at the end."""
    try:
        names = sorted(path.name for path in directory.iterdir())
    except OSError:
        return []
    wanted = re.compile(rf"[\w.-]+{re.escape(suffix)}" if suffix else r"[\w-]+(?:\.conf)?", re.ASCII)
    return [directory / name for name in names if wanted.fullmatch(name)]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return ""
