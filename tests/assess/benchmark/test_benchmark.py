"""Every check is asked of every object, and what lacks its facts never passes."""

import importlib
import pkgutil
import re
from collections import Counter

import pytest

from hullwatch.assess import benchmark
from hullwatch.assess.benchmark import CHECKS
from hullwatch.assess.benchmark.check import Check
from hullwatch.model import FileRole, FindingKind, Setting, Severity, Verdict

from .facts import SOUND, container, daemon, file, image, judge

BLIND = daemon(settings=None, networks=None, containers=None, images=None, audit_rules=None, files=None)


def test_none_is_forgotten() -> None:
    """Every check of every module is in the one tuple, once."""
    modules = [importlib.import_module(f"{benchmark.__name__}.{module.name}") for module in pkgutil.iter_modules(benchmark.__path__)]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Check)]
    assert {check.slug for check in found} == {check.slug for check in CHECKS}
    assert max(Counter(check.slug for check in CHECKS).values()) == 1
    assert max(Counter(check.number for check in CHECKS).values()) == 1


def test_order_is_that_of_the_benchmark() -> None:
    """Sections and numbers ascend."""
    numbers = [[int(part) for part in check.number.split(".")] for check in CHECKS]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.slug)
def test_labels(check: Check) -> None:
    """A slug that can be a name, a title and a remedy in words, a role exactly where files are judged."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", check.slug)
    assert check.title[0].isupper()
    assert not check.title.endswith(".")
    assert check.remedy
    assert check.severity is not Severity.UNRATED
    assert check.judge.__doc__ or check.role, "a function says what is peculiar about it"
    assert (check.role is not None) == (check.facts[0].__name__ == "DaemonFile")


def test_blind() -> None:
    """A daemon of which next to nothing could be read passes nothing that was not read, and each such check is a gap."""
    judgement = judge(BLIND)
    determined = {finding.rule for finding in judgement.findings if finding.verdict is not Verdict.UNDETERMINED}
    assert determined == {"storage-driver", "user-namespaces", "live-restore", "seccomp-profile", "host-users"}
    assert {finding.rule for finding in judgement.findings} == {check.slug for check in CHECKS}
    gaps = {gap.what for gap in judgement.gaps if gap.kind == "check"}
    assert gaps == {f"{check.number} {check.slug}" for check in CHECKS if check.slug not in determined and not check.manual}
    assert "2.2 inter-container-traffic" in gaps


def test_no_daemon() -> None:
    """Without any facts there is one gap and no finding."""
    judgement = judge(None)
    assert (judgement.findings, [gap.kind for gap in judgement.gaps]) == ((), ["check"])


def test_empty_daemon() -> None:
    """With nothing to judge nothing passes: not applicable."""
    findings = judge(daemon(networks=())).findings
    verdicts = {finding.rule: finding.verdict for finding in findings}
    for slug in ("privileged", "container-user", "image-health-check", "inter-container-traffic", "engine-socket"):
        assert verdicts[slug] is Verdict.NOT_APPLICABLE


def test_findings() -> None:
    """One per object, passes too, with its number, its evidence and a remedy where there is something to do."""
    objects = daemon(containers=(container(), container(name="old", privileged=True)), images=(image(),))
    found = [finding for finding in judge(objects).findings if finding.rule == "privileged"]
    assert [(finding.subject, finding.verdict) for finding in found] == [("container:web", Verdict.PASS), ("container:old", Verdict.FAIL)]
    failed = found[1]
    assert (failed.kind, failed.target, failed.numbers, failed.severity) == (FindingKind.BENCHMARK, "daemon", {"1.6": "5.5"}, Severity.HIGH)
    assert failed.evidence == (Setting(where="HostConfig.Privileged", found="true", expected="false"),)
    assert "--privileged" in failed.remedy
    assert (found[0].remedy, found[0].fixable, failed.fixable) == ("", False, True)


def test_identity() -> None:
    """It outlives everything but the check, the target and the object."""
    before = judge(daemon(containers=(container(),))).findings
    after = judge(daemon(containers=(container(id="d" * 64, privileged=True),), version="24.0")).findings
    assert [finding.id for finding in before] == [finding.id for finding in after]
    assert len({finding.id for finding in before}) == len(before)


def test_gap_per_object() -> None:
    """What could not be determined of one container is a gap that names it, and a finding."""
    judged = judge(daemon(containers=(container(user="app", process_uid=None),)))
    assert [gap.what for gap in judged.gaps] == ["4.1 container-user on container:web"]
    assert "container-user" in {finding.rule for finding in judged.findings if finding.verdict is Verdict.UNDETERMINED}


def test_manual_check() -> None:
    """It shows what a person has to look at; it is undetermined, and no gap."""
    judgement = judge(daemon(images=(image(),)))
    (found,) = [finding for finding in judgement.findings if finding.manual]
    assert (found.rule, found.verdict, found.subject) == ("trusted-base-images", Verdict.UNDETERMINED, "daemon")
    assert "shop/api:2" in str(found.evidence)
    assert found.remedy
    assert not judgement.gaps


def test_missing_role() -> None:
    """A file that could not be looked at is undetermined, one that is not there not applicable."""
    socket = file(FileRole.SOCKET, "/run/docker.sock", mode=0o660)
    verdicts = {finding.rule: finding.verdict for finding in judge(daemon(files=(socket,))).findings}
    assert (verdicts["docker-socket-mode"], verdicts["settings-mode"]) == (Verdict.PASS, Verdict.UNDETERMINED)
    absent = file(FileRole.SETTINGS, "/etc/docker/daemon.json", state=None)
    verdicts = {finding.rule: finding.verdict for finding in judge(daemon(files=(socket, absent))).findings}
    assert verdicts["settings-mode"] is verdicts["audit-settings"] is Verdict.NOT_APPLICABLE


def test_only_running_containers() -> None:
    """Paused and restarting ones run; created and exited ones do not."""
    states = ("running", "paused", "restarting", "created", "exited", "dead", "removing")
    judged = daemon(containers=tuple(container(name=state, id=state, state=state) for state in states))
    subjects = [finding.subject for finding in judge(judged).findings if finding.rule == "privileged"]
    assert subjects == ["container:running", "container:paused", "container:restarting"]


def test_sound_daemon() -> None:
    """The daemon that other tests change fails only what it is not set to do."""
    failed = {finding.rule for finding in judge(SOUND).findings if finding.verdict is Verdict.FAIL}
    assert failed == {"user-namespaces", "authorization-plugin", "no-new-privileges-default", "userland-proxy"}
