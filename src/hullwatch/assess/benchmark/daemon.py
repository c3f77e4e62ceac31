"""Section 2: how the daemon is set. Judged on what it does where its API tells, else on its flags and its configuration file."""

from msgspec import json

from ...model import Daemon, DaemonSetting, Network, Severity
from .check import Answer, check, fails, not_applicable, passes, undetermined
from .facts import Settings

_FILE = "/etc/docker/daemon.json"


@check(
    "inter-container-traffic", cis={"1.6": "2.2"}, level=1, severity=Severity.MEDIUM,
    title="Containers on the default bridge cannot reach each other",
    remedy=f'set "icc": false in {_FILE} and restart the daemon, or give each application a network of its own',
)  # fmt: skip
def inter_container_traffic(bridge: Network) -> Answer:
    """Judged on the network as it is, not on the file: the daemon may have been started with --icc."""
    option = "com.docker.network.bridge.enable_icc"
    where = f"network bridge: {option}"
    match bridge.options.get(option):
        case "false":
            return passes(where, "false", "false")
        case "true":
            return fails(where, "true", "false")
        case None:
            return undetermined(f"the engine does not say {option} of its default bridge")
        case other:
            return undetermined(f"the engine says {other!r} of {option}")


@check(
    "log-level", cis={"1.6": "2.3"}, level=1, severity=Severity.LOW, title="The daemon logs at level info",
    remedy=f'set "log-level": "info" and "debug": false in {_FILE}, and remove -D and -l from its flags',
)  # fmt: skip
def log_level(daemon: Daemon, settings: Settings) -> Answer:
    """``debug`` overrides the level."""
    debug, level = settings.by_name.get("debug"), settings.by_name.get("log-level")
    if debug and debug.value == "true":
        return fails(_where(debug, "debug"), "true", "false")
    found = json.decode(level.value) if level else "info (the default)"
    return (passes if found in ("info", "info (the default)") else fails)(_where(level, "log-level"), str(found), "info")


@check(
    "manages-iptables", cis={"1.6": "2.4"}, level=1, severity=Severity.LOW, title="The daemon may keep the packet filter in order",
    remedy=f'remove "iptables": false from {_FILE} and --iptables=false from its flags',
)  # fmt: skip
def manages_iptables(daemon: Daemon, settings: Settings) -> Answer:
    """On unless switched off."""
    return _switch(settings, "iptables", default="true", expected="true")


@check(
    "storage-driver", cis={"1.6": "2.6"}, level=1, severity=Severity.LOW,
    title="Layers are kept by a storage driver that is still maintained",
    remedy=f'save images and data, set "storage-driver": "overlay2" in {_FILE}, restart the daemon and load them again',
)  # fmt: skip
def storage_driver(daemon: Daemon) -> Answer:
    """The benchmark names aufs; devicemapper and overlay were given up as well."""
    given_up = daemon.storage_driver in ("aufs", "devicemapper", "overlay")
    return (fails if given_up else passes)("/info: Driver", daemon.storage_driver, "not aufs, devicemapper or overlay")


@check(
    "user-namespaces", cis={"1.6": "2.9"}, level=2, severity=Severity.MEDIUM,
    title="Users of containers are mapped to unprivileged users of the machine",
    remedy=f'set "userns-remap": "default" in {_FILE} and restart the daemon: images and containers start anew',
)  # fmt: skip
def user_namespaces(daemon: Daemon) -> Answer:
    """A rootless daemon has a user namespace of its own."""
    if "name=rootless" in daemon.security_options:
        return not_applicable("the daemon runs rootless: all its users are unprivileged on the machine")
    found = "name=userns" in daemon.security_options
    return (passes if found else fails)("/info: SecurityOptions", ", ".join(daemon.security_options) or "none", "name=userns")


