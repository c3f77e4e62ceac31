"""``hullwatch bench``: every check with the answer for each object, in the benchmark's order, then the gaps and the counts."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from ..model import Finding, FindingKind, Report, Setting, Verdict
from .look import Look, Style
from .names import natural, newest_edition, number_of, object_name
from .readable import with_strings
from .screen.gaps import gaps
from .screen.styled import Line, Span, line, paint, wrap

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
_MANUAL = "manual"


def render(report: Report, look: Look) -> bytes:
    """The checks for a file or a terminal; the same text for both, save colour and width."""
    report = with_strings(report, look.text)
    found = [each.finding for target in report.targets for each in target.findings if each.finding.kind is FindingKind.BENCHMARK]
    edition = newest_edition(found)
    found.sort(key=lambda finding: (natural(number_of(finding, edition)), finding.rule, natural(finding.subject)))
    lines: list[Line] = [(Span(f"CIS DOCKER BENCHMARK {edition}".rstrip(), Style.HEADING),)]
    for _, group in groupby(found, key=lambda finding: finding.rule):
        lines += _check(list(group), edition, look)
    missing = gaps(report, look)
    lines += [(), *missing] if missing else []
    lines += [(), *wrap(line(_counts(found)), look)]
    return paint(lines, look).encode("utf-8")


def _check(answers: Sequence[Finding], edition: str, look: Look) -> Iterator[Line]:
    """One line for the check, one below for each object that did not pass, and the remedy where one failed."""
    worst = max(answers, key=lambda finding: _gravity(finding.verdict))
    word = _MANUAL if worst.manual else _WORDS[worst.verdict]
    style = Style.NONE if worst.manual else _STYLES.get(worst.verdict, Style.NONE)
    title = (Span(f"{word:<7}", style), Span(f"{number_of(worst, edition):<7}"), Span(worst.title))
    yield from wrap(title, look, hang=14)
    for finding in answers:
        if finding.verdict is not Verdict.PASS and not finding.manual:
            seen = "; ".join(_seen(finding))
            yield from wrap(
                line(f"{' ' * 14}{object_name(finding.subject)}: {seen}" if seen else f"{' ' * 14}{object_name(finding.subject)}"),
                look,
                hang=16,
            )
    if worst.verdict is Verdict.FAIL and worst.remedy:
        yield from wrap(line(f"{' ' * 14}remedy: {worst.remedy}"), look, hang=16)


def _seen(finding: Finding) -> Iterator[str]:
    for evidence in finding.evidence:
        if isinstance(evidence, Setting):
            wanted = f", not {evidence.expected}" if evidence.expected and finding.verdict is Verdict.FAIL else ""
            yield f"{evidence.where} is {evidence.found}{wanted}" if evidence.where else evidence.found
    yield from finding.notes


def _gravity(verdict: Verdict) -> int:
    return (Verdict.NOT_APPLICABLE, Verdict.PASS, Verdict.UNDETERMINED, Verdict.FAIL).index(verdict)


def _counts(found: Sequence[Finding]) -> str:
    checks = len({finding.rule for finding in found})
    manual = sum(finding.manual for finding in found)
    told = [
        f"{sum(finding.verdict is verdict and not finding.manual for finding in found)} {verdict.replace('_', ' ')}" for verdict in Verdict
    ]
    return f"{checks} checks, {len(found)} answers: {', '.join(told)}, {manual} manual"
