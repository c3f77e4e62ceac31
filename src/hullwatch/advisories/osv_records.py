"""One OSV record → what it says of packages. A version is affected if it is listed or lies in a range
(https://ossf.github.io/osv-schema/#evaluation)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from ..errors import UnorderableVersion
from ..model import About, Advisory, Ecosystem, Gap, PublishedSeverity, Range, Scheme, Status
from ..versions.order import key, within
from .records import PackageGap

_TITLE = 160
_TEXT = 400
_LONGEST_ID = 256
_MOST_ALIASES = 100
_REFERENCES = 4
_FIRST = ("ADVISORY", "FIX", "REPORT")
"""References of these types are kept before others."""
_ORDER = ("introduced", "fixed", "last_affected", "limit")
"""Of events at the same version."""


class _Package(Struct):
    name: str
    ecosystem: str


class _Range(Struct):
    type: str = ""
    events: list[dict[str, str]] = field(default_factory=list)


class _Severity(Struct):
    type: str = ""
    score: str = ""


class _Affected(Struct):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[_Severity] | None = None
    database_specific: Any = None


class _Reference(Struct):
    type: str = ""
    url: str = ""


class _Record(Struct):
    id: str
    aliases: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    affected: list[_Affected] | None = None
    severity: list[_Severity] | None = None
    references: list[_Reference] | None = None
    database_specific: Any = None
    published: str | None = None
    modified: str | None = None
    withdrawn: str | None = None


class _Dated(Struct):
    modified: str | None = None


_decoder = msgspec.json.Decoder(_Record)
_dated = msgspec.json.Decoder(_Dated)


def modified_at(data: bytes) -> datetime | None:
    """When the record was last changed; None when it does not say, or cannot be read."""
    try:
        return _time(_dated.decode(data).modified)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def advisories_of(data: bytes, name: str, ecosystem: Ecosystem, scheme: Scheme) -> Iterator[Advisory | Gap | PackageGap]:
    """Yield one advisory per affected entry of this ecosystem, in the record's order.

    An entry that names neither versions nor a range of them (commits alone, say) is a gap of its package, unless the record is withdrawn.
    """
    try:
        record = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        yield Gap(kind="advisory-record", what=f"{ecosystem} advisory {name}", why=f"not in OSV's form: {error}")
        return
    if len(record.aliases or ()) > _MOST_ALIASES or max(map(len, (record.id, *(record.aliases or ())))) > _LONGEST_ID:
        yield Gap(kind="advisory-record", what=f"{ecosystem} advisory {name}", why="its id or its aliases are too long or too many")
        return
    for affected in record.affected or ():
        if affected.package is not None and affected.package.ecosystem == ecosystem:
            yield _advisory(record, affected, folded(affected.package.name), scheme)


def _advisory(record: _Record, affected: _Affected, package: str, scheme: Scheme) -> Advisory | PackageGap:
    ranges = tuple(dict.fromkeys(each for said in affected.ranges or () if said.type != "GIT" for each in _ranges(said, scheme)))
    versions = tuple(each for each in dict.fromkeys(affected.versions or ()) if not _covered(each, ranges, scheme))
    if not ranges and not versions and not record.withdrawn:
        why = "it names commits and no versions" if affected.ranges else "it names no versions"
        return PackageGap(package=package, gap=Gap(kind="advisory-ranges", what=f"{record.id} on {package}", why=why))
    return Advisory(
        id=record.id,
        aliases=frozenset(record.aliases or ()) - {record.id},
        about=About.PACKAGE,
        package=package,
        scheme=scheme,
        ranges=ranges,
        versions=versions,
        status=_status(record, ranges),
        severities=_severities(record, affected),
        title=_title(record),
        text=_shortened(record.details or "", _TEXT),
        published_at=_time(record.published),
        references=_references(record.references or ()),
    )


def folded(name: str) -> str:
    """A package's name in its normal form; OSV uses it for PyPI alone so far (https://peps.python.org/pep-0503/)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _ranges(said: _Range, scheme: Scheme) -> Iterator[Range]:
    """The intervals that a range's events mark off, in the order of versions; in the record's own where there is none."""
    events = [(kind, event[kind]) for event in said.events for kind in _ORDER if kind in event]
    limit = _limit([version for kind, version in events if kind == "limit"], scheme)
    introduced: str | None = None
    for kind, version in _in_order([event for event in events if event[0] != "limit"], scheme):
        if kind == "introduced":
            introduced = version if introduced is None else introduced
        elif introduced is not None:
            found = Range(introduced=_bound(introduced), **{kind: version})
            yield from _below(found, limit, scheme)
            introduced = None
    if introduced is not None:
        yield from _below(Range(introduced=_bound(introduced)), limit, scheme)


def _in_order(events: Sequence[tuple[str, str]], scheme: Scheme) -> Sequence[tuple[str, str]]:
    try:
        places = {version: b"" if version == "0" else key(version, scheme) for _, version in events}
    except UnorderableVersion:
        return events
    return sorted(events, key=lambda event: (places[event[1]], _ORDER.index(event[0])))


def _bound(introduced: str) -> str:
    """ "0" is the beginning, before every version."""
    return "" if introduced == "0" else introduced


def _limit(limits: Sequence[str], scheme: Scheme) -> str:
    """The highest limit; empty when there is none. What lies at or above it is not affected."""
    if not limits or "*" in limits:
        return ""
    try:
        return max(limits, key=lambda version: key(version, scheme))
    except UnorderableVersion:
        return limits[-1]


def _below(found: Range, limit: str, scheme: Scheme) -> Iterator[Range]:
    """A range cut at the limit."""
    if not limit:
        yield found
        return
    try:
        end = found.fixed or found.last_affected
        if found.introduced and key(found.introduced, scheme) >= key(limit, scheme):
            return
        if end and key(end, scheme) < key(limit, scheme):
            yield found
            return
    except UnorderableVersion:
        yield found
        return
    yield Range(introduced=found.introduced, fixed=limit)


def _covered(version: str, ranges: Sequence[Range], scheme: Scheme) -> bool:
    """Whether listing a version adds nothing to the ranges."""
    try:
        return any(within(version, each, scheme) for each in ranges)
    except UnorderableVersion:
        return False


def _status(record: _Record, ranges: Sequence[Range]) -> Status:
    if record.withdrawn:
        return Status.WITHDRAWN
    return Status.FIXED if any(each.fixed for each in ranges) else Status.UNFIXED


def _severities(record: _Record, affected: _Affected) -> tuple[PublishedSeverity, ...]:
    vectors = affected.severity or record.severity or ()
    words = [found for each in (affected.database_specific, record.database_specific) if (found := _word(each))]
    return tuple(PublishedSeverity(each.type, each.score) for each in vectors if each.score) + tuple(
        PublishedSeverity("severity", word) for word in words[:1]
    )


def _word(specific: Any) -> str:
    word = specific.get("severity") if isinstance(specific, Mapping) else None
    return word if isinstance(word, str) else ""


def _title(record: _Record) -> str:
    return _shortened(record.summary or (record.details or "").partition("\n")[0].partition(". ")[0], _TITLE)


def _shortened(text: str, size: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= size else f"{plain[: size - 1]}…"


def _references(references: Sequence[_Reference]) -> tuple[str, ...]:
    ordered = sorted(references, key=lambda each: _FIRST.index(each.type) if each.type in _FIRST else len(_FIRST))
    return tuple(dict.fromkeys(each.url for each in ordered if each.url))[:_REFERENCES]


def _time(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
