"""Small root file systems of Alpine, and an advisory database that knows two flaws of what is in them."""

from pathlib import Path

from hullwatch.advisories.database import AdvisoryDatabase
from hullwatch.model import About, Advisory, Feed, Range, Scheme

from ..doubles import NOON

FLAWS = ("CVE-2020-0001", "CVE-2020-0002")
"""Of zlib below 2-r0."""
RULES = {"alpine": ("alpine/v3.19/main", "alpine/v3.19/community"), "kev": ("kev",)}


def make_root(directory: Path, version: str = "1-r0", *, more: int = 0) -> str:
    """A root with the package zlib, and so many more; gives its reference."""
    (directory / "etc").mkdir(parents=True)
    (directory / "etc/os-release").write_text("ID=alpine\nVERSION_ID=3.19.1\n")
    (directory / "lib/apk/db").mkdir(parents=True)
    set_version(directory, version, more=more)
    return f"dir:{directory}"


def set_version(directory: Path, version: str, *, more: int = 0) -> None:
    """Have another version of zlib there."""
    packages = (("zlib", version), *((f"{directory.name}-{number}", "1-r0") for number in range(more)))
    records = (f"P:{name}\nV:{of}\nA:x86_64\no:{name}\n\n" for name, of in packages)
    (directory / "lib/apk/db/installed").write_text("".join(records))


def fill_advisories(home: Path) -> None:
    """The feeds that such a root needs."""
    database = AdvisoryDatabase(home / "advisories")
    for source, ids in RULES.items():
        for feed in ids:
            known = FLAWS if feed.endswith("main") else ()
            database.replace(
                Feed(id=feed, source=source, addresses=("https://example.org/",), covers=feed, fetched_at=NOON),
                [_advisory(flaw) for flaw in known],
            )


def _advisory(flaw: str) -> Advisory:
    return Advisory(id=flaw, about=About.SOURCE, package="zlib", scheme=Scheme.APK, ranges=(Range(fixed="2-r0"),))
