"""What a Debian changelog says was fixed (deb-changelog(5), https://manpages.debian.org/deb-changelog.5); ``flaws`` makes advisories of it.

Entries stand newest first. What an installed version lacks are the entries *above* its own, by position; only a version that the
changelog does not name is placed by the order of versions. Neither the distribution nor the source's name of an entry matters: a
rebuild for a stable release leaves the flaw in the entry for unstable below it, and the signed kernel holds entries of ``linux``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from ...errors import UnorderableVersion
from ...model import Scheme
from ...versions.order import key

_HEADER = re.compile(r"[A-Za-z0-9][\w.+-]* \(([^()\s]+)\)((?: +[\w.+~-]+)*);")
_CVE = re.compile(
    r"\bCVE[-=\u2010-\u2015 ](?P<year>\d{4})[-\u2010-\u2015]\s*"
    r"(?P<numbers>\{\d{4,7}(?:\s*,\s*\d{4,7})*\}|\d{4,7}\b(?:(?:\s*(?:,|&|and|or)\s*-|\s*/\s*-?)\d{4,7}\b)*)",
    re.IGNORECASE,
)
"""Also ``CVE-2025-49794 and -49796``, ``CVE-2016-9577/9578`` and ``CVE-2019-{1000,1001}``."""
_OTHER = re.compile(r"\b(?:GHSA(?:-[0-9a-z]{4}){3}|(?:XSA|DSA|DLA|MFSA|ZDI|TALOS|CAN|ZDI-CAN|RUSTSEC|WSA|PYSEC)-\d[\d-]*\d)\b")
_NUMBER = re.compile(r"\d{4,7}")
_BULLET = re.compile(r"\s*[*+•-]\s+")
_CUT = re.compile(r"# (?:For )?older (?:changelog )?entries", re.IGNORECASE)
_TEXT = 240
_LINES = 20_000
"""Of one entry; no real one is longer."""
BELOW = 8
"""So many entries older than a version that the changelog does not name end the search for it: interleaved branches are shorter."""


class Mention(Struct, frozen=True, array_like=True):
    """A flaw named in an entry, and the sentence that names it."""

    id: str
    text: str


class Entry(Struct, frozen=True, array_like=True):
    """One entry, as far as it matters here."""

    version: str
    flaws: tuple[Mention, ...] = ()
    """CVEs, each once."""
    others: tuple[str, ...] = ()
    """Other ids."""
    text: str = ""
    """Its beginning."""


class Changelog(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was read of the changelog of one version of a source package."""

    version: str
    entries: tuple[Entry, ...] = ()
    whole: bool = False
    """It was read to its end, and nothing had been cut off there."""
    cut: bool = False
    """It was read to where the builder of binary packages cuts it off."""
    failure: str = ""
    """Why it could not be read."""
    may_pass: bool = False
    """Whether another try may succeed at once, as after a broken connection."""

    def reaches(self, version: str) -> bool:
        """Whether what was read is enough to say what ``version`` lacks."""
        search = Search((version,))
        for entry in self.entries:
            search.see(entry)
        return self.whole or search.ended


class Search:
    """Looks for the entries of versions among entries as they are read; ended when each was seen, or enough that are older."""

    def __init__(self, versions: Iterable[str]) -> None:
        self._older = dict.fromkeys(versions, 0)

    @property
    def ended(self) -> bool:
        """Whether nothing is left to look for."""
        return not self._older

    def see(self, entry: Entry) -> None:
        """Take note of the next entry."""
        self._older.pop(entry.version, None)
        place = _order(entry.version) if self._older else None
        if place is None:
            return
        for version in list(self._older):
            wanted = _order(version)
            self._older[version] += wanted is not None and place < wanted
            if self._older[version] >= BELOW:
                del self._older[version]


def signed(entry: Entry) -> Entry:
    """An entry of the kernel as a signed kernel calls it: ``6.1.170-2`` of ``linux`` is signed as ``6.1.170+2``.

    Without this the order of versions would put 6.1.170+1, which signs 6.1.170-1, above 6.1.170-2.
    """
    upstream, hyphen, revision = entry.version.rpartition("-")
    return Entry(f"{upstream}+{revision}", entry.flaws, entry.others, entry.text) if hyphen else entry


class Reading:
    """Reads a changelog line by line, as far as it is asked to."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.cut = False

    def entries(self) -> Iterator[Entry]:
        """Yield the entries, in order; lines outside of entries are passed over."""
        version, body = "", list[str]()
        for line in self._lines:
            if header := _HEADER.match(line):
                if version:
                    yield _entry(version, body)
                version, body = header[1], []
            elif line.startswith(" -- ") and version:
                yield _entry(version, body)
                version, body = "", []
            elif version and len(body) < _LINES:
                body.append(line)
            elif _CUT.match(line):
                self.cut = True
        if version:
            yield _entry(version, body)


def _entry(version: str, body: Sequence[str]) -> Entry:
    flaws: dict[str, str] = {}
    others: dict[str, None] = {}
    for bullet in _bullets(body):
        for found in _CVE.finditer(bullet):
            for number in _NUMBER.findall(found["numbers"]):
                flaws.setdefault(f"CVE-{found['year']}-{number}", _shortened(bullet))
        others.update(dict.fromkeys(_OTHER.findall(bullet)))
    return Entry(
        version=version,
        flaws=tuple(Mention(id_, text) for id_, text in flaws.items()),
        others=tuple(others),
        text=_shortened(" ".join(line.strip() for line in body)),
    )


def _bullets(body: Sequence[str]) -> Iterator[str]:
    """The points of an entry, each as one text."""
    point: list[str] = []
    for line in body:
        if _BULLET.match(line) and point:
            yield "\n".join(point)
            point = []
        point.append(line)
    yield "\n".join(point)


def _shortened(text: str) -> str:
    plain = " ".join(_BULLET.sub("", text, count=1).split())
    return plain if len(plain) <= _TEXT else f"{plain[: _TEXT - 1]}…"


def _order(version: str) -> bytes | None:
    try:
        return key(version, Scheme.DEB)
    except UnorderableVersion:
        return None
