"""Daemons made for tests: a sound one, and what is changed in it."""

from typing import Any

from msgspec.structs import replace

from hullwatch.assess.benchmark import judge_daemon
from hullwatch.assess.benchmark.check import Answer, Check
from hullwatch.assess.benchmark.facts import answers
from hullwatch.model import (
    Container,
    Daemon,
    DaemonFile,
    DaemonSetting,
    Digest,
    FileKind,
    FileRole,
    FileState,
    Inventory,
    Judgement,
    LocalImage,
    Network,
    Target,
    TargetKind,
    Verdict,
)
from tests.doubles import NOON

IMAGE = Digest("sha256:" + "1" * 64)
SOUND = Daemon(
    id="ID:1", name="web-1", version="20.10.24", api_version="1.41", endpoint="unix:///var/run/docker.sock", root_dir="/var/lib/docker",
    storage_driver="overlay2", security_options=("name=seccomp,profile=default",), live_restore=True, swarm_state="inactive", settings=(),
    networks=(Network(id="n", name="bridge", driver="bridge", options={"com.docker.network.bridge.enable_icc": "false"}),),
    containers=(), images=(), audit_rules=(), audit_origin="auditctl -l", program="/usr/sbin/dockerd",
    files=tuple(DaemonFile(role=role, path=f"/absent/{role}") for role in FileRole),
)  # fmt: skip


def daemon(**changes: Any) -> Daemon:
    return replace(SOUND, **changes)


def container(**changes: Any) -> Container:
    """One that runs as user 1000 and has nothing unusual."""
    sound = Container(
        id="c" * 64, name="web", image_id=IMAGE, state="running", user="1000", network_mode="bridge", ipc_mode="private", process_id=7,
        process_uid=1000, readonly_root=True,
    )  # fmt: skip
    return replace(sound, **changes)


def image(**changes: Any) -> LocalImage:
    return replace(LocalImage(id=IMAGE, names=("shop/api:2",), has_health_check=True), **changes)


def file(role: FileRole, path: str, *, mode: int = 0o644, uid: int = 0, gid: int = 0, owner: str = "", **changes: Any) -> DaemonFile:
    kind = changes.pop("kind", FileKind.SOCKET if "socket" in role else FileKind.FILE)
    state = FileState(path=path.strip("/"), kind=kind, mode=mode, uid=uid, gid=gid)
    return replace(DaemonFile(role=role, path=path, real_path=path, state=state, owner=owner or f"{uid}:{gid}"), **changes)


def setting(name: str, value: str, origin: str = "/etc/docker/daemon.json") -> DaemonSetting:
    return DaemonSetting(name=name, value=value, origin=origin)


def ask(check: Check, judged: Daemon) -> dict[str, Answer]:
    """The answer for each object."""
    return dict(answers(check, judged))


def verdict(check: Check, judged: Daemon) -> Verdict:
    """The only verdict."""
    (answer,) = ask(check, judged).values()
    return answer.verdict


def judge(judged: Daemon | None) -> Judgement:
    target = Target(kind=TargetKind.DAEMON, reference="daemon")
    return judge_daemon(Inventory(target=target, taken_at=NOON, daemon=judged))
