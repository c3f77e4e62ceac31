"""Section 1: changes to the files that the daemon stands on are recorded by the machine's audit system (auditctl(8))."""

from ...model import AuditRule, DaemonFile, FileKind, FileRole, Severity
from .check import Answer, Check, check, fails, passes
from .facts import AuditRules

_WANTED = "wa"
"""Writes, and changes of attributes."""
_EXPECTED = "writes and attribute changes are recorded (-p wa)"


def _audits(slug: str, number: str, *, level: int, what: str, role: FileRole) -> Check:
    remedy = "add a watch for it (-w PATH -p wa -k docker) to /etc/audit/rules.d/docker.rules, then run augenrules --load"
    title = f"Changes to {what} are audited"
    return check(slug, cis={"1.6": number}, level=level, severity=Severity.LOW, title=title, remedy=remedy, role=role)(_is_audited)


def _is_audited(file: DaemonFile, audit: AuditRules) -> Answer:
    """Judged on what the rules do for the file's real path, in the order in which the kernel asks them; not on text they hold."""
    where = f"audit rules over {file.real_path}"
    remedy = f"add -w {file.real_path} -p wa -k docker to /etc/audit/rules.d/docker.rules, then run augenrules --load"
    if not audit.rules:
        return fails(where, f"no audit rules: {audit.origin}", _EXPECTED, remedy=remedy)
    recorded: dict[str, str] = {}
    silenced: dict[str, str] = {}
    notes: list[str] = []
    for rule in audit.rules:
        if not _covers(rule, file):
            continue
        if rule.conditions or not rule.permissions:
            what = "keeps silent" if rule.suppresses else "records"
            notes.append(f"{rule.origin} {what} only some of it: {', '.join(rule.conditions) or 'certain system calls'}")
            continue
        for letter in rule.permissions:
            if letter not in recorded and letter not in silenced:
                (silenced if rule.suppresses else recorded)[letter] = rule.origin
    found = ", ".join(f"{letter} by {recorded[letter]}" for letter in _WANTED if letter in recorded)
    silent = ", ".join(f"{letter} kept silent by {silenced[letter]}" for letter in _WANTED if letter in silenced)
    if set(_WANTED) <= recorded.keys():
        return passes(where, found, _EXPECTED, notes=tuple(notes))
    return fails(where, "; ".join(filter(None, (found, silent))) or "no rule covers it", _EXPECTED, notes=tuple(notes), remedy=remedy)


def _covers(rule: AuditRule, file: DaemonFile) -> bool:
    """Whether a rule is about the file; for a directory, about all below it."""
    if rule.path == file.real_path:
        return rule.recursive or (file.state is not None and file.state.kind is not FileKind.DIRECTORY)
    return rule.recursive and file.real_path.startswith(rule.path.rstrip("/") + "/")


program = _audits("audit-daemon-program", "1.1.3", level=1, what="the daemon's program", role=FileRole.PROGRAM)
data = _audits("audit-data-root", "1.1.5", level=2, what="the daemon's data directory", role=FileRole.DATA)
settings_directory = _audits("audit-settings-directory", "1.1.6", level=1, what="/etc/docker", role=FileRole.SETTINGS_DIRECTORY)
defaults = _audits("audit-defaults", "1.1.10", level=1, what="/etc/default/docker", role=FileRole.DEFAULTS)
settings = _audits("audit-settings", "1.1.11", level=1, what="the daemon's configuration file", role=FileRole.SETTINGS)
sysconfig = _audits("audit-sysconfig", "1.1.13", level=1, what="/etc/sysconfig/docker", role=FileRole.SYSCONFIG)
containerd = _audits("audit-containerd", "1.1.14", level=1, what="containerd", role=FileRole.CONTAINERD)
shim = _audits("audit-containerd-shim", "1.1.17", level=0, what="containerd's shim", role=FileRole.SHIM)
runc = _audits("audit-runc", "1.1.18", level=1, what="runc", role=FileRole.RUNC)
