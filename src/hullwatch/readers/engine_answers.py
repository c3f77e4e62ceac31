"""Answers of the Docker Engine API → facts of a daemon (https://docs.docker.com/reference/api/engine/).

Only the fields that are named here are ever decoded: environments, labels, commands and join tokens are never held. A field that an
engine always sends is required, so that its absence is an error and never taken for "false".
"""

import re
from typing import TypeVar

from msgspec import DecodeError, Struct, field
from msgspec.json import decode

from ..errors import Malformed
from ..model import Container, Daemon, Digest, LocalImage, Mount, Network

_T = TypeVar("_T")


class Listed(Struct, frozen=True):
    """A container or image as a list shows it."""

    id: str
    name: str


class _Version(Struct):
    version: str = field(name="Version")
    api: str = field(name="ApiVersion")


class _Swarm(Struct):
    state: str = field(name="LocalNodeState", default="")


class _Info(Struct, rename="pascal"):
    id: str = field(name="ID")
    name: str
    driver: str
    logging_driver: str
    docker_root_dir: str
    live_restore_enabled: bool
    security_options: list[str] | None
    swarm: _Swarm = field(default_factory=_Swarm)


class _ListedContainer(Struct, rename="pascal"):
    id: str
    names: list[str] | None


class _ListedImage(Struct, rename="pascal"):
    id: str


class _Network(Struct, rename="pascal"):
    id: str
    name: str
    driver: str
    options: dict[str, str] | None


class _State(Struct, rename="pascal"):
    status: str
    pid: int


class _ContainerConfig(Struct, rename="pascal"):
    user: str
    image: str = ""


class _HostConfig(Struct, rename="pascal"):
    privileged: bool
    network_mode: str
    pid_mode: str
    ipc_mode: str
    userns_mode: str
    readonly_rootfs: bool
    cap_add: list[str] | None = None
    cap_drop: list[str] | None = None
    security_opt: list[str] | None = None


class _Mount(Struct, rename="pascal"):
    type: str
    destination: str
    writable: bool = field(name="RW")
    source: str = ""
    propagation: str = ""


class _Binding(Struct, rename="pascal"):
    host_ip: str = ""
    host_port: str = ""


class _NetworkSettings(Struct, rename="pascal"):
    ports: dict[str, list[_Binding] | None] | None = None


class _Container(Struct, rename="pascal"):
    id: str
    name: str
    image: str
    state: _State
    config: _ContainerConfig
    host_config: _HostConfig
    mounts: list[_Mount] | None
    network_settings: _NetworkSettings = field(default_factory=_NetworkSettings)


class _HealthCheck(Struct, rename="pascal"):
    test: list[str] | None = None


class _ImageConfig(Struct, rename="pascal"):
    user: str = ""
    """Left out when empty, as the OCI image specification has it."""
    healthcheck: _HealthCheck | None = None


class _Image(Struct, rename="pascal"):
    id: str
    config: _ImageConfig
    repo_tags: list[str] | None = None
    repo_digests: list[str] | None = None


class _Top(Struct, rename="pascal"):
    titles: list[str]
    processes: list[list[str]] | None


def read_daemon_answers(version: bytes, info: bytes, *, endpoint: str) -> Daemon:
    """What ``/version`` and ``/info`` say. Raises Malformed."""
    about, said = decode_answer(version, _Version, "/version"), decode_answer(info, _Info, "/info")
    return Daemon(
        id=said.id, name=said.name, version=about.version, api_version=about.api, endpoint=endpoint, root_dir=said.docker_root_dir,
        storage_driver=said.driver, logging_driver=said.logging_driver, security_options=tuple(said.security_options or ()),
        live_restore=said.live_restore_enabled, swarm_state=said.swarm.state,
    )  # fmt: skip


def read_container_list(data: bytes) -> tuple[Listed, ...]:
    """Id and own name of each container of ``/containers/json``, by name. Raises Malformed."""
    listed = decode_answer(data, list[_ListedContainer], "/containers/json")
    return tuple(sorted((Listed(one.id, own_name(one.names or (), one.id)) for one in listed), key=lambda one: one.name))


