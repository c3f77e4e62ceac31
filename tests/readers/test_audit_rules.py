"""Rules of the audit system, from auditctl and from rule files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.model import AuditRule
from hullwatch.readers.audit_rules import read_rules


def rules(text: str) -> tuple[AuditRule, ...]:
    found, gaps = read_rules([("rules", text)])
    assert not gaps
    return found


def summary(found: tuple[AuditRule, ...]) -> list[tuple[str, str, bool]]:
    return [(rule.path, rule.permissions, rule.recursive) for rule in found if not rule.suppresses]


def test_recorded_list(data: Path) -> None:
    """What auditctl lists: watches, rules over a directory with their conditions, and none about other things than files."""
    found = rules((data / "audit-3.0.9/auditctl-l.txt").read_text())
    assert summary(found) == [
        ("/usr/sbin/dockerd", "wa", True), ("/etc/docker", "rwxa", True), ("/etc/docker/daemon.json", "x", True), ("/sbin/runc", "a", True),
        ("/usr/bin/containerd", "wa", True), ("/var/lib/docker", "w", True), ("/run/containerd", "", True),
        ("/etc/default/docker", "wa", True), ("/etc/default/docker", "wa", True),
    ]  # fmt: skip
    assert found[5].conditions == ("auid>=1000", "auid!=-1")
    assert found[0].origin == "rules:2"


def test_recorded_file(data: Path) -> None:
    """The file that gave this list; only here does one see that a rule keeps others silent."""
    found = rules((data / "audit-3.0.9/docker.rules").read_text())
    assert summary(found) == [
        ("/usr/sbin/dockerd", "wa", True), ("/etc/docker", "rwxa", True), ("/etc/docker/daemon.json", "x", True), ("/sbin/runc", "a", True),
        ("/usr/bin/containerd", "wa", False), ("/var/lib/docker", "w", True), ("/run/containerd", "", True),
        ("/etc/default/docker", "wa", True),
    ]  # fmt: skip
    assert [(rule.path, rule.permissions) for rule in found if rule.suppresses] == [("/etc/default/docker", "wa")]


def test_no_rules() -> None:
    """An empty kernel list and an empty file have no rules."""
    assert rules("No rules\n") == rules("") == rules("# -w /etc/docker -p wa\n\n-b 8192\n-f 1\n--backlog_wait_time 60000\n-e 2\n") == ()


@pytest.mark.parametrize("line", ["-w /etc/docker/ -p wa", "-w /etc/docker -pwa -kdocker", "-p wa -w /etc/docker"])
def test_spellings_of_a_watch(line: str) -> None:
    """Options stand in any order, joined or apart, and a slash at the end is none of the path."""
    assert summary(rules(line)) == [("/etc/docker", "wa", True)]


@pytest.mark.parametrize("lists", ["always,exit", "exit,always"])
def test_spellings_of_lists(lists: str) -> None:
    """Action and list stand in either order; a rule over a path is not about what lies below it."""
    assert summary(rules(f"-a {lists} -F path=/etc/docker -F perm=aw")) == [("/etc/docker", "wa", False)]


def test_changes_of_the_list() -> None:
    """-D forgets what was loaded before, -W one watch, and -A puts a rule first."""
    assert summary(rules("-w /a -p w\n-D\n-w /b -p w\n-w /c -p w\n-W /b -p w\n-A always,exit -F path=/d -F perm=w")) == [
        ("/d", "w", False),
        ("/c", "w", True),
    ]


@pytest.mark.parametrize("line", ["-a never,task", "-a task,never", "-e 0"])
def test_everything_is_silent(line: str) -> None:
    """Audit that is switched off, and the rule that switches it off for every process, come before all others."""
    first = rules(f"-w /etc/docker -p wa\n{line}")[0]
    assert (first.path, first.permissions, first.recursive, first.suppresses, first.conditions) == ("/", "rwxa", True, True, ())


def test_several_files() -> None:
    """They are loaded one after the other, and each rule says where it stands."""
    found, _ = read_rules([("/etc/audit/rules.d/a.rules", "\n-w /a -p w"), ("/etc/audit/rules.d/b.rules", "-w /b -p w")])
    assert [rule.origin for rule in found] == ["/etc/audit/rules.d/a.rules:2", "/etc/audit/rules.d/b.rules:1"]


@pytest.mark.parametrize(
    "line", ["-w etc/docker -p wa", "-w /x -p z", "-a always,exit -F path=/x -F perm=q", "garbage", "-d always,exit -S all"]
)
def test_lines_that_cannot_be_read(line: str) -> None:
    """They are gaps, and the others count."""
    found, gaps = read_rules([("rules", f"{line}\n-w /a -p w")])
    assert summary(found) == [("/a", "w", True)]
    assert [(gap.kind, gap.what) for gap in gaps] == [("audit-rule", "rules:1")]


@given(
    st.lists(
        st.lists(st.sampled_from(["-a", "-w", "-F", "-S", "-p", "-D", "-e", "never,exit", "/x", "path=/x", "0", "wa", "-", "--", "é"]))
    )
)
def test_any_lines(lines: list[list[str]]) -> None:
    """Whatever stands in a rule file can be read."""
    read_rules([("rules", "\n".join(" ".join(line) for line in lines))])
