"""Section 5, and 4.1: containers that run."""

from collections.abc import Callable, Collection

from ...model import Container, Daemon, FileRole, Severity, Verdict
from .check import Answer, check, fails, passes, undetermined, unless
from .daemon import no_new_privileges_default
from .facts import Containers

_ORDINARY = frozenset(
    {"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID",
     "SETPCAP", "SETUID", "SYS_CHROOT"}
)  # fmt: skip
"""What every container has unless it is taken away."""
_SOCKETS = ("/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/crio/crio.sock")
_FOLLOWED = 10
"""Containers that share a namespace with one another, followed from one to the next."""


@check(
    "container-user", cis={"1.6": "4.1"}, level=1, severity=Severity.MEDIUM, title="Processes in containers do not run as root",
    remedy="add USER to the Dockerfile, or run the container with --user",
)  # fmt: skip
def user(container: Container, daemon: Daemon) -> Answer:
    """Root is user 0, by whatever name, on the machine: where users are mapped, a container's root is not the machine's."""
    where, expected, found = "Config.User", "a user other than root", repr(container.user) if container.user else "empty, which is root"
    if "name=rootless" in daemon.security_options:
        return passes(where, found, expected, notes=("the daemon runs rootless: root in the container is its unprivileged user",))
    if "name=userns" in daemon.security_options and container.userns_mode != "host":
        return passes(where, found, expected, notes=("users are remapped: root in the container is an unprivileged user of the machine",))
    name = container.user.partition(":")[0]
    number = name.removeprefix("+").removeprefix("-")
    if container.process_uid is not None:
        found += f"; its process has user id {container.process_uid}"
    if name in ("", "root") or (number.isdecimal() and not number.strip("0")) or container.process_uid == 0:
        return fails(where, found, expected)
    if not number.isdecimal() and container.process_uid is None:
        return undetermined(f"which user id {name!r} has in the container could not be seen")
    return passes(where, found, expected)


@check(
    "capabilities", cis={"1.6": "5.4"}, level=1, severity=Severity.MEDIUM, title="Containers have no capabilities beyond the ordinary ones",
    remedy="run it with --cap-drop ALL and --cap-add only for what it needs, and without --privileged",
)  # fmt: skip
def capabilities(container: Container) -> Answer:
    """A privileged container has all of them, whatever is added or dropped."""
    if container.privileged:
        return fails("HostConfig.Privileged", "true, which gives every capability", "the ordinary capabilities or fewer")
    added = {capability.upper().removeprefix("CAP_") for capability in container.capabilities_added}
    extra = ", ".join(sorted(added - _ORDINARY))
    return (fails if extra else passes)("HostConfig.CapAdd", extra or "nothing extra", "the ordinary capabilities or fewer")


@check(
    "privileged", cis={"1.6": "5.5"}, level=1, severity=Severity.HIGH, title="Containers are not privileged",
    remedy="run it without --privileged; give it the devices and capabilities that it needs",
)  # fmt: skip
def privileged(container: Container) -> Answer:
    """A privileged container is root on the machine."""
    return (fails if container.privileged else passes)("HostConfig.Privileged", "true" if container.privileged else "false", "false")


@check(
    "host-network", cis={"1.6": "5.10"}, level=1, severity=Severity.MEDIUM, title="Containers do not share the machine's network",
    remedy="run it without --network host; publish the ports that it needs",
)  # fmt: skip
def host_network(container: Container, others: Containers) -> Answer:
    """Also not by way of another container."""
    return _namespace(container, others, "HostConfig.NetworkMode", lambda one: one.network_mode)


@check(
    "read-only-root", cis={"1.6": "5.13"}, level=1, severity=Severity.LOW, title="Root file systems of containers are read-only",
    remedy="run it with --read-only, with --tmpfs or a volume for what it writes",
)  # fmt: skip
def read_only_root(container: Container) -> Answer:
    """Volumes stay writable."""
    return (passes if container.readonly_root else fails)(
        "HostConfig.ReadonlyRootfs", "true" if container.readonly_root else "false", "true"
    )


@check(
    "host-processes", cis={"1.6": "5.16"}, level=1, severity=Severity.MEDIUM, title="Containers do not see the machine's processes",
    remedy="run it without --pid host",
)  # fmt: skip
def host_processes(container: Container, others: Containers) -> Answer:
    """Also not by way of another container."""
    return _namespace(container, others, "HostConfig.PidMode", lambda one: one.pid_mode)


@check(
    "host-ipc", cis={"1.6": "5.17"}, level=1, severity=Severity.MEDIUM, title="Containers do not share the machine's IPC namespace",
    remedy="run it without --ipc host",
)  # fmt: skip
def host_ipc(container: Container, others: Containers) -> Answer:
    """Also not by way of another container."""
    return _namespace(container, others, "HostConfig.IpcMode", lambda one: one.ipc_mode)


@check(
    "mount-propagation", cis={"1.6": "5.20"}, level=1, severity=Severity.MEDIUM,
    title="Mounts made in containers do not spread to the machine",
    remedy="mount with private or slave propagation",
)  # fmt: skip
def mount_propagation(container: Container) -> Answer:
    """``shared`` and ``rshared`` both spread."""
    spread = ", ".join(f"{mount.destination} ({mount.propagation})" for mount in container.mounts if "shared" in mount.propagation)
    return (fails if spread else passes)("Mounts[].Propagation", spread or "none shared", "none shared")


