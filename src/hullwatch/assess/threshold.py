"""Whether what was found is bad enough to fail. It filters nothing: what is shown is always everything."""

from collections.abc import Sequence

from msgspec import Struct

from ..errors import Misuse
from ..model import Finding, Severity, TargetReport, Verdict

_ORDER = {
    Severity.CRITICAL: 0,
    Severity.HIGH: 1,
    Severity.UNRATED: 1,  # nobody said that it is harmless
    Severity.MEDIUM: 2,
    Severity.LOW: 3,
    Severity.NEGLIGIBLE: 4,
}
_LEVELS = {each.value: each for each in (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)}
_REMEDY = "give critical, high, medium or low, alone or with fixable; or fixable, exploited, never"


class Threshold(Struct, frozen=True):
    """What fails a run. What is known to be exploited always does, save with ``never``."""

    severity: Severity | None = None
    """This and worse; unrated counts as high. None: any severity, or none but exploited where that is asked for."""
    fixable: bool = False
    """Only what can be mended."""
    exploited: bool = False
    never: bool = False

    def fails(self, finding: Finding) -> bool:
        """Whether one finding, which nobody waived, fails the run. Only a verdict of ``FAIL`` does."""
        if self.never or finding.verdict is not Verdict.FAIL:
            return False
        if finding.exploited:
            return True
        if self.severity is None and self.exploited:
            return False
        bad = self.severity is None or _ORDER[finding.severity] <= _ORDER[self.severity]
        return bad and (finding.fixable or not self.fixable)


def parse_threshold(text: str) -> Threshold:
    """Read a list such as ``high,fixable``. Of several severities the lowest counts. Raises Misuse."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in (*_LEVELS, "fixable", "exploited", "never")]
    if unknown or not words:
        raise Misuse(f"--fail-on: {unknown[0]!r} is no threshold" if unknown else "--fail-on: no threshold is given", remedy=_REMEDY)
    if "never" in words and len(set(words)) > 1:
        raise Misuse("--fail-on: never stands alone", remedy=_REMEDY)
    levels = [_LEVELS[word] for word in words if word in _LEVELS]
    return Threshold(
        severity=max(levels, key=_ORDER.__getitem__) if levels else None,
        fixable="fixable" in words,
        exploited="exploited" in words,
        never="never" in words,
    )


def fails(reports: Sequence[TargetReport], fail_on: str) -> bool:
    """Whether anything that no waiver covers reaches the threshold. Raises Misuse."""
    threshold = parse_threshold(fail_on)
    return any(threshold.fails(each.finding) for report in reports for each in report.findings if each.waived_by is None)
