"""One digest of a run: what came, what went, what to do, and what could not be judged. Pure, and short however much there is.

Everything a target or publisher said is made fit to be shown, and cannot call people (``@here``) or hide a link where it is sent.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from ..config import NotifyChange
from ..model import Finding, FindingKind, Report, Target, TargetReport
from ..reports.look import Look, cut_end
from ..reports.names import label, many, short
from ..reports.summary import urgency, worst_of
from .rules import News

_FINDINGS, _MENDS, _UNFINISHED = 10, 5, 5
"""Lines shown of each; the rest is a number."""
_LINE = 200
"""Columns."""
_LOOK = Look(piped=True)
_MENTION = re.compile(r"(?<!\w)@(?=\w)|@(?=(?:everyone|here|channel|all)\b)|<(?=[!@#/a-zA-Z])|\](?=\()")


class Message(Struct, frozen=True, kw_only=True):
    """What is sent."""

    title: str
    body: str


def digest(news: News, report: Report, public_url: str = "") -> Message:
    """The message of one rule about one run; the same report and rule give the same text."""
    parts = [_came(news), _went(news), _standing(news), _mends(news, report), _unjudged(news, report)]
    if public_url:
        parts.append([f"{public_url.rstrip('/')}/runs/{report.run}"])
    return Message(title=_title(news, report), body="\n\n".join("\n".join(part) for part in parts if part) + "\n")


def trial(rule: str, machine: str) -> Message:
    """What ``hullwatch notifications test`` sends."""
    return Message(
        title=f"hullwatch on {_plain(machine)}: a trial",
        body=f"This is a trial of the rule {rule}. Nothing was found or looked at; messages of this rule arrive here.\n",
    )


def _title(news: News, report: Report) -> str:
    counts = [f"{len(news.came)} new"] if _tells(news, NotifyChange.NEW) and news.came else []
    counts += [f"{len(news.went)} gone"] if _tells(news, NotifyChange.GONE) and news.went else []
    counts += [f"{len(news.standing)} in all"] if NotifyChange.ALL in news.rule.setting.changes else []
    counts += [f"{len(news.unfinished)} not looked at"] if news.unfinished else []
    exploited = sum(finding.exploited for _, finding in news.came)
    alarm = f" ({exploited} EXPLOITED)" if exploited and _tells(news, NotifyChange.NEW) else ""
    return _plain(f"hullwatch on {report.machine}: {', '.join(counts)}{alarm}")


def _came(news: News) -> list[str]:
    if not news.came or not _tells(news, NotifyChange.NEW):
        return []
    lines = [_finding(target.inventory.target, finding) for target, finding in sorted(news.came, key=_by_urgency)]
    return [f"{len(news.came)} new: {_severities(finding for _, finding in news.came)}", *_folded(lines, _FINDINGS)]


def _went(news: News) -> list[str]:
    if not news.went or not _tells(news, NotifyChange.GONE):
        return []
    lines = [f"{each.rule} {each.subject} on {_named(each.target)}" for each in news.went]
    return [f"{len(news.went)} gone", *_folded(lines, _FINDINGS)]


def _standing(news: News) -> list[str]:
    """All that stands; its lines only where the rule asks for all of them and they are not shown as new."""
    if not news.standing:
        return ["Nothing that this rule is about is left."] if news.went else []
    first = f"{len(news.standing)} in all: {_severities(finding for _, finding in news.standing)}"
    if NotifyChange.ALL not in news.rule.setting.changes:
        return [first]
    known = {finding.id for _, finding in news.came}
    old = sorted((each for each in news.standing if each[1].id not in known), key=_by_urgency)
    return [first, *_folded([_finding(target.inventory.target, finding) for target, finding in old], _FINDINGS)]


def _mends(news: News, report: Report) -> list[str]:
    """The first things to do of those that mend something told here."""
    wanted = {finding.id for _, finding in news.standing}
    useful = [(number, mend) for number, mend in enumerate(report.mends, 1) if wanted & set(mend.findings)]
    lines = [
        f"{number}. {mend.what} (mends {'' if mend.sure else 'up to '}{many(len(mend.findings), 'finding')}, {worst_of(mend)})"
        for number, mend in useful
    ]
    return ["Mend now, in order:", *_folded(lines, _MENDS)] if lines else []


def _unjudged(news: News, report: Report) -> list[str]:
    """A message that says nothing of a target must not read as if it were well."""
    gaps = sum(len(target.gaps) for target in report.targets)
    lines = [f"{each.reference or each.gap.what}: {each.gap.why}" for each in news.unfinished]
    looked_at = [f"Not looked at: {len(lines)}", *_folded(lines, _UNFINISHED)] if lines else []
    return [*looked_at, *([f"Not judged: {many(gaps, 'gap')} in what was looked at."] if gaps else [])]


def _finding(target: Target, finding: Finding) -> str:
    worst = worst_of([finding])
    if finding.kind is not FindingKind.VULNERABILITY:
        return f"{worst}: {finding.title or finding.rule}: {finding.subject} on {label(target)}"
    mended = f"mended in {finding.fixed_in}" if finding.fixed_in else "no fix yet"
    return f"{worst}: {finding.rule} {finding.subject} {finding.installed} on {label(target)}: {mended}"


def _severities(findings: Iterable[Finding]) -> str:
    """``1 EXPLOITED, 2 critical``, worst first."""
    ordered = sorted(findings, key=urgency)
    counts = Counter(worst_of([finding]) for finding in ordered)
    return ", ".join(f"{number} {word}" for word, number in counts.items())


def _folded(lines: Sequence[str], most: int) -> Iterator[str]:
    """The first ``most`` lines, indented and made fit to be shown; then how many more there are."""
    yield from (f"  {cut_end(_plain(line), _LINE, _LOOK)}" for line in lines[:most])
    if len(lines) > most:
        yield f"  +{len(lines) - most} more"


def _plain(text: str) -> str:
    return _MENTION.sub(lambda found: f"{found[0]} ", _LOOK.text(text))


def _by_urgency(each: tuple[TargetReport, Finding]) -> tuple[tuple[bool, int], str, str, str]:
    target, finding = each
    return urgency(finding), short(target.inventory.target), finding.subject, finding.rule


def _named(reference: str) -> str:
    return reference.removeprefix("docker:")


def _tells(news: News, change: NotifyChange) -> bool:
    changes = news.rule.setting.changes
    return change in changes or NotifyChange.ALL in changes
