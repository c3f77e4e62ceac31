"""How the daemon is set: what it does counts, then its flags and its file."""

import pytest

from hullwatch.assess.benchmark import daemon as section
from hullwatch.assess.benchmark.check import Check
from hullwatch.model import DaemonSetting, Network, Verdict

from .facts import ask, daemon, setting, verdict

ICC = "com.docker.network.bridge.enable_icc"


@pytest.mark.parametrize(
    ("options", "expected"),
    [({ICC: "false"}, Verdict.PASS), ({ICC: "true"}, Verdict.FAIL), ({ICC: "maybe"}, Verdict.UNDETERMINED), ({}, Verdict.UNDETERMINED)],
)
def test_inter_container_traffic(options: dict[str, str], expected: Verdict) -> None:
    """Judged on the default bridge as it is, whatever the configuration file says."""
    networks = (
        Network(id="1", name="shop", driver="bridge", options={ICC: "true"}),
        Network(id="2", name="bridge", driver="bridge", options=options),
    )
    judged = daemon(networks=networks, settings=(setting("icc", "false"),))
    assert verdict(section.inter_container_traffic, judged) is expected
    assert list(ask(section.inter_container_traffic, judged)) == ["network:bridge"]


def test_no_default_bridge() -> None:
    """A daemon may run without one."""
    assert verdict(section.inter_container_traffic, daemon(networks=())) is Verdict.NOT_APPLICABLE
    assert verdict(section.inter_container_traffic, daemon(networks=None)) is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ((), Verdict.PASS),
        ((setting("log-level", '"info"'),), Verdict.PASS),
        ((setting("log-level", '"debug"'),), Verdict.FAIL),
        ((setting("log-level", '"information"'),), Verdict.FAIL),
        ((setting("log-level", '"info"'), setting("debug", "true", "dockerd -D (pid 8)")), Verdict.FAIL),
        ((setting("debug", "false"),), Verdict.PASS),
        (None, Verdict.UNDETERMINED),
    ],
)
def test_log_level(settings: tuple[DaemonSetting, ...] | None, expected: Verdict) -> None:
    """Debugging overrides the level; a level that only begins like info is another."""
    assert verdict(section.log_level, daemon(settings=settings)) is expected


@pytest.mark.parametrize(
    ("check", "name", "value", "expected"),
    [
        (section.manages_iptables, "iptables", "false", Verdict.FAIL),
        (section.manages_iptables, "iptables", "true", Verdict.PASS),
        (section.manages_iptables, "other", "1", Verdict.PASS),
        (section.userland_proxy, "userland-proxy", "false", Verdict.PASS),
        (section.userland_proxy, "userland-proxy", "true", Verdict.FAIL),
        (section.userland_proxy, "other", "1", Verdict.FAIL),
        (section.userland_proxy, "userland-proxy", '"no"', Verdict.UNDETERMINED),
        (section.authorization_plugin, "authorization-plugins", '["opa"]', Verdict.PASS),
        (section.authorization_plugin, "authorization-plugins", "[]", Verdict.FAIL),
        (section.authorization_plugin, "other", "1", Verdict.FAIL),
        (section.no_new_privileges_default, "no-new-privileges", "true", Verdict.PASS),
        (section.no_new_privileges_default, "no-new-privileges", "false", Verdict.FAIL),
        (section.no_new_privileges_default, "other", "1", Verdict.FAIL),
    ],
)
def test_settings(check: Check, name: str, value: str, expected: Verdict) -> None:
    """A setting counts by its value, not by being there; unset is the default; unreadable settings are undetermined."""
    assert verdict(check, daemon(settings=(setting(name, value),))) is expected
    assert verdict(check, daemon(settings=None)) is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    ("check", "options", "version", "expected"),
    [
        (section.no_new_privileges_default, ("name=no-new-privileges",), "28.2.2", Verdict.PASS),
        (section.no_new_privileges_default, ("name=seccomp,profile=builtin",), "28.2.2", Verdict.FAIL),
        (section.user_namespaces, ("name=userns",), "28.2.2", Verdict.PASS),
        (section.user_namespaces, (), "28.2.2", Verdict.FAIL),
        (section.user_namespaces, ("name=rootless",), "28.2.2", Verdict.NOT_APPLICABLE),
        (section.seccomp_profile, ("name=seccomp,profile=builtin",), "28.2.2", Verdict.PASS),
        (section.seccomp_profile, ("name=seccomp,profile=default",), "20.10.24", Verdict.PASS),
        (section.seccomp_profile, ("name=seccomp,profile=unconfined",), "28.2.2", Verdict.FAIL),
        (section.seccomp_profile, ("name=seccomp,profile=/etc/own.json",), "28.2.2", Verdict.FAIL),
        (section.seccomp_profile, ("name=apparmor",), "28.2.2", Verdict.FAIL),
        (section.seccomp_profile, ("name=seccomp",), "28.2.2", Verdict.UNDETERMINED),
    ],
)
def test_security_options(check: Check, options: tuple[str, ...], version: str, expected: Verdict) -> None:
    """What the engine says of itself, whichever version it is; the file need not be read for it."""
    assert verdict(check, daemon(security_options=options, version=version, settings=None)) is expected


def test_live_restore() -> None:
    """As the engine says; in a swarm there is none."""
    assert verdict(section.live_restore, daemon(live_restore=True)) is Verdict.PASS
    assert verdict(section.live_restore, daemon(live_restore=False)) is Verdict.FAIL
    assert verdict(section.live_restore, daemon(live_restore=False, swarm_state="active")) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("driver", "expected"), [("aufs", Verdict.FAIL), ("overlay", Verdict.FAIL), ("overlay2", Verdict.PASS), ("btrfs", Verdict.PASS)]
)
def test_storage_driver(driver: str, expected: Verdict) -> None:
    """By its whole name."""
    assert verdict(section.storage_driver, daemon(storage_driver=driver)) is expected
