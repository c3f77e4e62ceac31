"""Settings of dockerd from its command line and its configuration file."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import Malformed
from hullwatch.model import DaemonSetting
from hullwatch.readers.daemon_settings import NOT_KEPT, merge, read_config, read_flags


def flags(*words: str) -> dict[str, object]:
    settings, gaps = read_flags(b"".join(word.encode() + b"\0" for word in ("dockerd", *words)), origin="pid 8")
    assert not gaps
    return {setting.name: msgspec.json.decode(setting.value) for setting in settings}


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ((), {}),
        (("--icc=false",), {"icc": False}),
        (("--icc",), {"icc": True}),
        (("--icc", "--no-new-privileges=false"), {"icc": True, "no-new-privileges": False}),
        (("--icc=F",), {"icc": False}),
        (("--log-level", "debug"), {"log-level": "debug"}),
        (("--log-level=debug",), {"log-level": "debug"}),
        (("-l", "debug"), {"log-level": "debug"}),
        (("-ldebug",), {"log-level": "debug"}),
        (("-l=debug",), {"log-level": "debug"}),
        (("-D",), {"debug": True}),
        (("-Dl", "warn"), {"debug": True, "log-level": "warn"}),
        (("-D=false",), {"debug": False}),
        (("-H", "fd://", "--host=tcp://0.0.0.0:2375", "-Hunix:///x"), {"hosts": ["fd://", "tcp://0.0.0.0:2375", "unix:///x"]}),
        (("--log-level", "info", "--log-level", "warn"), {"log-level": "warn"}),
        (("--config-file", "/etc/my daemon.json"), {"config-file": "/etc/my daemon.json"}),
        (("--mtu", "1400"), {"mtu": 1400}),
        (("-g", "/data"), {"data-root": "/data"}),
        (("--graph=/data",), {"data-root": "/data"}),
        (("--userns-remap=",), {"userns-remap": ""}),
        (("--log-level",), {"log-level": ""}),
        (("--insecure-registry", "r:5000"), {"insecure-registries": ["r:5000"]}),
        (("--some-new-flag=1",), {"some-new-flag": "(not kept)"}),
    ],
)
def test_flags(words: tuple[str, ...], settings: dict[str, object]) -> None:
    """Flags as dockerd reads them: short and long, joined and apart, again and again, truth values with and without a value."""
    assert flags(*words) == settings


def test_origin() -> None:
    """Each setting says by which flag of which process it was set."""
    settings, _ = read_flags(b"/usr/bin/dockerd\0-Dl\0info\0", origin="pid 8")
    assert settings == (
        DaemonSetting(name="debug", value="true", origin="dockerd -Dl (pid 8)"),
        DaemonSetting(name="log-level", value='"info"', origin="dockerd -l (pid 8)"),
    )


def test_words_that_are_no_flags() -> None:
    """A word that dockerd would not understand is a gap."""
    settings, gaps = read_flags(b"dockerd\0serve\0--icc=false\0-\0", origin="pid 8")
    assert [setting.name for setting in settings] == ["icc"]
    assert [gap.kind for gap in gaps] == ["daemon-settings", "daemon-settings"]


def test_config() -> None:
    """Keys of daemon.json with their values as JSON, in a pretty or a plain file, also after a byte order mark."""
    content = {"icc": False, "hosts": ["fd://"], "cgroup-parent": "/x", "default-ulimits": {"nofile": {"Hard": 1}}, "log-level": "info"}
    for data in (json.dumps(content).encode(), b"\xef\xbb\xbf" + json.dumps(content, indent=4).encode()):
        settings = read_config(data, path="/etc/docker/daemon.json")
        assert {setting.name: json.loads(setting.value) for setting in settings} == content
        assert {setting.origin for setting in settings} == {"/etc/docker/daemon.json"}
    assert read_config(b"", path="x") == read_config(b"{}", path="x") == ()


def test_secrets_are_not_kept() -> None:
    """Options of log drivers, proxies and labels are known to be set, and no more."""
    content = {
        "log-opts": {"splunk-token": "hunter2"},
        "http-proxy": "http://u:hunter2@p",
        "proxies": {},
        "labels": ["hunter2"],
        "new": "hunter2",
    }
    settings = read_config(json.dumps(content).encode(), path="x")
    words = b"dockerd\0--http-proxy\0http://u:hunter2@p\0--log-opt\0token=hunter2\0--label\0hunter2\0"
    for one in (settings, read_flags(words, origin="")[0]):
        assert one
        assert {setting.value for setting in one} == {NOT_KEPT}
        assert b"hunter2" not in msgspec.json.encode(one)


@pytest.mark.parametrize("damage", [b"{", b"[]", b"null", b'{"icc": false,}', b"// comment\n{}", b"\xff", b'{"a":' * 50_000, b'{"a": tru}'])
def test_damaged_config(damage: bytes) -> None:
    """A file that dockerd would not take is an error with its path."""
    with pytest.raises(Malformed, match=r"/etc/docker/daemon\.json"):
        read_config(damage, path="/etc/docker/daemon.json")


def test_merge() -> None:
    """Both sources together; what is set in both keeps the flag, which is in force, and is a gap."""
    given_flags = read_flags(b"dockerd\0--icc\0-H\0fd://\0", origin="pid 8")[0]
    settings, gaps = merge(given_flags, read_config(b'{"icc": false, "live-restore": true}', path="/d"))
    assert [(setting.name, setting.value, setting.origin) for setting in settings] == [
        ("hosts", '["fd://"]', "dockerd -H (pid 8)"), ("icc", "true", "dockerd --icc (pid 8)"), ("live-restore", "true", "/d"),
    ]  # fmt: skip
    assert [(gap.kind, gap.what) for gap in gaps] == [("daemon-settings", "icc")]


@given(st.binary(max_size=80))
def test_any_command_line(data: bytes) -> None:
    """Any command line can be read."""
    for setting in read_flags(data, origin="")[0]:
        msgspec.json.decode(setting.value)


@given(
    st.binary(max_size=80) | st.dictionaries(st.text(max_size=9), st.floats() | st.text() | st.none()).map(lambda d: json.dumps(d).encode())
)
def test_any_config(data: bytes) -> None:
    """Any bytes are settings or Malformed."""
    try:
        settings = read_config(data, path="x")
    except Malformed:
        return
    for setting in settings:
        msgspec.json.decode(setting.value)
