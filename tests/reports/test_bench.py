"""The benchmark's own screen: every check with its answers."""

from datetime import UTC, datetime

from msgspec.structs import replace

from hullwatch.model import (
    Finding,
    FindingKind,
    Gap,
    Inventory,
    Report,
    Reported,
    Setting,
    Severity,
    Target,
    TargetKind,
    TargetReport,
    Verdict,
    finding_id,
)
from hullwatch.reports.bench import render
from hullwatch.reports.look import Look

from .builders import waiver

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def _answer(slug: str, number: str, subject: str, verdict: Verdict, *, found: str = "", manual: bool = False) -> Reported:
    finding = Finding(
        id=finding_id(FindingKind.BENCHMARK, slug, "daemon", subject),
        kind=FindingKind.BENCHMARK,
        rule=slug,
        target="daemon",
        subject=subject,
        verdict=verdict,
        severity=Severity.MEDIUM,
        title=f"Title of {slug}",
        remedy=f"mend {slug}",
        numbers={"1.6": number},
        evidence=(Setting(where="HostConfig.Privileged", found=found, expected="false"),) if found else (),
        manual=manual,
    )
    return Reported(finding=finding)


def _report(*answers: Reported, gaps: tuple[Gap, ...] = ()) -> Report:
    target = Target(kind=TargetKind.DAEMON, reference="daemon", identifiers={"engine_version": "20.10.24"})
    inventory = Inventory(target=target, taken_at=NOON)
    return Report(made_at=NOON, machine="web-1", version="0", targets=(TargetReport(inventory=inventory, findings=answers, gaps=gaps),))


def test_every_check_is_listed_in_the_benchmark_s_order() -> None:
    """2.2 stands before 2.14; an object that fails stands below its check with what was found, and the remedy once."""
    shown = render(
        _report(
            _answer("no-new-privileges-default", "2.14", "daemon", Verdict.PASS),
            _answer("inter-container-traffic", "2.2", "daemon", Verdict.NOT_APPLICABLE),
            _answer("privileged", "5.5", "container:web", Verdict.FAIL, found="true"),
            _answer("privileged", "5.5", "container:api", Verdict.PASS),
        ),
        Look(width=100),
    ).decode()
    lines = [line for line in shown.splitlines() if line]
    assert lines == [
        "CIS DOCKER BENCHMARK 1.6",
        "n/a    2.2    Title of inter-container-traffic",
        "              daemon",
        "pass   2.14   Title of no-new-privileges-default",
        "FAIL   5.5    Title of privileged",
        "              web: HostConfig.Privileged is true, not false",
        "              remedy: mend privileged",
        "3 checks, 4 answers: 2 pass, 1 fail, 1 not applicable, 0 undetermined, 0 manual",
    ]


def test_what_could_not_be_judged_and_what_needs_a_person_are_told_apart() -> None:
    """An undetermined check is marked and its gap is listed; a manual one says that it is manual."""
    shown = render(
        _report(
            _answer("audit-daemon-program", "1.1.3", "file:/usr/bin/dockerd", Verdict.UNDETERMINED),
            _answer("trusted-base-images", "4.2", "daemon", Verdict.UNDETERMINED, manual=True),
            gaps=(Gap(kind="check", what="1.1.3 audit-daemon-program", why="audit rules are readable by root only"),),
        ),
        Look(width=100, color=True),
    ).decode()
    assert "\x1b[1;33m?      \x1b[0m1.1.3" in shown
    assert "manual 4.2    Title of trusted-base-images" in shown
    assert "audit rules are readable by root only" in shown
    assert "1 undetermined, 1 manual" in shown


def test_hostile_names_stay_on_their_line() -> None:
    """A container's name with control characters neither breaks a line nor colours the terminal."""
    shown = render(_report(_answer("privileged", "5.5", "container:a\n\x1b[31mb", Verdict.FAIL, found="true")), Look(width=100)).decode()
    assert "\x1b" not in shown
    assert r"a\n" in shown


def test_what_is_waived_is_told_apart_from_what_fails() -> None:
    """A check fails while one of its objects does that nobody waived; the reason and the end stand beside what is waived."""
    waived = replace(_answer("privileged", "5.5", "container:web", Verdict.FAIL, found="true"), waived_by=waiver("privileged"))
    one = render(_report(waived, _answer("privileged", "5.5", "container:api", Verdict.PASS)), Look(width=140)).decode()
    assert "waived 5.5    Title of privileged" in one
    assert "web: HostConfig.Privileged is true, not false; waived until 2027-03-01: minizip is not shipped" in one
    assert "remedy" not in one
    assert one.endswith("1 check, 2 answers: 1 pass, 0 fail, 0 not applicable, 0 undetermined, 1 waived, 0 manual\n")
    both = render(_report(waived, _answer("privileged", "5.5", "container:api", Verdict.FAIL, found="true")), Look(width=140)).decode()
    assert "FAIL   5.5    Title of privileged" in both
    assert "1 fail, 0 not applicable, 0 undetermined, 1 waived" in both