@check(
    "authorization-plugin", cis={"1.6": "2.12"}, level=2, severity=Severity.LOW,
    title="Who may ask what of the daemon is decided by a plugin",
    remedy=f'install an authorization plugin and name it in "authorization-plugins" in {_FILE}',
)  # fmt: skip
def authorization_plugin(daemon: Daemon, settings: Settings) -> Answer:
    """An empty list is none."""
    setting = settings.by_name.get("authorization-plugins")
    found = setting.value if setting else "none (the default)"
    return (passes if setting and setting.value not in ("[]", "null") else fails)(
        _where(setting, "authorization-plugins"), found, "a plugin"
    )


@check(
    "no-new-privileges-default", cis={"1.6": "2.14"}, level=1, severity=Severity.MEDIUM,
    title="Processes in containers cannot gain privileges unless a container allows it",
    remedy=f'set "no-new-privileges": true in {_FILE} and restart the daemon',
)  # fmt: skip
def no_new_privileges_default(daemon: Daemon) -> Answer:
    """Engines from 24 on say it in /info; of older ones the setting is asked."""
    where = "/info: SecurityOptions"
    if "name=no-new-privileges" in daemon.security_options:
        return passes(where, "name=no-new-privileges", "name=no-new-privileges")
    major = daemon.version.partition(".")[0]
    if major.isdecimal() and int(major[:9]) >= 24:
        return fails(where, ", ".join(daemon.security_options) or "none", "name=no-new-privileges")
    if daemon.settings is None:
        return undetermined("this engine does not say it, and the daemon's settings could not be read")
    return _switch(Settings({setting.name: setting for setting in daemon.settings}), "no-new-privileges", default="false", expected="true")


@check(
    "live-restore", cis={"1.6": "2.15"}, level=1, severity=Severity.LOW, title="Containers go on while the daemon is restarted",
    remedy=f'set "live-restore": true in {_FILE} and reload the daemon',
)  # fmt: skip
def live_restore(daemon: Daemon) -> Answer:
    """Swarm and live restore exclude each other."""
    if daemon.swarm_state not in ("", "inactive"):
        return not_applicable(f"the daemon is in a swarm ({daemon.swarm_state}), where there is no live restore")
    found = "true" if daemon.live_restore else "false"
    return (passes if daemon.live_restore else fails)("/info: LiveRestoreEnabled", found, "true")


@check(
    "userland-proxy", cis={"1.6": "2.16"}, level=1, severity=Severity.LOW, title="Published ports need no proxy process",
    remedy=f'set "userland-proxy": false in {_FILE} and restart the daemon',
)  # fmt: skip
def userland_proxy(daemon: Daemon, settings: Settings) -> Answer:
    """On unless switched off."""
    return _switch(settings, "userland-proxy", default="true", expected="false")


@check(
    "seccomp-profile", cis={"1.6": "2.17"}, level=2, severity=Severity.MEDIUM,
    title="System calls of containers are filtered by the engine's own profile",
    remedy="remove --seccomp-profile from the daemon's flags, or have somebody review the profile it names",
)  # fmt: skip
def seccomp_profile(daemon: Daemon) -> Answer:
    """The engine's own profile is called ``default`` up to 20.10 and ``builtin`` since."""
    where, expected = "/info: SecurityOptions", "profile=builtin or profile=default"
    profile = next((option for option in daemon.security_options if option.startswith("name=seccomp")), "")
    match profile.partition("profile=")[2]:
        case "default" | "builtin":
            return passes(where, profile, expected)
        case _ if not profile:
            return fails(where, "no seccomp", expected)
        case "":
            return undetermined("the engine does not say which seccomp profile it uses")
        case _:
            return fails(where, profile, expected)


def _switch(settings: Settings, name: str, *, default: str, expected: str) -> Answer:
    """One setting that is true or false."""
    setting = settings.by_name.get(name)
    value = setting.value if setting else default
    if value not in ("true", "false"):
        return undetermined(f"{_where(setting, name)} is neither true nor false")
    found = value if setting else f"{value} (the default)"
    return (passes if value == expected else fails)(_where(setting, name), found, expected)


def _where(setting: DaemonSetting | None, name: str) -> str:
    return f"{setting.origin}: {name}" if setting else f"{_FILE} and the daemon's flags: {name}"
