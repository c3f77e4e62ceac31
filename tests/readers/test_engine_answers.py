"""Answers of the engine become facts; secrets never do, and what is missing is never taken for "false"."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import Malformed
from hullwatch.model import Mount
from hullwatch.readers import engine_answers as reader


@pytest.fixture
def recorded(data: Path) -> Path:
    return data / "docker-engine-20.10.24"


def test_daemon(recorded: Path) -> None:
    """/version and /info say what the daemon is and how it runs."""
    daemon = reader.read_daemon_answers(
        (recorded / "version.json").read_bytes(), (recorded / "info.json").read_bytes(), endpoint="unix:///x"
    )
    assert (daemon.name, daemon.version, daemon.api_version, daemon.endpoint) == ("vm", "20.10.24+dfsg1", "1.41", "unix:///x")
    assert (daemon.root_dir, daemon.storage_driver, daemon.logging_driver) == ("/var/lib/docker", "overlay2", "json-file")
    assert (daemon.security_options, daemon.live_restore, daemon.swarm_state) == (("name=seccomp,profile=default",), False, "inactive")
    assert daemon.id.startswith("CHVL:INVG:")
    assert [daemon.containers, daemon.images, daemon.networks, daemon.settings] == [None] * 4


def test_container(recorded: Path) -> None:
    """A container's own settings, its mounts and its published ports on every address."""
    web = reader.read_container((recorded / "container-web.json").read_bytes())
    assert (web.name, web.user, web.state, web.image_name, web.privileged) == (
        "rec-web",
        "nobody",
        "running",
        "hullwatch-base:bookworm",
        False,
    )
    assert (web.capabilities_added, web.capabilities_dropped) == (("CAP_NET_ADMIN",), ("CAP_MKNOD",))
    assert web.mounts == (
        Mount(kind="bind", source="/run", destination="/host-run", writable=False, propagation="rprivate"),
        Mount(kind="bind", source="/srv", destination="/data", writable=True, propagation="rprivate"),
    )
    assert web.published == ("0.0.0.0:18080->80/tcp", "[::]:18080->80/tcp", "127.0.0.1:18443->8443/tcp")
    assert web.process_id > 0
    batch = reader.read_container((recorded / "container-batch.json").read_bytes())
    assert (batch.user, batch.pid_mode, batch.ipc_mode, batch.network_mode, batch.readonly_root) == ("0:0", "host", "host", "none", True)
    assert batch.security_options == ("seccomp=unconfined", "no-new-privileges", "label=disable")
    privileged = reader.read_container((recorded / "container-privileged.json").read_bytes())
    assert (privileged.privileged, privileged.state, privileged.process_id) == (True, "created", 0)
    side = reader.read_container((recorded / "container-side.json").read_bytes())
    assert (side.user, side.network_mode) == ("1000:0", f"container:{web.id}")


def test_images(recorded: Path) -> None:
    """A health check is a command: HEALTHCHECK NONE is none."""
    healthy, silent, base = (reader.read_image((recorded / f"image-{name}.json").read_bytes()) for name in ("healthy", "silent", "base"))
    assert (healthy.names, healthy.user, healthy.has_health_check) == (("rec/healthy:1",), "nobody", True)
    assert (silent.names, silent.has_health_check) == (("rec/silent:1", "rec/silent:latest"), False)
    assert (base.names, base.user, base.has_health_check) == (("hullwatch-base:bookworm",), "", False)


@pytest.mark.parametrize(
    ("check", "has"),
    [
        (None, False),
        ({}, False),
        ({"Test": []}, False),
        ({"Test": ["NONE"]}, False),
        ({"Test": ["CMD", "x"]}, True),
        ({"Test": None}, False),
    ],
)
def test_health_checks(check: object, has: bool) -> None:
    """All spellings of "none"; an empty command inherits, and there is nothing above an image to inherit from."""
    answer = {"Id": "sha256:a", "RepoTags": ["<none>:<none>"], "RepoDigests": ["a@sha256:b"], "Config": {"Healthcheck": check}}
    image = reader.read_image(json.dumps(answer).encode())
    assert (image.has_health_check, image.names, image.user) == (has, ("a@sha256:b",), "")