def read_image_list(data: bytes) -> tuple[Digest, ...]:
    """The ids of ``/images/json``. Raises Malformed."""
    return tuple(sorted({Digest(one.id) for one in decode_answer(data, list[_ListedImage], "/images/json")}))


def read_networks(data: bytes) -> tuple[Network, ...]:
    """The networks of ``/networks``, by name. Raises Malformed."""
    found = (
        Network(id=one.id, name=one.name, driver=one.driver, options=one.options or {})
        for one in decode_answer(data, list[_Network], "/networks")
    )
    return tuple(sorted(found, key=lambda network: (network.name, network.id)))


def read_container(data: bytes) -> Container:
    """One container, from ``/containers/{id}/json``. Raises Malformed."""
    said = decode_answer(data, _Container, "a container's details")
    host = said.host_config
    return Container(
        id=said.id, name=said.name.removeprefix("/"), image_id=Digest(said.image), image_name=said.config.image, state=said.state.status,
        user=said.config.user, privileged=host.privileged, network_mode=host.network_mode, pid_mode=host.pid_mode, ipc_mode=host.ipc_mode,
        userns_mode=host.userns_mode, readonly_root=host.readonly_rootfs, capabilities_added=tuple(host.cap_add or ()),
        capabilities_dropped=tuple(host.cap_drop or ()), security_options=tuple(host.security_opt or ()),
        mounts=tuple(
            Mount(kind=one.type, source=one.source, destination=one.destination, writable=one.writable, propagation=one.propagation)
            for one in said.mounts or ()
        ),
        published=tuple(_published(said.network_settings)), process_id=said.state.pid,
    )  # fmt: skip


def read_image(data: bytes) -> LocalImage:
    """One image, from ``/images/{id}/json``; a health check of ``NONE`` or without a command is none. Raises Malformed."""
    said = decode_answer(data, _Image, "an image's details")
    test = (said.config.healthcheck and said.config.healthcheck.test) or []
    names = sorted(name for name in said.repo_tags or () if "<none>" not in name)
    digests = sorted(name for name in said.repo_digests or () if "<none>" not in name)
    return LocalImage(
        id=Digest(said.id), names=tuple(names or digests), user=said.config.user, has_health_check=bool(test) and test[0] != "NONE"
    )


def read_process_uid(data: bytes, process_id: int) -> int | None:
    """The user id of one process, from ``/containers/{id}/top?ps_args=-eo pid,uid``; None when it is not listed. Raises Malformed."""
    said = decode_answer(data, _Top, "a container's processes")
    for row in said.processes or ():
        found = dict(zip(said.titles, row, strict=False))
        if found.get("PID") == str(process_id) and (uid := found.get("UID", "")).isdecimal():
            return int(uid)
    return None


def own_name(names: list[str] | tuple[str, ...], otherwise: str) -> str:
    """A container's own name; those that other containers call it by have a second slash."""
    return min((name.removeprefix("/") for name in names if "/" not in name[1:]), default=otherwise)


def decode_answer(data: bytes, form: type[_T], what: str) -> _T:
    """An answer in the form that we know. Raises Malformed."""
    try:
        return decode(data, type=form)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(
            f"the engine's answer to {what} is not what we know: {error}", remedy="report this with the engine's version"
        ) from error


def _published(settings: _NetworkSettings) -> list[str]:
    """In the docker command's words, by port: ``0.0.0.0:443->8443/tcp``."""

    def by_number(port: str) -> tuple[int, str]:
        number = re.match(r"\d{1,5}", port, re.ASCII)
        return (int(number[0]) if number else 0, port)

    return [
        f"{f'[{one.host_ip}]' if ':' in one.host_ip else one.host_ip}:{one.host_port}->{port}"
        for port in sorted(settings.ports or {}, key=by_number)
        for one in (settings.ports or {})[port] or ()
    ]
