"""Audit of the daemon's files: what the rules do, not what text they hold."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hullwatch.assess.benchmark import host
from hullwatch.model import AuditRule, Daemon, FileKind, FileRole, Verdict
from hullwatch.readers.audit_rules import read_rules

from .facts import ask, daemon, file, verdict

PROGRAM = file(FileRole.PROGRAM, "/usr/sbin/dockerd", mode=0o755)
DIRECTORY = file(FileRole.SETTINGS_DIRECTORY, "/etc/docker", kind=FileKind.DIRECTORY)


def with_rules(text: str) -> Daemon:
    rules, gaps = read_rules([("auditctl -l", text)])
    assert not gaps
    return daemon(files=(PROGRAM, DIRECTORY), audit_rules=rules)


@pytest.mark.parametrize(
    "rules",
    [
        "-w /usr/sbin/dockerd -p wa", "-w /usr/sbin/dockerd", "-w /usr/sbin/dockerd -p rwxa -k docker", "-w /usr/sbin -p wa",
        "-w / -p wa",
        "-a always,exit -F path=/usr/sbin/dockerd -F perm=wa", "-a always,exit -S all -F dir=/usr/sbin/ -F perm=aw -F key=x",
        "-w /usr/sbin/dockerd -p w\n-w /usr/sbin -p a", "-a always,exit -F arch=b64 -F path=/usr/sbin/dockerd -F perm=wa",
        "-w /usr/sbin/dockerd -p wa\n-a never,exit -F path=/usr/sbin/dockerd",
    ],
)  # fmt: skip
def test_audited(rules: str) -> None:
    """A watch, its long form, or a rule over a directory above, which together record writes and changes of attributes."""
    assert verdict(host.program, with_rules(rules)) is Verdict.PASS


@pytest.mark.parametrize(
    "rules",
    [
        "-w /usr/bin/dockerd -p wa", "-w /usr/sbin/dockerd-old -p wa", "-w /usr/sbin/docker -p wa", "-w /usr/sbi -p wa",
        "-w /usr/sbin/dockerd -p r",
        "-w /usr/sbin/dockerd -p w", "-w /usr/sbin/dockerd -p a", "-w /usr/sbin/dockerd -p x", "-w /x/usr/sbin/dockerd -p wa",
        "-a always,exit -F path=/usr/sbin -F perm=wa", "-a always,exit -F path=/usr/sbin/dockerd -F perm=wa -F auid>=1000",
        "-a always,exit -F arch=b64 -S openat -F path=/usr/sbin/dockerd",
        "-a never,exit -F path=/usr/sbin/dockerd\n-w /usr/sbin/dockerd -p wa",
        "-w /usr/sbin/dockerd -p wa\n-a never,task", "-w /usr/sbin/dockerd -p wa\n-e 0",
        "-w /usr/sbin/dockerd -p wa\n-D\n-w /etc/docker -p wa",
        "# -w /usr/sbin/dockerd -p wa\n-w /etc/docker -p wa",
    ],
)  # fmt: skip
def test_not_audited(rules: str) -> None:
    """Another path, too few permissions, a rule for some users only, or one that an earlier rule keeps silent."""
    assert verdict(host.program, with_rules(rules)) is Verdict.FAIL


def test_directory() -> None:
    """A rule over a file inside, or over the directory's own entry, does not cover a directory."""
    assert verdict(host.settings_directory, with_rules("-w /etc/docker -p wa")) is Verdict.PASS
    assert verdict(host.settings_directory, with_rules("-a always,exit -F dir=/etc/docker -F perm=wa")) is Verdict.PASS
    assert verdict(host.settings_directory, with_rules("-w /etc/docker/daemon.json -p wa")) is Verdict.FAIL
    assert verdict(host.settings_directory, with_rules("-a always,exit -F path=/etc/docker -F perm=wa")) is Verdict.FAIL


def test_evidence() -> None:
    """Which rule records what, which only some of it, and what to add."""
    answer = ask(host.program, with_rules("-w /usr/sbin -p w\n-a always,exit -F dir=/usr -F perm=a -F auid!=unset"))[
        "file:/usr/sbin/dockerd"
    ]
    assert answer.evidence[0].found == "w by auditctl -l:1"
    assert answer.notes == ("auditctl -l:2 records only some of it: auid!=unset",)
    assert "-w /usr/sbin/dockerd -p wa" in answer.remedy


def test_no_rules() -> None:
    """None at all fails, saying why there are none; rules that could not be read are undetermined."""
    none = daemon(files=(PROGRAM,), audit_rules=(), audit_origin="auditd is not installed")
    (answer,) = ask(host.program, none).values()
    assert (answer.verdict, answer.evidence[0].found) == (Verdict.FAIL, "no audit rules: auditd is not installed")
    assert verdict(host.program, daemon(files=(PROGRAM,), audit_rules=None)) is Verdict.UNDETERMINED
    assert verdict(host.program, daemon(files=None, audit_rules=None)) is Verdict.UNDETERMINED


def test_program_that_could_not_be_seen() -> None:
    """Without the real path of the program no rule can be about it."""
    assert (
        verdict(host.program, daemon(files=(), audit_rules=(AuditRule(path="/", permissions="rwxa", origin="x", recursive=True),)))
        is Verdict.UNDETERMINED
    )


def test_real_path_counts() -> None:
    """A rule names what the kernel sees: not the link, but what it leads to."""
    linked = replace(PROGRAM, path="/usr/bin/dockerd")
    rules, _ = read_rules([("x", "-w /usr/bin/dockerd -p wa")])
    assert verdict(host.program, daemon(files=(linked,), audit_rules=rules)) is Verdict.FAIL


def test_recorded_rules(data: Path) -> None:
    """Against what a kernel listed (there the never rule is shown as a watch, so the last two seem audited)."""
    text = (data / "audit-3.0.9/auditctl-l.txt").read_text()
    files = (
        PROGRAM, DIRECTORY, file(FileRole.RUNC, "/usr/sbin/runc"), file(FileRole.CONTAINERD, "/usr/bin/containerd"),
        file(FileRole.DATA, "/var/lib/docker", kind=FileKind.DIRECTORY), file(FileRole.SETTINGS, "/etc/docker/daemon.json"),
    )  # fmt: skip
    judged = daemon(files=files, audit_rules=read_rules([("auditctl -l", text)])[0])
    checks = (host.program, host.settings_directory, host.runc, host.containerd, host.data, host.settings)
    assert [verdict(check, judged).value for check in checks] == ["pass", "pass", "fail", "pass", "fail", "pass"]
