"""Judgements: findings with their evidence, gaps, notes, mends and waivers."""

import hashlib
from datetime import date
from enum import StrEnum

from msgspec import Struct, field

from .advisories import PublishedSeverity, Range, Score, Severity, Status
from .packages import Location, Scheme
from .targets import FileState


class Verdict(StrEnum):
    """The answer to one question. Nothing starts as ``PASS``."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    UNDETERMINED = "undetermined"


class FindingKind(StrEnum):
    """What kind of question was asked."""

    VULNERABILITY = "vulnerability"
    BENCHMARK = "benchmark"
    INTEGRITY = "integrity"


class Comparison(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="comparison"):
    """The installed version lies in an affected range; anyone can repeat the comparison."""

    advisory: str
    feed: str
    subject: str
    """The package compared: the source package where the advisory is about sources."""
    installed: str
    scheme: Scheme
    affected: Range | None = None
    """The range that holds; None when the version is listed one by one."""
    packages: tuple[str, ...] = ()
    """The installed packages concerned (binary packages of the source)."""
    seen_at: tuple[Location, ...] = ()
    text: str = ""


class Setting(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="setting"):
    """A setting as found, and as it should be."""

    where: str
    found: str
    expected: str = ""


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="change"):
    """A file before and after; None is absence."""

    path: str
    before: FileState | None = None
    after: FileState | None = None


Evidence = Comparison | Setting | Change


def finding_id(kind: FindingKind, rule: str, target: str, subject: str) -> str:
    """Hash what makes a finding the same finding in every run; evidence is no part of it. 16 hexadecimal digits."""
    return hashlib.sha256("\0".join((kind, rule, target, subject)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="finding"):
    """One judgement. A vulnerability is flaw × source package × target, aliases merged."""

    id: str
    """From ``finding_id``."""
    kind: FindingKind
    rule: str
    """The CVE where there is one, else the publisher's id; a check's slug."""
    target: str
    """The target's reference."""
    subject: str
    """Source package without version (``ecosystem:name`` for language packages); object of a check (``container:web``); path."""
    verdict: Verdict = Verdict.FAIL
    severity: Severity = Severity.UNRATED
    published: tuple[PublishedSeverity, ...] = ()
    aliases: tuple[str, ...] = ()
    title: str = ""
    status: Status = Status.FIXED
    installed: str = ""
    fixed_in: str = ""
    """Lowest version that mends it; empty when there is no fix yet."""
    evidence: tuple[Evidence, ...] = ()
    scores: tuple[Score, ...] = ()
    remedy: str = ""
    notes: tuple[str, ...] = ()
    numbers: dict[str, str] = field(default_factory=dict)
    """Of a check: its number per edition of the benchmark (``{"1.6": "2.2"}``)."""
    manual: bool = False
    """A check that needs a person; its verdict is ``UNDETERMINED`` and it is no gap."""

    @property
    def number(self) -> str:
        """Of a check: its number in the newest edition that has it; else empty."""
        editions = sorted(self.numbers, key=lambda edition: [int(part) if part.isdecimal() else 0 for part in edition.split(".")])
        return self.numbers[editions[-1]] if editions else ""

    @property
    def exploited(self) -> bool:
        """Whether its flaw is known to be exploited."""
        return any(score.kind == "kev" for score in self.scores)

    @property
    def fixable(self) -> bool:
        """Whether something that exists mends it."""
        return bool(self.fixed_in) if self.kind is FindingKind.VULNERABILITY else self.verdict is Verdict.FAIL


class Gap(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="gap"):
    """Something we ought to have judged and could not. Kept, counted, shown; never dropped."""

    kind: str
    """What a waiver names: ``version-order``."""
    what: str
    """``CVE-2024-0001 on zlib``."""
    why: str
    """``1.3_x has no place in apk's order``."""
    seen_at: Location | None = None


class Note(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="note"):
    """Something known beforehand to lie outside a source's reach, or to need a person. No gap."""

    kind: str
    what: str
    why: str = ""


class Mend(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to do that removes findings. Each finding that can be mended belongs to exactly one."""

    what: str
    """``upgrade 9 source packages on the host``."""
    targets: tuple[str, ...]
    """References."""
    findings: tuple[str, ...]
    """Ids."""
    commands: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    """Further lines: packages and versions, flaws."""
    sure: bool = True
    """False: "up to", whether it helps cannot be known from here."""
    worst: Severity = Severity.UNRATED
    exploited: bool = False
    running: bool | None = None
    """On the host or in something that runs; None when no engine can be asked."""


class Waiver(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dated exception with its reason."""

    reason: str
    until: date
    rule: str = ""
    """Rule of findings (or one of their aliases); glob."""
    gap: str = ""
    """Kind of gaps; glob. A waiver has ``rule`` or ``gap``."""
    target: str = "*"
    subject: str = "*"
    who: str = ""
    origin: str = ""
    """File and place it was read from."""
