"""Permissions bit by bit, and owners."""

import pytest

from hullwatch.assess.benchmark import files
from hullwatch.model import FileKind, FileRole, Verdict

from .facts import ask, daemon, file, setting, verdict

SOCKET, SETTINGS, DIRECTORY = FileRole.SOCKET, FileRole.SETTINGS, FileRole.SETTINGS_DIRECTORY


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o660, Verdict.PASS), (0o600, Verdict.PASS), (0o000, Verdict.PASS), (0o640, Verdict.PASS), (0o666, Verdict.FAIL),
        (0o661, Verdict.FAIL),
        (0o662, Verdict.FAIL), (0o606, Verdict.FAIL), (0o602, Verdict.FAIL), (0o770, Verdict.FAIL), (0o457, Verdict.FAIL),
        (0o777, Verdict.FAIL),
    ],
)  # fmt: skip
def test_socket_mode(mode: int, expected: Verdict) -> None:
    """A smaller number is not a stricter mode."""
    assert verdict(files.socket_mode, daemon(files=(file(SOCKET, "/run/docker.sock", mode=mode),))) is expected


@pytest.mark.parametrize("mode", [0o622, 0o626, 0o606, 0o477, 0o646, 0o755])
def test_settings_mode(mode: int) -> None:
    """Modes that are smaller than 644 as numbers, and let others write."""
    assert verdict(files.settings_mode, daemon(files=(file(SETTINGS, "/etc/docker/daemon.json", mode=mode),))) is Verdict.FAIL


def test_sticky_directories() -> None:
    """Setgid and sticky bits give nobody more."""
    for mode in (0o1755, 0o2750, 0o700):
        directory = file(DIRECTORY, "/etc/docker", mode=mode, kind=FileKind.DIRECTORY)
        assert verdict(files.settings_directory_mode, daemon(files=(directory,))) is Verdict.PASS


def test_remedy_and_evidence() -> None:
    """What stands where, through which links, and the command that takes away no more than is too much."""
    socket = file(SOCKET, "/var/run/docker.sock", mode=0o646, real_path="/run/docker.sock", owner="root:docker")
    answer = ask(files.socket_mode, daemon(files=(socket,)))["file:/var/run/docker.sock"]
    assert answer.remedy == "chmod 0640 /run/docker.sock"
    assert (answer.evidence[0].where, answer.evidence[0].found) == ("/var/run/docker.sock (that is /run/docker.sock)", "0646 root:docker")
    assert answer.notes == ("too much: 0006",)


def test_every_socket() -> None:
    """A daemon with two sockets has two answers."""
    sockets = (file(SOCKET, "/run/docker.sock", mode=0o660), file(SOCKET, "/srv/open.sock", mode=0o666))
    answers = ask(files.socket_mode, daemon(files=sockets))
    assert {subject: answer.verdict for subject, answer in answers.items()} == {
        "file:/run/docker.sock": Verdict.PASS, "file:/srv/open.sock": Verdict.FAIL,
    }  # fmt: skip


def test_what_is_no_socket() -> None:
    """A directory at the socket's place is no socket with good permissions."""
    odd = file(SOCKET, "/run/docker.sock", mode=0o600, kind=FileKind.DIRECTORY)
    assert verdict(files.socket_mode, daemon(files=(odd,))) is Verdict.UNDETERMINED
    assert verdict(files.socket_owner, daemon(files=(odd,))) is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    ("uid", "owner", "expected"),
    [
        (0, "root:docker", Verdict.PASS), (0, "root:root", Verdict.PASS), (0, "root:users", Verdict.FAIL), (0, "root:105", Verdict.FAIL),
        (1000, "ann:docker", Verdict.FAIL), (0, "toor:docker", Verdict.PASS),
    ],
)  # fmt: skip
def test_socket_owner(uid: int, owner: str, expected: Verdict) -> None:
    """The user by number, the group by name."""
    assert verdict(files.socket_owner, daemon(files=(file(SOCKET, "/run/docker.sock", uid=uid, owner=owner),))) is expected


def test_socket_of_another_group() -> None:
    """The settings may name the group."""
    judged = daemon(files=(file(SOCKET, "/run/docker.sock", owner="root:ops"),), settings=(setting("group", '"ops"'),))
    assert verdict(files.socket_owner, judged) is Verdict.PASS


def test_owner() -> None:
    """User and group must both be root's."""
    for uid, gid, expected in ((0, 0, Verdict.PASS), (1, 0, Verdict.FAIL), (0, 1, Verdict.FAIL)):
        assert verdict(files.settings_owner, daemon(files=(file(SETTINGS, "/x", uid=uid, gid=gid),))) is expected


def test_rootless() -> None:
    """A rootless daemon's files belong to its user, and that is right."""
    judged = daemon(
        security_options=("name=rootless",), files=(file(SOCKET, "/run/user/1000/docker.sock", uid=1000), file(SETTINGS, "/x", uid=1000))
    )
    assert verdict(files.socket_owner, judged) is verdict(files.settings_owner, judged) is Verdict.NOT_APPLICABLE
