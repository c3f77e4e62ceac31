"""Audit rules of a machine: the kernel's, or why there are none."""

from pathlib import Path

from hullwatch.errors import Denied, Unreachable
from hullwatch.targets.audit import read_audit_rules
from tests.doubles import MemoryFiles

from .commands_double import MemoryCommands

LINKS = {"sbin": "usr/sbin", "var/run": "/run"}


class ClosedFiles(MemoryFiles):
    """Where /etc/audit is root's alone, as it is installed."""

    def names(self, directory: str) -> tuple[str, ...]:
        if directory.startswith("etc/audit"):
            raise Denied("/etc/audit is closed to this user", remedy="run with sudo")
        return super().names(directory)


def test_kernel_list(data: Path) -> None:
    """Root is told what is in force; paths are resolved, so that /sbin/runc is /usr/sbin/runc."""
    listed = (data / "audit-3.0.9/auditctl-l.txt").read_bytes()
    commands = MemoryCommands({"auditctl -l": listed, "auditctl -s": b"enabled 1\nfailure 1\n"})
    rules, origin, gaps = read_audit_rules(MemoryFiles({}, links=LINKS), commands)
    assert rules is not None
    assert [rule.path for rule in rules[:5]] == [
        "/usr/sbin/dockerd", "/etc/docker", "/etc/docker/daemon.json", "/usr/sbin/runc", "/usr/bin/containerd",
    ]  # fmt: skip
    assert (origin, gaps) == ("auditctl -l", ())


def test_switched_off(data: Path) -> None:
    """Rules that are loaded while audit is off record nothing: a rule that keeps everything silent comes first."""
    status = (data / "audit-3.0.9/auditctl-s.txt").read_bytes()
    commands = MemoryCommands({"auditctl -l": b"-w /etc/docker -p wa", "auditctl -s": status})
    rules, _, _ = read_audit_rules(MemoryFiles({}), commands)
    assert rules is not None
    assert (rules[0].path, rules[0].suppresses, rules[0].origin) == ("/", True, "auditctl -s:1")


def test_not_installed() -> None:
    """Without auditctl nobody loads rules: there are none, and files that are left over are named."""
    assert read_audit_rules(MemoryFiles({}), MemoryCommands({})) == ((), "auditd is not installed", ())
    left_over = MemoryFiles({"etc/audit/rules.d/docker.rules": b"-w /etc/docker -p wa"})
    rules, origin, _ = read_audit_rules(left_over, MemoryCommands({}))
    assert (rules, origin) == ((), "auditd is not installed, so nobody loads /etc/audit/rules.d/docker.rules")


def test_not_told() -> None:
    """Who may not ask the kernel nor read the files knows nothing, and that is a gap."""
    refused = MemoryCommands({"auditctl -l": Unreachable("auditctl failed: You must be root to run this program."), "id -u": b"1000\n"})
    rules, _, gaps = read_audit_rules(ClosedFiles({}), refused)
    assert rules is None
    assert [(gap.kind, gap.what) for gap in gaps] == [("audit-rules", "audit rules")]
    assert "You must be root" in gaps[0].why
    assert read_audit_rules(ClosedFiles({}), MemoryCommands({}))[0] is None
    assert read_audit_rules(ClosedFiles({}), None)[0] is None


def test_kernel_that_fails_for_root() -> None:
    """The files do not tell what is in force, so for root they are no way out."""
    files = MemoryFiles({"etc/audit/rules.d/docker.rules": b"-w /etc/docker -p wa"})
    broken = MemoryCommands({"auditctl -l": Unreachable("auditctl failed: Error - audit support not in kernel"), "id -u": b"0\n"})
    assert read_audit_rules(files, broken)[0] is None


def test_files() -> None:
    """Another user reads the files: those of rules.d, or else the single one; each rule says where it stands."""
    refused = MemoryCommands({"auditctl -l": Unreachable("auditctl failed"), "id -u": b"1000\n"})
    single = {"etc/audit/audit.rules": b"-w /c -p w"}
    rules, origin, _ = read_audit_rules(MemoryFiles(single), refused)
    assert rules is not None
    assert ([rule.path for rule in rules], origin) == (["/c"], "/etc/audit/audit.rules")
    several = {"etc/audit/rules.d/20.rules": b"-w /b -p w\n???", "etc/audit/rules.d/10.rules": b"-w /a -p w"}
    rules, origin, gaps = read_audit_rules(MemoryFiles(single | several), refused)
    assert rules is not None
    assert [rule.origin for rule in rules] == ["/etc/audit/rules.d/10.rules:1", "/etc/audit/rules.d/20.rules:1"]
    assert [gap.what for gap in gaps] == ["/etc/audit/rules.d/20.rules:2"]
