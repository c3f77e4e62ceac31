"""The first lines of a report: what was looked at, the verdict, and the counts. They never fold."""

from ...model import Report, Severity, TargetReport
from ..look import Look, Style
from ..names import age, called, duration, feed_times, many, published_long_ago, system
from ..summary import EXPLOITED, Counts, Summary
from .styled import Line, Span, flow, line, spread, wrap

_STYLES = {EXPLOITED: Style.EXPLOITED, Severity.CRITICAL: Style.CRITICAL, Severity.HIGH: Style.HIGH}


def worst(word: str) -> Span:
    """``EXPLOITED`` or a severity, in its style."""
    return Span(word, _STYLES.get(word, Style.NONE))


def header(report: Report, summary: Summary, look: Look) -> list[Line]:
    """All lines above the first section; the first is the verdict line."""
    return [*verdict_line(report, summary, look), *_found(report, summary, look), *_beside(report, summary, look)]


def verdict_line(report: Report, summary: Summary, look: Look) -> list[Line]:
    """What was looked at, and how it ends."""
    pieces = _one(report.targets[0], report, look) if len(report.targets) == 1 else _many(report, look)
    return spread(line(" · ".join(piece for piece in pieces if piece)), line(verdict(report, summary)), look)


def verdict(report: Report, summary: Summary) -> Span:
    """``CLEAN`` only where something was judged, nothing was found and nothing is missing."""
    status = f"exit {report.exit_status}"
    if summary.clean:
        return Span(f"CLEAN, {status}", Style.CLEAN)
    if summary.total.found:
        return Span(f"NOT CLEAN, {status}", Style.CRITICAL if report.failed else Style.HEADING)
    return Span(f"{'INCOMPLETE' if summary.judged else 'NOTHING JUDGED'}, {status}", Style.GAP)


def times(report: Report, summary: Summary) -> str:
    """What changes from run to run though nothing else does; beside a piped report it goes to standard error."""
    pieces = [f"{report.made_at:%Y-%m-%d %H:%M} UTC", duration(report.seconds), since(summary)]
    return " · ".join(piece for piece in pieces if piece)


def since(summary: Summary) -> str:
    """What is new and what is gone."""
    if summary.since is None:
        return ""
    return f"since {summary.since:%Y-%m-%d}: {summary.total.new} new, {summary.total.mended} mended"


def _many(report: Report, look: Look) -> tuple[str, ...]:
    number = many(len(report.targets), "target")
    if look.piped:
        return (report.machine, number)
    return (report.machine, f"{report.made_at:%Y-%m-%d %H:%M} UTC", f"{number} in {duration(report.seconds)}")


def _one(target: TargetReport, report: Report, look: Look) -> tuple[str, ...]:
    inventory = target.inventory
    image, daemon = inventory.image, inventory.daemon
    holds = [system(inventory)] if inventory.distribution else []
    if daemon is None or inventory.packages:
        holds.append(many(len(inventory.packages), "package"))
    holds += [many(len(inventory.layers), "layer")] if inventory.layers else []
    name = called(inventory)
    return (
        name.removeprefix("image ") if image else name,
        image.image_id[:19] if image else "",
        target.relation,
        f"{report.made_at:%Y-%m-%d %H:%M} UTC" if report.whole_machine and not look.piped else "",
        ", ".join(holds),
        "" if look.piped else duration(report.seconds),
    )


def _found(report: Report, summary: Summary, look: Look) -> list[Line]:
    if summary.clean:
        return wrap((Span("CLEAN", Style.CLEAN), Span(f": {_looked_at(report, summary, look)}")), look, hang=2)
    counts = summary.total.vulnerabilities
    if not counts.fix:
        return [line(_nothing(summary.total))] if summary.total.packages else []
    one = len(report.targets) == 1
    running = ", ".join(report.targets[0].running_as) if one else ""
    noun = "" if one else " finding" if counts.fix == 1 else " findings"
    known = [many(summary.flaws, "flaw")] if summary.flaws != counts.fix else []
    known += [f"{summary.exploited_flaws} exploited"] if summary.exploited_flaws else []
    among = f" ({', '.join(known)})" if known else ""
    lead = Span(f"{counts.fix}{noun} can be mended{among}: ", Style.HEADING)
    first, *more = [worst_count(number, word) for word, number in _severities(summary.total) if number]
    pieces = [(lead, first), *((each,) for each in more)]
    pieces = [(*piece, Span(",")) for piece in pieces[:-1]] + pieces[-1:]
    return flow([*pieces, *([line(f"· running as: {running}")] if running else [])], look, between=" ")


def _nothing(total: Counts) -> str:
    """What to say of packages among which nothing can be mended."""
    unheard = f"{many(total.unjudged_packages, 'package')} not judged: no source of advisories speaks of them" if total.unheard else ""
    judged = (
        f"nothing {'new ' if total.known else ''}to mend was found among the {many(total.judged_packages, 'package')} judged"
        if total.judged_packages
        else ""
    )
    return " · ".join(part for part in (judged, unheard) if part)


def worst_count(number: int, word: str) -> Span:
    """``5 high``, in the style of the severity."""
    return Span(f"{number} {word}", _STYLES.get(word, Style.NONE))


def _severities(counts: Counts) -> tuple[tuple[str, int], ...]:
    tally = counts.vulnerabilities
    return (("critical", tally.critical), ("high", tally.high), ("lower", tally.lower), ("unrated", tally.unrated))


def _beside(report: Report, summary: Summary, look: Look) -> list[Line]:
    total, every = summary.total, not summary.clean
    exploited = total.vulnerabilities.exploited_unfixed
    pieces = [
        line(f"{many(total.known, 'finding')} known before, not shown (--diff)") if total.known else (),
        line(_unfixed(total)) if total.packages and (every or total.blind or total.unheard) else (),
        line(Span(f"{exploited} exploited without a fix", Style.EXPLOITED)) if exploited else (),
        line(f"{total.waived} waived") if (total.packages and every) or total.waived else (),
        line(f"{total.changes} files changed") if total.changes else (),
        line(_checks(total)) if total.checks.total and every else (),
        line(Span(_gaps(total), Style.GAP if total.gaps else Style.NONE)) if every or total.waived_gaps else (),
        line("" if look.piped else since(summary)),
    ]
    return flow(pieces, look)


def _unfixed(total: Counts) -> str:
    number = total.vulnerabilities.unfixed
    if total.blind or total.unheard:
        return f"at least {number} {'has' if number == 1 else 'have'} no fix yet" if number else "how many have no fix yet: not known"
    return f"{number} {'has' if number == 1 else 'have'} no fix yet"


def _checks(total: Counts) -> str:
    failed = total.checks.failed
    return f"{many(failed, 'check')} {'fails' if failed == 1 else 'fail'}"


def _gaps(total: Counts) -> str:
    waived = f" ({total.waived_gaps} more waived)" if total.waived_gaps else ""
    return f"{many(total.gaps, 'gap')}{waived}"


def _looked_at(report: Report, summary: Summary, look: Look) -> str:
    total = summary.total
    judged = [many(total.packages, "package")] if total.packages else []
    judged += [many(total.checks.judged, "check")] if total.checks.total else []
    text = f"{' and '.join(judged)} judged, 0 gaps"
    known = [time for time in feed_times(report.targets).values() if time]
    stale = published_long_ago(report.targets).values()
    text += f", data published {min(stale)}" if stale else ""
    if look.piped or not known:
        return text
    oldest = age(min(known), report.made_at)
    return f"{text}, fetched {oldest} ago" if stale else f"{text}, data {oldest} old"
