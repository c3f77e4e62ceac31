"""The audit rules of a machine: those that its kernel has or, where it does not tell this user, those of its rule files."""

from msgspec.structs import replace

from ..errors import Denied, HullwatchError, NotFound
from ..model import AuditRule, Gap
from ..model.reads import patterns
from ..ports import MEBIBYTE, Commands, Files
from ..readers.audit_rules import read_rules
from .links import real_path

_LIMIT = 4 * MEBIBYTE
NOT_INSTALLED = "auditd is not installed"


def read_audit_rules(files: Files, commands: Commands | None) -> tuple[tuple[AuditRule, ...] | None, str, tuple[Gap, ...]]:
    """Rules in their order with paths resolved, where they were read (or why there are none), and gaps. None: they could not be read.

    The kernel tells root alone, through auditctl; where auditctl is not installed nobody loads rules. Another user reads the rule files.
    """
    try:
        sources = _of_kernel(commands) if commands else _of_files(files)
    except NotFound:
        return _without_auditd(files)
    except HullwatchError as error:
        if commands is None or _is_root(commands):
            return None, "", (Gap(kind="audit-rules", what="audit rules", why=str(error)),)
        try:
            sources = _of_files(files)
        except HullwatchError as closed:
            return None, "", (Gap(kind="audit-rules", what="audit rules", why=f"{error}; {closed}"),)
    rules, gaps = read_rules(sources)
    resolved = tuple(replace(rule, path=f"/{real_path(files, rule.path, last=False)}") for rule in rules)
    return resolved, ", ".join(origin for origin, _ in sources), gaps


def _of_kernel(commands: Commands) -> list[tuple[str, str]]:
    listed = commands.run(["auditctl", "-l"], limit=_LIMIT).decode("utf-8", "replace")
    status = commands.run(["auditctl", "-s"], limit=_LIMIT).decode("utf-8", "replace")
    switched_off = any(line.split() == ["enabled", "0"] for line in status.splitlines())
    return [("auditctl -l", listed), *([("auditctl -s", "-e 0")] if switched_off else [])]


def _of_files(files: Files) -> list[tuple[str, str]]:
    """Rule files in the order in which they are loaded: those that augenrules(8) joins, else the one file. Raises what reading raises."""
    files.names("etc/audit")  # a closed directory must not look like an empty one
    sources = []
    for file in files.open_each(patterns("etc/audit/rules.d/*.rules")):
        if isinstance(file, Gap):
            raise Denied(file.why)
        sources.append((f"/{file.location.path}", file.text(_LIMIT)))
    if not sources and (single := files.open("etc/audit/audit.rules")):
        sources.append(("/etc/audit/audit.rules", single.text(_LIMIT)))
    return sources


def _without_auditd(files: Files) -> tuple[tuple[AuditRule, ...] | None, str, tuple[Gap, ...]]:
    try:
        left_over = _of_files(files)
    except HullwatchError as error:
        return None, "", (Gap(kind="audit-rules", what="audit rules", why=f"there is no auditctl to ask; {error}"),)
    return (), f"{NOT_INSTALLED}, so nobody loads {left_over[0][0]}" if left_over else NOT_INSTALLED, ()


def _is_root(commands: Commands) -> bool:
    try:
        return commands.run(["id", "-u"], limit=100).strip() == b"0"
    except HullwatchError:
        return False
