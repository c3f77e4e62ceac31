"""Containers that run: each trap that a text search falls into."""

import pytest

from hullwatch.assess.benchmark import containers as section
from hullwatch.assess.benchmark.check import Check
from hullwatch.model import Container, FileRole, Mount, Verdict

from .facts import ask, container, daemon, file, setting, verdict


def judged(check: Check, *, options: tuple[str, ...] = ("name=seccomp,profile=default",), **changes: object) -> Verdict:
    return verdict(check, daemon(containers=(container(**changes),), security_options=options))


@pytest.mark.parametrize(
    ("user", "process_uid", "expected"),
    [
        ("", 0, Verdict.FAIL), ("0", 0, Verdict.FAIL), ("root", 0, Verdict.FAIL), ("0:0", None, Verdict.FAIL),
        ("root:root", None, Verdict.FAIL), ("0" * 5000, None, Verdict.FAIL), ("9" * 5000, None, Verdict.PASS),
        ("00", None, Verdict.FAIL), ("+0:5", None, Verdict.FAIL), (":1000", None, Verdict.FAIL), ("", None, Verdict.FAIL),
        ("1000", 1000, Verdict.PASS), ("1000:0", None, Verdict.PASS), ("1000", None, Verdict.PASS), ("app", 1000, Verdict.PASS),
        ("rooter", 1000, Verdict.PASS), ("app", None, Verdict.UNDETERMINED), ("toor", 0, Verdict.FAIL), ("1000", 0, Verdict.FAIL),
        ("", 999, Verdict.FAIL),
    ],
)  # fmt: skip
def test_user(user: str, process_uid: int | None, expected: Verdict) -> None:
    """Root by any name or number; a name alone does not tell whose number it has."""
    assert judged(section.user, user=user, process_uid=process_uid) is expected


@pytest.mark.parametrize(
    ("option", "userns_mode", "expected"),
    [
        ("name=userns", "", Verdict.PASS),
        ("name=userns", "host", Verdict.FAIL),
        ("name=rootless", "", Verdict.PASS),
        ("name=rootless", "host", Verdict.PASS),
        ("name=seccomp,profile=default", "", Verdict.FAIL),
    ],
)
def test_mapped_users(option: str, userns_mode: str, expected: Verdict) -> None:
    """Where users are mapped, root in a container is nobody on the machine, unless the container opted out."""
    assert judged(section.user, options=(option,), user="root", userns_mode=userns_mode, process_uid=None) is expected


def test_privileged() -> None:
    """As the engine says, per container."""
    assert judged(section.privileged, privileged=True) is Verdict.FAIL
    assert judged(section.privileged) is Verdict.PASS


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ((), Verdict.PASS), (("NET_RAW", "cap_chown"), Verdict.PASS), (("CAP_NET_ADMIN",), Verdict.FAIL), (("sys_admin",), Verdict.FAIL),
        (("ALL",), Verdict.FAIL), (("NET_BIND_SERVICE",), Verdict.PASS),
    ],
)  # fmt: skip
def test_capabilities(added: tuple[str, ...], expected: Verdict) -> None:
    """In any spelling; adding an ordinary one adds nothing."""
    assert judged(section.capabilities, capabilities_added=added) is expected
    assert judged(section.capabilities, capabilities_added=added, privileged=True) is Verdict.FAIL


@pytest.mark.parametrize(
    ("check", "field"), [(section.host_network, "network_mode"), (section.host_processes, "pid_mode"), (section.host_ipc, "ipc_mode")]
)
def test_shared_namespaces(check: Check, field: str) -> None:
    """Shared with the machine directly, or by way of other containers, by id or by name, running or not."""

    def other(name: str, mode: str, state: str = "running") -> Container:
        return container(name=name, id=f"{name}-id", state=state, **{field: mode})

    everything = (
        other("own", "private"), other("none", ""), other("host", "host"), other("via", "container:host-id"), other("twice",
        "container:via"),
        other("harmless", "container:own"), other("lost", "container:gone"), other("a", "container:b"), other("b", "container:a"),
        other("stopped", "host", "exited"), other("late", "container:stopped"),
    )  # fmt: skip
    found = {subject.removeprefix("container:"): answer.verdict for subject, answer in ask(check, daemon(containers=everything)).items()}
    assert found == {
        "own": Verdict.PASS, "none": Verdict.PASS, "host": Verdict.FAIL, "via": Verdict.FAIL, "twice": Verdict.FAIL,
        "harmless": Verdict.PASS, "lost": Verdict.UNDETERMINED, "a": Verdict.UNDETERMINED, "b": Verdict.UNDETERMINED, "late": Verdict.FAIL,
    }  # fmt: skip


