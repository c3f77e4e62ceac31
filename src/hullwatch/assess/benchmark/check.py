"""What a check is: one question, asked of each object of one kind, with a label that says what every edition calls it.

A check is a function and its label. The type of its first parameter says of what it is asked (one answer per object), the types of
further ones which other facts it needs; ``facts.py`` hands them over. An answer that lacks its facts is never a pass.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from ...model import Daemon, FileRole, Setting, Severity, Verdict


class Answer(Struct, frozen=True, kw_only=True):
    """The verdict on one object, and why."""

    verdict: Verdict
    evidence: tuple[Setting, ...] = ()
    notes: tuple[str, ...] = ()
    remedy: str = ""
    """What to do for this very object; empty means what the label says."""


class Check(Struct, frozen=True, kw_only=True):
    """A function and its label."""

    slug: str
    """Never changes: waivers and history name it."""
    numbers: dict[str, str]
    """By edition of the CIS Docker Benchmark: ``{"1.6": "2.2"}``."""
    level: int
    """The benchmark's profile level; 0 where it is not known to us."""
    severity: Severity
    title: str
    remedy: str
    judge: Callable[..., Answer]
    facts: tuple[type, ...]
    """Types of the function's parameters."""
    role: FileRole | None = None
    """Of a check on files: which."""
    unless: Callable[[Daemon], str] | None = None
    """Why the question does not arise of a daemon at all; empty when it does."""
    manual: bool = False
    """Needs a person: what is found is shown, the verdict stays undetermined and it is no gap."""

    @property
    def number(self) -> str:
        """Its number in the newest edition that has it."""
        return self.numbers[max(self.numbers, key=lambda edition: [int(part) for part in edition.split(".")])]


def check(
    slug: str,
    *,
    cis: Mapping[str, str],
    level: int,
    severity: Severity,
    title: str,
    remedy: str,
    role: FileRole | None = None,
    manual: bool = False,
) -> Callable[[Callable[..., Answer]], Check]:
    """Label a function. Its parameters are annotated with types that ``facts.py`` knows."""

    def label(judge: Callable[..., Answer]) -> Check:
        facts = tuple(fact for name, fact in judge.__annotations__.items() if name != "return")
        return Check(
            slug=slug, numbers=dict(cis), level=level, severity=severity, title=title, remedy=remedy, judge=judge, facts=facts, role=role,
            manual=manual,
        )  # fmt: skip

    return label


def unless(reason: Callable[[Daemon], str]) -> Callable[[Check], Check]:
    """Above a check's label: ask it only where ``reason`` is empty, and give the reason once, not for each object."""
    return lambda labelled: replace(labelled, unless=reason)


def passes(where: str, found: str, expected: str = "", *, notes: tuple[str, ...] = ()) -> Answer:
    """It is as it should be, which was seen at ``where``."""
    return Answer(verdict=Verdict.PASS, evidence=(Setting(where=where, found=found, expected=expected),), notes=notes)


def fails(where: str, found: str, expected: str, *, notes: tuple[str, ...] = (), remedy: str = "") -> Answer:
    """It is not as it should be."""
    return Answer(verdict=Verdict.FAIL, evidence=(Setting(where=where, found=found, expected=expected),), notes=notes, remedy=remedy)


def not_applicable(why: str) -> Answer:
    """There is nothing here that the question could be about."""
    return Answer(verdict=Verdict.NOT_APPLICABLE, notes=(why,))


def undetermined(why: str, *evidence: Setting) -> Answer:
    """The facts are not there, or a person has to look."""
    return Answer(verdict=Verdict.UNDETERMINED, evidence=evidence, notes=(why,))
