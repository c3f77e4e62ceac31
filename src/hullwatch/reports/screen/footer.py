"""The last lines of a report: how old the data is, why it ends as it does, and what to type next."""

from collections.abc import Iterator

from ...model import Report, TargetKind, TargetReport
from ..look import Look
from ..names import age, argument, command, feed_times, many, published_long_ago
from ..summary import Summary, count_target, is_open_flaw, urgency
from .checks import failed_checks
from .styled import Line, flow, line

_NEVER = "never"
_WORST_FIRST = ("critical", "high", "medium", "low")


def footer(report: Report, summary: Summary, look: Look) -> list[Line]:
    """Data and exit on one line, hints on the next."""
    parts = [line(data(report)), line(why_exit(report, summary))]
    parts += [line(f"settings: {', '.join(report.settings_files)}")] if report.settings_files else []
    return [*flow(parts, look), *hints(report, summary, look)]


def data(report: Report) -> str:
    """``data: debian 2 h, kev 1 d old``; the publisher's own date too where that is long before."""
    times = feed_times(report.targets)
    known = [f"{name} {age(time, report.made_at)}" for name, time in times.items() if time]
    undated = [name for name, time in times.items() if not time]
    parts = [f"{', '.join(known)} old"] if known else []
    parts += [f"{', '.join(undated)} of unknown age"] if undated else []
    parts += [f"{name} published {day}" for name, day in published_long_ago(report.targets).items()]
    return f"data: {'; '.join(parts)}" if times else ""


def why_exit(report: Report, summary: Summary) -> str:
    """The exit status and the one reason for it: findings before gaps, which the header counts."""
    gaps = many(summary.total.gaps, "gap")
    asked = threshold(report.fail_on)
    match report.exit_status:
        case 0 if asked == _NEVER:
            return f"exit 0: --fail-on {_NEVER}"
        case 0:
            return f"exit 0: no {asked}"
        case 1:
            return f"exit 1: {asked}"
        case 3:
            return f"exit 3: {gaps} that no waiver covers"
        case status:
            return f"exit {status}"


def threshold(fail_on: str) -> str:
    """``findings >= high with a fix`` of ``high,fixable``; of several severities the lowest counts."""
    words = [word.strip().lower() for word in fail_on.split(",") if word.strip()]
    severities = [word for word in words if word not in ("fixable", "exploited")]
    if words == [_NEVER]:
        return _NEVER
    exploited = "exploited " if "exploited" in words and not severities else ""
    lowest = max(severities, key=lambda word: _WORST_FIRST.index(word) if word in _WORST_FIRST else 0, default="")
    at_least = f" >= {lowest}" if lowest else ""
    return f"{exploited}findings{at_least}{' with a fix' if 'fixable' in words else ''}"


def hints(report: Report, summary: Summary, look: Look) -> list[Line]:
    """Commands to go on with. They are not broken."""
    texts = list(_hints(report, summary, look))
    return flow([line(f"next: {texts[0]}"), *(line(text) for text in texts[1:])], look) if texts else []


def _hints(report: Report, summary: Summary, look: Look) -> Iterator[str]:
    found = [(each.finding, target) for target in report.targets for each in target.findings if is_open_flaw(each)]
    if found:
        finding, target = min(found, key=lambda pair: (not pair[0].fixable, urgency(pair[0]), not pair[0].rule.startswith("CVE-")))
        yield f"hullwatch explain {finding.rule} {argument(target.inventory.target)}"
    elif failed := failed_checks(report):
        targets = {target.inventory.target.reference: target.inventory.target for target in report.targets}
        finding = failed[0].finding
        yield f"hullwatch explain {finding.rule} {argument(targets[finding.target]) if finding.target in targets else finding.target}"
    if len(report.targets) == 1:
        if report.targets[0].inventory.packages:
            yield f"packages: hullwatch inventory {argument(report.targets[0].inventory.target)}"
    elif worst := _worst_image(report):
        yield f"hullwatch scan {argument(worst.inventory.target)}"
    if summary.total.found and not look.unfolded and len(report.targets) > 1:
        yield command(report, "--all")


def _worst_image(report: Report) -> TargetReport | None:
    """The image that has most to mend."""
    images = [(count_target(each).vulnerabilities, each) for each in report.targets if each.inventory.target.kind is TargetKind.IMAGE]
    mendable = [(tally, each) for tally, each in images if tally.fix]
    if not mendable:
        return None
    return max(mendable, key=lambda pair: (pair[0].exploited, pair[0].critical, pair[0].high, pair[0].fix))[1]
