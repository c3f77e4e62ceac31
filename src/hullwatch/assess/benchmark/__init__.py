"""The CIS Docker Benchmark: facts of a daemon and its machine → one finding per check and object, passes too.

Titles and remedies are in our own words; the numbers of edition 1.6 are those that Docker Bench for Security 1.6.1 prints.
"""

from ...model import Finding, FindingKind, Gap, Inventory, Judgement, Verdict, finding_id
from . import containers, daemon, files, host, images
from .check import Answer, Check
from .facts import answers

CHECKS: tuple[Check, ...] = (
    host.program, host.data, host.settings_directory, host.defaults, host.settings, host.sysconfig, host.containerd, host.shim, host.runc,
    daemon.inter_container_traffic, daemon.log_level, daemon.manages_iptables, daemon.storage_driver, daemon.user_namespaces,
    daemon.authorization_plugin, daemon.no_new_privileges_default, daemon.live_restore, daemon.userland_proxy, daemon.seccomp_profile,
    files.settings_directory_owner, files.settings_directory_mode, files.socket_owner, files.socket_mode, files.settings_owner,
    files.settings_mode, files.defaults_owner, files.defaults_mode, files.sysconfig_mode, files.sysconfig_owner,
    files.containerd_socket_owner, files.containerd_socket_mode,
    containers.user, images.trusted_base_images, images.health_check,
    containers.capabilities, containers.privileged, containers.host_network, containers.read_only_root, containers.host_processes,
    containers.host_ipc, containers.mount_propagation, containers.seccomp, containers.no_new_privileges, containers.host_users,
    containers.engine_socket,
)  # fmt: skip
"""All checks, in the benchmark's order."""


GAP = "check"
"""Kind of the gaps that stand for a check's answer."""


def judge_daemon(inventory: Inventory) -> Judgement:
    """Ask every check of every object it is about. What could not be determined is a gap too, save for manual checks."""
    gaps = list(inventory.gaps)
    findings: list[Finding] = []
    if inventory.daemon is None:
        gaps.append(Gap(kind="check", what="every check of the benchmark", why="there are no facts of a daemon"))
        return Judgement(inventory=inventory, gaps=tuple(gaps), notes=inventory.notes)
    for check in CHECKS:
        for subject, answer in answers(check, inventory.daemon):
            finding = _finding(check, answer, subject, inventory.target.reference)
            findings.append(finding)
            if what := open_question(finding):
                gaps.append(Gap(kind=GAP, what=what, why="; ".join(answer.notes)))
    return Judgement(inventory=inventory, findings=tuple(findings), gaps=tuple(gaps), notes=inventory.notes)


def open_question(finding: Finding) -> str:
    """What the gap of an undetermined answer is about; empty where there is none, as for a manual check."""
    if finding.verdict is not Verdict.UNDETERMINED or finding.manual:
        return ""
    of = f" on {finding.subject}" if finding.subject.startswith(("container:", "image:")) else ""
    return f"{finding.number} {finding.rule}{of}"


def _finding(check: Check, answer: Answer, subject: str, target: str) -> Finding:
    to_do = answer.verdict is Verdict.FAIL or check.manual
    return Finding(
        id=finding_id(FindingKind.BENCHMARK, check.slug, target, subject), kind=FindingKind.BENCHMARK, rule=check.slug, target=target,
        subject=subject, verdict=answer.verdict, severity=check.severity, title=check.title, evidence=answer.evidence, notes=answer.notes,
        remedy=(answer.remedy or check.remedy) if to_do else "", numbers=check.numbers, manual=check.manual,
    )  # fmt: skip
