"""The engine is found where the docker command finds it."""

import hashlib
import json
import socket
from pathlib import Path

import pytest

from hullwatch.errors import Misuse, Unreachable
from hullwatch.targets.endpoints import Endpoint, find_endpoint

NOWHERE = "/nowhere/docker.sock"


def write_context(home: Path, name: str, host: str, *, current: bool = True) -> Path:
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = home / ".docker/contexts/meta" / key
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}))
    if current:
        (home / ".docker/config.json").write_text(json.dumps({"auths": {}, "currentContext": name}))
    return home / ".docker/contexts/tls" / key / "docker"


def test_order(tmp_path: Path) -> None:
    """What is named comes before DOCKER_HOST, that before a context, and that before the sockets."""
    write_context(tmp_path, "remote", "ssh://root@web-1")
    environ = {"HOME": str(tmp_path), "DOCKER_HOST": "tcp://10.0.0.1:2375"}
    assert find_endpoint("unix:///named.sock", environ) == Endpoint(address="unix:///named.sock", verify=False)
    assert find_endpoint("", environ).address == "tcp://10.0.0.1:2375"
    del environ["DOCKER_HOST"]
    assert find_endpoint("", environ) == Endpoint(address="ssh://root@web-1")
    assert find_endpoint("", environ | {"DOCKER_CONTEXT": "default"}).address == "unix:///var/run/docker.sock"
    assert find_endpoint("", {"HOME": "/nowhere"}).address == "unix:///var/run/docker.sock"


def test_rootless_socket(tmp_path: Path) -> None:
    """It is used where there is no other; the system's comes first."""
    environ = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    assert find_endpoint("", environ, system_socket=NOWHERE).address == f"unix://{NOWHERE}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "docker.sock"))
    assert find_endpoint("", environ, system_socket=NOWHERE).address == f"unix://{tmp_path}/docker.sock"
    (tmp_path / "system.sock").touch()
    assert find_endpoint("", environ, system_socket=str(tmp_path / "system.sock")).address == f"unix://{tmp_path}/system.sock"


def test_certificates(tmp_path: Path) -> None:
    """TLS is as the docker command's environment, or the context, has it."""
    environ = {"HOME": str(tmp_path), "DOCKER_HOST": "tcp://web-1:2376", "DOCKER_TLS_VERIFY": "1"}
    assert find_endpoint("", environ) == Endpoint(address="tcp://web-1:2376", certificates=tmp_path / ".docker", verify=True)
    assert find_endpoint("", environ | {"DOCKER_CERT_PATH": "/certs"}).certificates == Path("/certs")
    directory = write_context(tmp_path, "tls", "tcp://web-2:2376")
    directory.mkdir(parents=True)
    assert find_endpoint("", {"HOME": str(tmp_path)}) == Endpoint(address="tcp://web-2:2376", certificates=directory)


def test_context_that_is_gone(tmp_path: Path) -> None:
    """A context that is named and not there is never replaced by another engine."""
    with pytest.raises(Unreachable, match="see docker context ls"):
        find_endpoint("", {"HOME": str(tmp_path), "DOCKER_CONTEXT": "gone"})
    write_context(tmp_path, "broken", "tcp://x")
    meta = next((tmp_path / ".docker/contexts/meta").glob("*/meta.json"))
    for damage in ("", "[]", "{", '{"Endpoints": {}}'):
        meta.write_text(damage)
        with pytest.raises(Unreachable):
            find_endpoint("", {"HOME": str(tmp_path)})


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"currentContext": 1}'])
def test_damaged_configuration(tmp_path: Path, damage: str) -> None:
    """As for the docker command, a configuration that cannot be read is none."""
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text(damage)
    assert find_endpoint("", {"HOME": str(tmp_path)}).address == "unix:///var/run/docker.sock"


@pytest.mark.parametrize(
    "address",
    ["npipe:////./pipe/docker", "fd://", "docker.sock", "tcp://", "unix://", "tcp://a:99999", "tcp://a:b:c", "tcp://[::1", "ssh://a:x"],
)
def test_odd_addresses(address: str) -> None:
    """An address that cannot be an engine's is misuse, an absolute path a socket."""
    with pytest.raises(Misuse):
        find_endpoint(address, {})
    assert find_endpoint("/run/docker.sock", {}).address == "unix:///run/docker.sock"
