"""``hullwatch bench``: every check with the answer for each object, in the benchmark's order, then the gaps and the counts."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from ..model import FindingKind, Report, Reported, Setting, Verdict
from .look import Look, Style
from .names import many, natural, newest_edition, number_of, object_name
from .readable import with_strings
from .screen.gaps import gaps
from .screen.styled import Line, Span, line, paint, wrap
from .screen.waived import ending

name = "bench"
suffixes: tuple[str, ...] = ()
holds_many = True

_WORDS = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "FAIL",
    Verdict.NOT_APPLICABLE: "n/a",
    Verdict.UNDETERMINED: "?",
}
_STYLES = {Verdict.FAIL: Style.HIGH, Verdict.UNDETERMINED: Style.GAP}
_MANUAL, _WAIVED = "manual", "waived"


def render(report: Report, look: Look) -> bytes:
    """The checks for a file or a terminal; the same text for both, save colour and width."""
    report = with_strings(report, look.text)
    found = [each for target in report.targets for each in target.findings if each.finding.kind is FindingKind.BENCHMARK]
    edition = newest_edition(each.finding for each in found)
    found.sort(key=lambda each: (natural(number_of(each.finding, edition)), each.finding.rule, natural(each.finding.subject)))
    lines: list[Line] = [(Span(f"CIS DOCKER BENCHMARK {edition}".rstrip(), Style.HEADING),)]
    for _, group in groupby(found, key=lambda each: each.finding.rule):
        lines += _check(list(group), edition, look)
    missing = gaps(report, look)
    lines += [(), *missing] if missing else []
    lines += [(), *wrap(line(_counts(found)), look), *ending(report, look)]
    return paint(lines, look).encode("utf-8")


def _check(answers: Sequence[Reported], edition: str, look: Look) -> Iterator[Line]:
    """One line for the check, one below for each object that did not pass, and the remedy where one failed that nobody waived."""
    worst = max(answers, key=_gravity)
    title = (Span(f"{_word(worst):<7}", _style(worst)), Span(f"{number_of(worst.finding, edition):<7}"), Span(worst.finding.title))
    yield from wrap(title, look, hang=14)
    for each in answers:
        if each.finding.verdict is not Verdict.PASS and not each.finding.manual:
            seen = "; ".join(_seen(each))
            told = f"{object_name(each.finding.subject)}: {seen}" if seen else object_name(each.finding.subject)
            yield from wrap(line(f"{' ' * 14}{told}"), look, hang=16)
    if _fails(worst) and worst.finding.remedy:
        yield from wrap(line(f"{' ' * 14}remedy: {worst.finding.remedy}"), look, hang=16)


def _fails(each: Reported) -> bool:
    return each.finding.verdict is Verdict.FAIL and each.waived_by is None


def _word(each: Reported) -> str:
    return _MANUAL if each.finding.manual else _WAIVED if each.waived_by else _WORDS[each.finding.verdict]


def _style(each: Reported) -> Style:
    return Style.NONE if each.finding.manual or each.waived_by else _STYLES.get(each.finding.verdict, Style.NONE)


def _seen(each: Reported) -> Iterator[str]:
    finding = each.finding
    for evidence in finding.evidence:
        if isinstance(evidence, Setting):
            wanted = f", not {evidence.expected}" if evidence.expected and finding.verdict is Verdict.FAIL else ""
            yield f"{evidence.where} is {evidence.found}{wanted}" if evidence.where else evidence.found
    yield from finding.notes
    if waiver := each.waived_by:
        yield f"waived until {waiver.until}: {waiver.reason}"


def _gravity(each: Reported) -> int:
    """Sorts answers; what fails and is waived is worse than a pass alone."""
    order = (Verdict.NOT_APPLICABLE, Verdict.PASS, _WAIVED, Verdict.UNDETERMINED, Verdict.FAIL)
    return order.index(_WAIVED if each.waived_by else each.finding.verdict)


def _counts(found: Sequence[Reported]) -> str:
    checks = len({each.finding.rule for each in found})
    manual = sum(each.finding.manual for each in found)
    waived = sum(each.waived_by is not None and not each.finding.manual for each in found)
    told = [
        f"{sum(each.finding.verdict is verdict and not each.finding.manual and not each.waived_by for each in found)}"
        f" {verdict.replace('_', ' ')}"
        for verdict in Verdict
    ]
    told += [f"{waived} waived"] if waived else []
    return f"{many(checks, 'check')}, {many(len(found), 'answer')}: {', '.join(told)}, {manual} manual"
