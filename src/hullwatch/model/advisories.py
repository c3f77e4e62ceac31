"""What publishers say: feeds, advisories, scores of flaws and lifecycles of releases."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct, field

from .packages import Ecosystem, Scheme

PUBLISHERS = {"debian": Scheme.DEB, "alpine": Scheme.APK}
"""Feeds of distributions, by the first part of their id, and the packages that they speak of."""
ECOSYSTEMS = "osv"
"""Feeds of ecosystems: the second part of their id is the ecosystem."""


def packages_of_feed(feed_id: str) -> Scheme | Ecosystem | None:
    """The packages that a feed of this id speaks of; None for feeds of scores or lifecycles, and for publishers that we do not know."""
    publisher, _, rest = feed_id.partition("/")
    if publisher == ECOSYSTEMS:
        return Ecosystem(rest) if rest in set(Ecosystem) else None
    return PUBLISHERS.get(publisher)


class Severity(StrEnum):
    """Our own rating, worst first. ``UNRATED`` is a count of its own, never "low"."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NEGLIGIBLE = "negligible"
    UNRATED = "unrated"


class About(StrEnum):
    """Whether an advisory names what was built from, or what is installed."""

    SOURCE = "source"
    PACKAGE = "package"


class Status(StrEnum):
    """What the publisher says of the flaw in this package and release."""

    FIXED = "fixed"
    UNFIXED = "unfixed"
    WILL_NOT_FIX = "will not fix"
    NOT_AFFECTED = "not affected"
    UNDER_INVESTIGATION = "under investigation"
    WITHDRAWN = "withdrawn"


class AdvisoryClass(StrEnum):
    """How strong a statement is. For one source package the strongest that applies counts, the others fall silent."""

    VULNERABILITY = "vulnerability"
    """A flaw is named."""
    SECURITY_UPLOAD = "security upload"
    """The publisher's security team uploaded a newer version, naming no flaw that we can read."""
    UPDATE = "update"
    """There is a newer version; no flaw is named: outdated, a note and no finding."""


class Range(Struct, frozen=True, omit_defaults=True):
    """Affected: ``introduced`` ≤ version < ``fixed``, or ≤ ``last_affected``. An empty bound is open; all empty is every version."""

    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""


class PublishedSeverity(Struct, frozen=True):
    """A severity as published: ``CVSS_V3`` and its vector, or a publisher's own word."""

    kind: str
    value: str


class Advisory(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="advisory"):
    """One statement of a publisher about one package."""

    id: str
    about: About
    package: str
    """In the scheme's normal form (PyPI names folded as PEP 503 has it)."""
    scheme: Scheme
    aliases: frozenset[str] = frozenset()
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    """Affected versions listed one by one, beside the ranges."""
    status: Status = Status.FIXED
    advisory_class: AdvisoryClass = AdvisoryClass.VULNERABILITY
    severities: tuple[PublishedSeverity, ...] = ()
    qualifiers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Further conditions: ``architecture``, ``module``, ``repository``; ``not_built_into``: packages that carry nothing of the flaw."""
    title: str = ""
    text: str = ""
    """What was said, short, for evidence (for example a changelog entry)."""
    published_at: datetime | None = None
    references: tuple[str, ...] = ()


class Feed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The bytes that a publisher publishes about one release or ecosystem; one file of the advisory database."""

    id: str
    """For example ``debian/bookworm``, ``alpine/v3.9/main``, ``osv/PyPI``, ``kev``. Also its file's name."""
    source: str
    """The module in ``advisories`` that knows it."""
    addresses: tuple[str, ...]
    covers: str = ""
    """Release or ecosystem in words: ``debian bookworm``, ``alpine 3.9``, ``PyPI``."""
    licence: str = ""
    knows_unfixed: bool = False
    lists_every_package: bool = False
    """True where a package that the feed does not name is a gap (a whole archive), False where silence is good news."""
    published_at: datetime | None = None
    fetched_at: datetime | None = None
    fingerprint: str = ""
    revision: int = 1
    """Of the parser that built it."""
    notes: tuple[str, ...] = ()
    """What is known beforehand to lie outside its reach."""


class Score(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="score"):
    """What is known of a flaw apart from any package: known exploitation, probability, a base score."""

    id: str
    """The CVE."""
    kind: str
    """``kev``; later ``epss``, ``cvss``."""
    value: str = ""
    since: date | None = None


class Lifecycle(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="lifecycle"):
    """How long a release, or a package in it, is supported."""

    subject: str
    """A release (``debian 11``) or a package pattern in it (``golang.*``)."""
    ends: date | None = None
    limited: bool = False
    text: str = ""
