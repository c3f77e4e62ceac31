"""Of what a check is asked, and what else it is told, by the types of its function's parameters."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from ...model import AuditRule, Container, Daemon, DaemonFile, DaemonSetting, FileRole, LocalImage, Network
from ...model.targets import RUNNING_STATES
from .check import Answer, Check, not_applicable, undetermined

_API_ONLY = "the daemon's machine could not be looked at"


class Settings(Struct, frozen=True):
    """The daemon's settings by name, as its flags and its configuration file have them."""

    by_name: dict[str, DaemonSetting]


class AuditRules(Struct, frozen=True):
    """The file rules of the machine, in the order in which its kernel asks them."""

    rules: tuple[AuditRule, ...]
    origin: str


class Containers(Struct, frozen=True):
    """All containers, by id and by name."""

    by_name: dict[str, Container]


def answers(check: Check, daemon: Daemon) -> Iterator[tuple[str, Answer]]:
    """Each object's subject and the answer for it, in the daemon's order. Where facts are missing that is the answer."""
    if check.unless and (why := check.unless(daemon)):
        yield "daemon", not_applicable(why)
        return
    first, *others = check.facts
    told = [_TOLD[fact](daemon) for fact in others]
    for subject, thing in _ASKED_OF[first](daemon, check.role):
        missing = next((fact for fact in (thing, *told) if isinstance(fact, Answer)), None)
        yield subject, missing or check.judge(thing, *told)


def _daemon(daemon: Daemon, _: FileRole | None) -> Iterator[tuple[str, object]]:
    yield "daemon", daemon


def _default_bridge(daemon: Daemon, _: FileRole | None) -> Iterator[tuple[str, object]]:
    if daemon.networks is None:
        yield "daemon", undetermined("the networks could not be read")
    elif bridge := next((network for network in daemon.networks if network.name == "bridge" and network.driver == "bridge"), None):
        yield "network:bridge", bridge
    else:
        yield "daemon", not_applicable("there is no default bridge")


def _running_containers(daemon: Daemon, _: FileRole | None) -> Iterator[tuple[str, object]]:
    if daemon.containers is None:
        yield "daemon", undetermined("the containers could not be read")
        return
    running = [container for container in daemon.containers if container.state in RUNNING_STATES]
    if not running:
        yield "daemon", not_applicable("no container runs")
    for container in running:
        yield f"container:{container.name}", container


def _images(daemon: Daemon, _: FileRole | None) -> Iterator[tuple[str, object]]:
    if daemon.images is None:
        yield "daemon", undetermined("the images could not be read")
    elif not daemon.images:
        yield "daemon", not_applicable("there is no image")
    for image in daemon.images or ():
        yield f"image:{image.names[0] if image.names else image.id}", image


def _files(daemon: Daemon, role: FileRole | None) -> Iterator[tuple[str, object]]:
    if daemon.files is None:
        yield "daemon", undetermined(_API_ONLY)
        return
    found = [file for file in daemon.files if file.role is role]
    if not found:
        yield "daemon", undetermined(f"the daemon's {role} could not be looked at")
    for file in found:
        yield f"file:{file.path}", file if file.state is not None else not_applicable(f"nothing stands at {file.path}")


def _settings(daemon: Daemon) -> object:
    if daemon.settings is None:
        return undetermined("the daemon's settings could not be read")
    return Settings({setting.name: setting for setting in daemon.settings})


def _audit_rules(daemon: Daemon) -> object:
    if daemon.audit_rules is None:
        return undetermined(_API_ONLY if daemon.files is None else "the audit rules could not be read")
    return AuditRules(daemon.audit_rules, daemon.audit_origin)


def _containers(daemon: Daemon) -> object:
    if daemon.containers is None:
        return undetermined("the containers could not be read")
    return Containers({key: container for container in daemon.containers for key in (container.id, container.name)})


_ASKED_OF: dict[type, Callable[[Daemon, FileRole | None], Iterator[tuple[str, object]]]] = {
    Daemon: _daemon,
    Network: _default_bridge,
    Container: _running_containers,
    LocalImage: _images,
    DaemonFile: _files,
}
_TOLD: dict[type, Callable[[Daemon], object]] = {
    Daemon: lambda daemon: daemon,
    Settings: _settings,
    AuditRules: _audit_rules,
    Containers: _containers,
}
