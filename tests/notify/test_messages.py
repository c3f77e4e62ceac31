"""The digest: short, the same for the same report, and harmless whatever a target calls its things."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hullwatch.config import NotifyChange
from hullwatch.model import Finding, Gap, Mend, Report, Reported, Severity, TargetReport, Unfinished
from hullwatch.notify.messages import Message, digest, trial
from hullwatch.notify.rules import news_of
from hullwatch.reports.look import Look

from ..reports.builders import MADE_AT, flaw
from ..reports.generated import HOSTILE, reports
from ..reports.samples import machine_report
from .test_rules import API, CRITICAL, EXPLOITED, HIGH, api, report_of, rule

EVERYTHING = rule("low", changes=tuple(NotifyChange))


def told(
    report: Report,
    *gone: Finding,
    known: tuple[Finding, ...] = (),
    url: str = "",
    changes: tuple[NotifyChange, ...] = (NotifyChange.NEW, NotifyChange.GONE),
) -> Message:
    """The digest of a rule that told ``known`` before."""
    return digest(news_of(rule(changes=changes), report, {API.reference: {each.id for each in known}}, gone), report, url)


def with_mends(*targets: TargetReport) -> Report:
    """A report with something to do."""
    mend = Mend(what="upgrade 1 source package", targets=(API.reference,), findings=(HIGH.id, CRITICAL.id), worst=Severity.CRITICAL)
    other = Mend(what="something else", targets=("host",), findings=("0" * 16,))
    return Report(made_at=MADE_AT, machine="web-1", version="0.1.0", targets=targets, mends=(other, mend), run=7)


def test_a_digest_says_what_came_what_went_and_what_to_do() -> None:
    """Worst first; the mends keep the numbers that the report gives them, and those of other findings are left out."""
    message = told(with_mends(api(HIGH, EXPLOITED, CRITICAL)), flaw(API, "CVE-2020-1", "perl"), known=(HIGH,), url="https://hw.example/")
    assert message.title == "hullwatch on web-1: 2 new, 1 gone (1 EXPLOITED)"
    assert message.body == (
        "2 new: 1 EXPLOITED, 1 critical\n"
        "  EXPLOITED: CVE-2023-44487 glibc 1.0-1 on image shop/api:2.4: mended in 1.0-1+deb12u1\n"
        "  critical: CVE-2024-1 zlib 1.0-1 on image shop/api:2.4: mended in 1.0-1+deb12u1\n"
        "\n"
        "1 gone\n"
        "  CVE-2020-1 perl on shop/api:2.4\n"
        "\n"
        "3 in all: 1 EXPLOITED, 1 critical, 1 high\n"
        "\n"
        "Mend now, in order:\n"
        "  2. upgrade 1 source package (mends 2 findings, critical)\n"
        "\n"
        "https://hw.example/runs/7\n"
    )


def test_the_last_one_gone_is_said_so() -> None:
    """The message that everybody waits for."""
    message = told(report_of(api()), HIGH)
    assert message.title == "hullwatch on web-1: 1 gone"
    assert message.body == "1 gone\n  CVE-2024-2 zlib on shop/api:2.4\n\nNothing that this rule is about is left.\n"


def test_a_rule_for_what_is_gone_does_not_speak_of_what_is_new() -> None:
    """Each rule says what it was made for."""
    message = told(report_of(api(HIGH)), CRITICAL, changes=(NotifyChange.GONE,))
    assert message.title == "hullwatch on web-1: 1 gone"
    assert "new" not in message.body


def test_a_rule_for_all_lists_what_stands() -> None:
    """What is new above, the rest below."""
    message = told(report_of(api(HIGH, CRITICAL)), known=(HIGH,), changes=(NotifyChange.ALL,))
    assert message.title == "hullwatch on web-1: 1 new, 2 in all"
    assert message.body.index("CVE-2024-1") < message.body.index("2 in all") < message.body.index("CVE-2024-2")


def test_what_was_not_judged_is_in_every_message() -> None:
    """So that silence about a target does not read as health."""
    gap = Gap(kind="denied", what="container web", why="permission denied")
    report = machine_report()
    message = digest(news_of(rule(), report, {}, ()), report)
    gaps = sum(len(target.gaps) for target in report.targets)
    assert f"Not judged: {gaps} gaps in what was looked at." in message.body
    missing = told(report_of(api(HIGH), unfinished=(Unfinished(reference="container:web", gap=gap),)))
    assert "Not looked at: 1\n  container:web: permission denied\n" in missing.body
    assert missing.title.endswith("1 new, 1 not looked at")


def test_a_digest_is_short_however_much_there_is() -> None:
    """A phone shows it; the rest is a number."""
    many = [flaw(API, f"CVE-2024-{number}", "x" * 400) for number in range(5000)]
    message = told(report_of(api(*many)), *many)
    assert len(message.body) < 6000
    assert "+4990 more" in message.body


def test_the_same_report_is_the_same_text() -> None:
    """In whatever order the findings come."""
    assert told(report_of(api(HIGH, CRITICAL, EXPLOITED))) == told(report_of(api(EXPLOITED, CRITICAL, HIGH)))


def test_names_of_a_target_call_nobody_and_hide_no_link() -> None:
    """``@here`` pings no channel, brackets make no link, control characters show; a digest after a name stays readable."""
    nasty = [
        flaw(API, "CVE-1", "@here"),
        flaw(API, "CVE-2", "x@everyone"),
        flaw(API, "CVE-3", "<!channel>"),
        flaw(API, "CVE-4", "[free](https://evil.example)"),
        flaw(API, "CVE-5", "\x1b[2J\u202egnp.exe\n"),
        flaw(API, "CVE-6", "nginx@sha256:ab"),
    ]
    body = told(report_of(api(*nasty))).body
    for harmful in ("@here", "@everyone", "<!channel", "](", "\x1b", "\u202e"):
        assert harmful not in body
    assert "nginx@sha256:ab" in body


def test_a_trial_says_that_it_is_one() -> None:
    """Nobody is to think that something was found."""
    assert trial("ops", "web-1\n").title == "hullwatch on web-1\\n: a trial"


@settings(max_examples=50)
@given(reports(HOSTILE), st.booleans())
def test_any_report_makes_a_message_of_plain_lines(report: Report, first: bool) -> None:
    """Whatever text; its counts are those of the report."""
    reported = [each for target in report.targets for each in target.findings]
    known = {} if first else {target.inventory.target.reference: {each.finding.id for each in reported} for target in report.targets}
    news = news_of(EVERYTHING, report, known, ())
    message = digest(news, report)
    assert "\n" not in message.title
    assert all(Look().text(line) == line for line in message.body.split("\n"))
    assert len(news.came) == (_matching(report) if first else 0)


def _matching(report: Report) -> int:
    return sum(EVERYTHING.matches(each) for target in report.targets for each in target.findings if isinstance(each, Reported))
