"""A daemon in one pass over its API: what is gone, odd or silent is a gap."""

import json
from pathlib import Path

import pytest

from hullwatch.errors import HullwatchError, Malformed, NotFound, Unreachable
from hullwatch.targets.daemon import read_daemon
from tests.doubles import MemoryFiles

from .docker_double import MemoryDocker


@pytest.fixture
def answers(data: Path) -> dict[str, bytes | HullwatchError]:
    """Everything the recorded engine says."""
    recorded = data / "docker-engine-20.10.24"

    def read(name: str) -> bytes:
        return (recorded / name).read_bytes()

    said: dict[str, bytes | HullwatchError] = {
        f"/{name}": read(f"{name.removesuffix('/json')}.json") for name in ("version", "info", "networks", "containers/json", "images/json")
    }
    for kind in ("container", "image"):
        for path in recorded.glob(f"{kind}-*.json"):
            said[f"/{kind}s/{json.loads(path.read_bytes())['Id']}/json"] = path.read_bytes()
    web = json.loads(read("container-web.json"))["Id"]
    return said | {f"/containers/{web}/top": read("top-web.json")}


def inspected(answers: dict[str, bytes | HullwatchError], kind: str) -> list[str]:
    return [path for path in answers if path.startswith(f"/{kind}/") and path.count("/") == 3 and path.endswith("/json")]


def test_one_pass(answers: dict[str, bytes | HullwatchError]) -> None:
    """Each thing is asked for once; of processes only where a user is named, for whom the engine must be asked."""
    docker = MemoryDocker(answers, endpoint="tcp://engine:2376")
    daemon, gaps = read_daemon(docker, files=None, commands=None)
    assert [container.name for container in daemon.containers or ()] == ["rec-batch", "rec-privileged", "rec-side", "rec-web"]
    assert [image.names[0] for image in daemon.images or ()] == ["hullwatch-base:bookworm", "rec/healthy:1", "rec/silent:1"]
    assert [network.name for network in daemon.networks or ()] == ["bridge", "host", "none"]
    assert [container.process_uid for container in daemon.containers or ()] == [None, None, None, 65534]
    assert sorted(docker.asked) == sorted(answers)
    assert [(gap.kind, gap.why) for gap in gaps] == [("host-facts", "only the daemon's API was asked")]


def test_container_that_went_away(answers: dict[str, bytes | HullwatchError]) -> None:
    """It was there a moment ago: a gap, and the others are judged."""
    gone = inspected(answers, "containers")[0]
    answers[gone] = NotFound("No such container")
    daemon, gaps = read_daemon(MemoryDocker(answers), files=None, commands=None)
    assert len(daemon.containers or ()) == 3
    assert [gap.kind for gap in gaps] == ["gone", "host-facts"]
    assert gaps[0].what.startswith("container:rec-")


def test_odd_answers(answers: dict[str, bytes | HullwatchError]) -> None:
    """A list that cannot be read leaves its part unknown, never empty; one odd image is one gap."""
    answers["/networks"] = b"<html>"
    answers["/containers/json"] = Unreachable("unix:///x: database is locked")
    answers[inspected(answers, "images")[0]] = b"{}"
    daemon, gaps = read_daemon(MemoryDocker(answers), files=None, commands=None)
    assert (daemon.networks, daemon.containers, len(daemon.images or ())) == (None, None, 2)
    assert [gap.kind for gap in gaps] == ["engine-answer", "engine-answer", "engine-answer", "host-facts"]
    answers["/images/json"] = b""
    assert read_daemon(MemoryDocker(answers), files=None, commands=None)[0].images is None


def test_engine_that_falls_silent(answers: dict[str, bytes | HullwatchError]) -> None:
    """After some time-outs the rest of a list is not asked, and said to be so: each would take its time."""
    answers["/containers/json"] = json.dumps([{"Id": f"{n:064}", "Names": [f"/c{n:03}"]} for n in range(100)]).encode()
    for n in range(100):
        answers[f"/containers/{n:064}/json"] = Unreachable("did not answer within 30 s")
    docker = MemoryDocker(answers)
    daemon, gaps = read_daemon(docker, files=None, commands=None)
    assert daemon.containers == ()
    assert [gap.what for gap in gaps if gap.kind == "engine-answer"] == [
        "container:c000", "container:c001", "container:c002", "container:c003 and 96 after it",
    ]  # fmt: skip
    assert len([path for path in docker.asked if path.startswith("/containers/0")]) == 3


@pytest.mark.parametrize("path", ["/version", "/info"])
def test_nothing_at_all(answers: dict[str, bytes | HullwatchError], path: str) -> None:
    """Without /info there is nothing to judge, and that is an error."""
    answers[path] = b"<html>"
    with pytest.raises(Malformed):
        read_daemon(MemoryDocker(answers), files=None, commands=None)
    answers[path] = Unreachable("hangs")
    with pytest.raises(Unreachable):
        read_daemon(MemoryDocker(answers), files=None, commands=None)


@pytest.mark.parametrize("top", [b"", NotFound("ps"), Unreachable("500"), b'{"Titles": ["PID", "UID"], "Processes": []}'])
def test_process_that_cannot_be_seen(answers: dict[str, bytes | HullwatchError], top: bytes | HullwatchError) -> None:
    """Then its user is not known, and nothing else is lost."""
    answers[next(path for path in answers if path.endswith("/top"))] = top
    daemon, _ = read_daemon(MemoryDocker(answers), files=None, commands=None)
    assert (daemon.containers or ())[3].process_uid is None


def test_process_of_this_machine(answers: dict[str, bytes | HullwatchError], data: Path) -> None:
    """Where the daemon runs here, /proc tells who a process is (its effective user), and the engine need not be asked."""
    web = json.loads((data / "docker-engine-20.10.24/container-web.json").read_bytes())
    status = b"Name:\tsleep\nUid:\t65534\t0\t65534\t65534\nGid:\t65534\n"
    files = MemoryFiles(
        {"proc/sys/kernel/hostname": b"vm\n", f"proc/{web['State']['Pid']}/status": status, "var/lib/docker/engine-id": b""}
    )
    docker = MemoryDocker(answers)
    daemon, _ = read_daemon(docker, files=files, commands=None)
    assert (daemon.containers or ())[3].process_uid == 0
    assert not [path for path in docker.asked if path.endswith("/top")]