@check(
    "seccomp", cis={"1.6": "5.22"}, level=1, severity=Severity.MEDIUM, title="System calls of containers are filtered",
    remedy="run it without --security-opt seccomp=unconfined and without --privileged",
)  # fmt: skip
def seccomp(container: Container, daemon: Daemon) -> Answer:
    """A privileged container has no filter, nor has one without a profile where the daemon's own is switched off."""
    where, expected = "HostConfig.SecurityOpt", "a seccomp profile"
    if container.privileged:
        return fails("HostConfig.Privileged", "true, which switches the filter off", expected)
    own = [option[8:] for option in container.security_options if option.startswith(("seccomp=", "seccomp:"))]
    if own:
        return (fails if "unconfined" in own else passes)(where, "unconfined" if "unconfined" in own else "a profile of its own", expected)
    profiles = [option for option in daemon.security_options if option.startswith("name=seccomp")]
    if not profiles or any("unconfined" in option for option in profiles):
        return fails("/info: SecurityOptions", ", ".join(profiles) or "no seccomp", expected)
    return passes("/info: SecurityOptions", profiles[0], expected)


@check(
    "no-new-privileges", cis={"1.6": "5.26"}, level=1, severity=Severity.MEDIUM, title="Processes in containers cannot gain privileges",
    remedy="run it with --security-opt no-new-privileges",
)  # fmt: skip
def no_new_privileges(container: Container, daemon: Daemon) -> Answer:
    """The last option counts; without one, the daemon's default."""
    own = [option for option in container.security_options if option.replace("=", ":").partition(":")[0] == "no-new-privileges"]
    if own:
        refused = own[-1].replace("=", ":").partition(":")[2] not in ("", "true")
        return (fails if refused else passes)("HostConfig.SecurityOpt", own[-1], "no-new-privileges")
    match no_new_privileges_default.judge(daemon).verdict:
        case Verdict.PASS:
            return passes("the daemon's default", "no-new-privileges", "no-new-privileges")
        case Verdict.FAIL:
            return fails("HostConfig.SecurityOpt", "unset, here and by default", "no-new-privileges")
    return undetermined("it is not set, and the daemon's default could not be seen")


def _maps_no_users(daemon: Daemon) -> str:
    return "" if "name=userns" in daemon.security_options else "the daemon does not map users (see 2.9)"


@unless(_maps_no_users)
@check(
    "host-users", cis={"1.6": "5.31"}, level=1, severity=Severity.MEDIUM, title="Containers do not opt out of user mapping",
    remedy="run it without --userns host",
)  # fmt: skip
def host_users(container: Container) -> Answer:
    """Only where users are mapped is there something to opt out of."""
    mode = container.userns_mode
    return (fails if mode == "host" else passes)("HostConfig.UsernsMode", mode or "empty: mapped", "mapped")


@check(
    "engine-socket", cis={"1.6": "5.32"}, level=1, severity=Severity.HIGH, title="Containers cannot reach the socket of a container engine",
    remedy="do not mount it, nor a directory above it; put a filtering proxy between",
)  # fmt: skip
def engine_socket(container: Container, daemon: Daemon) -> Answer:
    """A directory above a socket gives it too, and read-only mounts give it all the same."""
    own = {file.real_path for file in daemon.files or () if file.role in (FileRole.SOCKET, FileRole.CONTAINERD_SOCKET) and file.real_path}
    if daemon.endpoint.startswith("unix://"):
        own.add(_in_run(daemon.endpoint.removeprefix("unix://")))
    given = _given(container, own) or _given(container, _SOCKETS)
    return (fails if given else passes)("Mounts[].Source", ", ".join(given) or "no socket of an engine", "no socket of an engine")


def _given(container: Container, sockets: Collection[str]) -> list[str]:
    """Which of the sockets its mounts hold, and by which mount."""
    return [
        f"{socket} by mount of {mount.source} at {mount.destination}"
        for mount in container.mounts
        if mount.kind == "bind"
        for socket in sorted(sockets)
        if f"{socket}/".startswith(_in_run(mount.source).rstrip("/") + "/")
    ]


def _in_run(path: str) -> str:
    """/var/run is /run on every machine of our time."""
    return path.removeprefix("/var") if path == "/var/run" or path.startswith("/var/run/") else path


def _namespace(container: Container, others: Containers, where: str, mode: Callable[[Container], str]) -> Answer:
    """Fails when the namespace is the machine's, followed through ``container:…``."""
    by_way = [container]
    while (found := mode(by_way[-1])).startswith("container:"):
        name = found.removeprefix("container:")
        if name not in others.by_name or len(by_way) > _FOLLOWED:
            return undetermined(f"{where} is {mode(container)}, and what that one has could not be seen")
        by_way.append(others.by_name[name])
    through = f" by way of {by_way[-1].name}" if len(by_way) > 1 else ""
    return (fails if found == "host" else passes)(where, (found or "its own") + through, "its own")
