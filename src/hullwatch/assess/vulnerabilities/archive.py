"""What only a feed that lists a whole archive can tell: packages that it does not know, and packages that are newer than its own."""

from collections.abc import Iterable, Mapping, Sequence

from ...errors import UnorderableVersion
from ...model import Advisory, Feed, Gap, Note
from ...versions.order import key
from .installed import Installed


def not_in_archive(feeds: Sequence[Feed], sources: Iterable[str], named: Mapping[str, object]) -> list[Gap]:
    """One gap for all sources that no listing feed names: nobody told us anything of them."""
    absent = sorted(name for name in sources if name not in named)
    if not absent:
        return []
    covers = ", ".join(feed.covers or feed.id for feed in feeds)
    return [Gap(kind="not-in-archive", what=_counted(absent), why=f"the archive of {covers} does not have {', '.join(absent)}")]


def newer_than_archive(feeds: Sequence[Feed], installed: Iterable[Installed], named: Mapping[str, Sequence[Advisory]]) -> list[Gap]:
    """One gap for all sources that are installed in a version above everything that the archive has: it is not the archive's own."""
    newer = sorted({each.name for each in installed if _is_above(each, named.get(each.name, ()))})
    if not newer:
        return []
    covers = ", ".join(feed.covers or feed.id for feed in feeds)
    return [Gap(kind="newer-than-archive", what=_counted(newer), why=f"newer than anything in the archive of {covers}: {', '.join(newer)}")]


def outdated_note(subjects: Iterable[str]) -> list[Note]:
    """One note for all that is merely outdated."""
    names = sorted(subjects)
    if not names:
        return []
    return [Note(kind="outdated", what=_counted(names), why=f"a newer version names no flaw: {', '.join(names)}")]


def _is_above(installed: Installed, advisories: Sequence[Advisory]) -> bool:
    try:
        known = [key(bound.fixed, installed.scheme) for advisory in advisories for bound in advisory.ranges if bound.fixed]
        return bool(known) and key(installed.version, installed.scheme) > max(known)
    except UnorderableVersion:
        return False  # matching has made a gap of it


def _counted(names: Sequence[str]) -> str:
    return f"{len(names)} source package{'s' if len(names) > 1 else ''}"