def test_lists(recorded: Path) -> None:
    """Containers by name, images by id without repetition, networks with their options."""
    assert [one.name for one in reader.read_container_list((recorded / "containers.json").read_bytes())] == [
        "rec-batch", "rec-privileged", "rec-side", "rec-web",
    ]  # fmt: skip
    assert len(reader.read_image_list((recorded / "images.json").read_bytes())) == 3
    networks = reader.read_networks((recorded / "networks.json").read_bytes())
    assert [network.name for network in networks] == ["bridge", "host", "none"]
    assert networks[0].options["com.docker.network.bridge.enable_icc"] == "true"


def test_processes(recorded: Path) -> None:
    """The user id of the very process; none when it is not listed or is no number."""
    web = reader.read_container((recorded / "container-web.json").read_bytes())
    top = (recorded / "top-web.json").read_bytes()
    assert reader.read_process_uid(top, web.process_id) == 65534
    assert reader.read_process_uid(top, 1) is None
    assert reader.read_process_uid(b'{"Titles": ["PID", "UID"], "Processes": [["7", "www-data"], ["8"]]}', 7) is None
    assert reader.read_process_uid(b'{"Titles": ["PID"], "Processes": null}', 7) is None


def test_no_secret_is_kept(recorded: Path) -> None:
    """Environments, labels and commands are in the answers and in no fact."""
    kept: list[object] = [reader.read_container(path.read_bytes()) for path in recorded.glob("container-*.json")]
    kept += [reader.read_image(path.read_bytes()) for path in recorded.glob("image-*.json")]
    assert any(b"hunter2" in path.read_bytes() for path in recorded.glob("*.json"))
    assert b"hunter2" not in msgspec.json.encode(kept)


def test_swarm_tokens_are_not_kept(recorded: Path) -> None:
    """A manager's /info carries the cluster's details, of which only the state is read."""
    info: dict[str, Any] = json.loads((recorded / "info.json").read_bytes())
    info["Swarm"] = {"LocalNodeState": "active", "Cluster": {"JoinTokens": {"Worker": "SWMTKN-1-hunter2"}}}
    daemon = reader.read_daemon_answers((recorded / "version.json").read_bytes(), json.dumps(info).encode(), endpoint="")
    assert daemon.swarm_state == "active"
    assert b"hunter2" not in msgspec.json.encode(daemon)


@pytest.mark.parametrize(
    "path", [("HostConfig", "Privileged"), ("Config", "User"), ("State", "Status"), ("HostConfig", "NetworkMode"), ("Mounts",)]
)
def test_missing_fields(recorded: Path, path: tuple[str, ...]) -> None:
    """A field that every engine sends and this one does not is an error: absent is not false."""
    answer: dict[str, Any] = json.loads((recorded / "container-web.json").read_bytes())
    place = answer
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    with pytest.raises(Malformed, match=path[-1]):
        reader.read_container(json.dumps(answer).encode())


@pytest.mark.parametrize("damage", [b"", b"null", b"[]", b"{", b'{"Id": 5}', b"\xff\xfe", b'{"x":' * 50_000])
def test_damaged(damage: bytes) -> None:
    """Damaged answers are errors of ours, for every kind of answer."""
    for read in (reader.read_container, reader.read_image):
        with pytest.raises(Malformed):
            read(damage)
    for read_list in (reader.read_container_list, reader.read_image_list, reader.read_networks):
        if damage != b"[]":
            with pytest.raises(Malformed):
                read_list(damage)
    with pytest.raises(Malformed):
        reader.read_daemon_answers(damage, damage, endpoint="")
    with pytest.raises(Malformed):
        reader.read_process_uid(damage, 1)


_VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda v: st.lists(v, max_size=3))
_KEYS = st.sampled_from(
    ["Id", "Name", "Image", "State", "Config", "HostConfig", "Mounts", "NetworkSettings", "Names", "Titles", "Processes"]
)


@given(st.binary(max_size=50) | st.dictionaries(_KEYS, _VALUES).map(lambda d: json.dumps(d).encode()))
def test_any_bytes(answer: bytes) -> None:
    """Whatever an engine says ends in facts or in Malformed."""
    for read in (reader.read_container, reader.read_image, reader.read_container_list, reader.read_networks):
        try:
            read(answer)
        except Malformed:
            continue