def mount(source: str, kind: str = "bind", destination: str = "/x", propagation: str = "rprivate") -> tuple[Mount, ...]:
    return (Mount(kind=kind, source=source, destination=destination, propagation=propagation),)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("/var/run/docker.sock", Verdict.FAIL), ("/run/docker.sock", Verdict.FAIL), ("/run", Verdict.FAIL), ("/var/run", Verdict.FAIL),
        ("/var/run/", Verdict.FAIL), ("/", Verdict.FAIL), ("/run/podman/podman.sock", Verdict.FAIL), ("/run/containerd", Verdict.FAIL),
        ("/srv/docker.sock", Verdict.FAIL), ("/srv", Verdict.FAIL), ("/run/docker.sock.bak", Verdict.PASS), ("/run/lock", Verdict.PASS),
        ("/home/docker.sock", Verdict.PASS), ("/var", Verdict.PASS),
    ],
)  # fmt: skip
def test_engine_socket(source: str, expected: Verdict) -> None:
    """The sockets of engines, this daemon's own above all, and every directory above them; a name that looks like one is none."""
    sockets = (file(FileRole.SOCKET, "/srv/docker.sock"), file(FileRole.SOCKET, "/run/docker.sock"))
    judged = daemon(containers=(container(mounts=mount(source)),), files=sockets)
    assert verdict(section.engine_socket, judged) is expected
    assert verdict(section.engine_socket, daemon(containers=(container(mounts=mount(source, kind="volume")),))) is Verdict.PASS


@pytest.mark.parametrize(
    ("propagation", "expected"), [("shared", Verdict.FAIL), ("rshared", Verdict.FAIL), ("rslave", Verdict.PASS), ("", Verdict.PASS)]
)
def test_mount_propagation(propagation: str, expected: Verdict) -> None:
    """Both shared kinds spread."""
    assert judged(section.mount_propagation, mounts=mount("/srv", propagation=propagation)) is expected


@pytest.mark.parametrize(
    ("own", "privileged", "options", "expected"),
    [
        ((), False, ("name=seccomp,profile=default",), Verdict.PASS),
        (("seccomp=unconfined",), False, ("name=seccomp,profile=default",), Verdict.FAIL),
        (("seccomp:unconfined",), False, ("name=seccomp,profile=default",), Verdict.FAIL),
        (("seccomp={...}",), False, ("name=seccomp,profile=unconfined",), Verdict.PASS),
        (("label=disable",), False, ("name=seccomp,profile=default",), Verdict.PASS),
        ((), True, ("name=seccomp,profile=default",), Verdict.FAIL),
        ((), False, ("name=seccomp,profile=unconfined",), Verdict.FAIL),
        ((), False, (), Verdict.FAIL),
    ],
)
def test_seccomp(own: tuple[str, ...], privileged: bool, options: tuple[str, ...], expected: Verdict) -> None:
    """Switched off for the container, by being privileged, or by the daemon."""
    assert judged(section.seccomp, options=options, security_options=own, privileged=privileged) is expected


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (("no-new-privileges",), Verdict.PASS), (("no-new-privileges:true",), Verdict.PASS), (("no-new-privileges=true",), Verdict.PASS),
        (("no-new-privileges:false",), Verdict.FAIL), (("no-new-privileges=false",), Verdict.FAIL), ((), Verdict.FAIL),
        (("no-new-privileges", "no-new-privileges:false"), Verdict.FAIL), (("seccomp=unconfined",), Verdict.FAIL),
    ],
)  # fmt: skip
def test_no_new_privileges(own: tuple[str, ...], expected: Verdict) -> None:
    """An option set to false is not set."""
    assert judged(section.no_new_privileges, security_options=own) is expected


def test_no_new_privileges_by_default() -> None:
    """The daemon's default counts where it is known, unless the container refuses it."""
    for default in (daemon(settings=(setting("no-new-privileges", "true"),)), daemon(security_options=("name=no-new-privileges",))):
        for own, expected in (((), Verdict.PASS), (("no-new-privileges:false",), Verdict.FAIL)):
            changed = daemon(
                settings=default.settings, security_options=default.security_options, containers=(container(security_options=own),)
            )
            assert verdict(section.no_new_privileges, changed) is expected
    assert verdict(section.no_new_privileges, daemon(settings=None, containers=(container(),))) is Verdict.UNDETERMINED


def test_host_users() -> None:
    """Only where users are mapped can a container opt out."""
    assert judged(section.host_users, userns_mode="host") is Verdict.NOT_APPLICABLE
    assert judged(section.host_users, options=("name=userns",), userns_mode="host") is Verdict.FAIL
    assert judged(section.host_users, options=("name=userns",)) is Verdict.PASS


def test_read_only_root() -> None:
    """As the engine says."""
    assert (judged(section.read_only_root), judged(section.read_only_root, readonly_root=False)) == (Verdict.PASS, Verdict.FAIL)
