"""What waivers cover, and which of them end soon or match nothing."""

from collections.abc import Sequence

from ...model import Report, TargetReport, Verdict, Waiver
from ..look import Look
from ..names import short
from .styled import Line, line, wrap

_SHOWN = 1


def waived(target: TargetReport, look: Look) -> list[Line]:
    """The findings of one target that are waived, with reason and end."""
    texts = [
        f'{each.finding.rule} {each.finding.subject} until {each.waived_by.until} "{each.waived_by.reason}"'
        for each in target.findings
        if each.waived_by and each.finding.verdict is Verdict.FAIL
    ]
    if not texts:
        return []
    if look.unfolded:
        return [part for text in texts for part in wrap(line(f"waived in {short(target.inventory.target)}: {text}"), look, hang=2)]
    more = f" +{len(texts) - _SHOWN} (--all)" if len(texts) > _SHOWN else ""
    return wrap(line(f"waived: {texts[0]}{more}"), look, hang=2)


def ending(report: Report, look: Look) -> list[Line]:
    """Waivers that end within days: this changes with the day, whatever was found."""
    texts = [f"{_matches(waiver)} {_when((waiver.until - report.made_at.date()).days)}" for waiver in report.ending_waivers]
    return _said("waivers that end soon", texts, look)


def unused(report: Report, look: Look) -> list[Line]:
    """Waivers that match nothing."""
    texts = [f"{_matches(waiver)}{f' ({waiver.origin})' if waiver.origin else ''}" for waiver in report.unused_waivers]
    return _said("waivers that match nothing", texts, look)


def _said(what: str, texts: Sequence[str], look: Look) -> list[Line]:
    if not texts:
        return []
    shown = texts if look.unfolded else texts[:3]
    more = f" +{len(texts) - len(shown)} (--all)" if len(texts) > len(shown) else ""
    return wrap(line(f"{what}: {', '.join(shown)}{more}"), look, hang=2)


def _matches(waiver: Waiver) -> str:
    parts = [waiver.rule or f"gap {waiver.gap}"]
    parts += [waiver.subject] if waiver.subject != "*" else []
    parts += [f"in {waiver.target}"] if waiver.target != "*" else []
    return " ".join(parts)


def _when(days: int) -> str:
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
