"""Settings of dockerd, from its command line and from daemon.json, merged as dockerd does.

Formats: ``/proc/<pid>/cmdline`` (proc(5): words end in NUL), dockerd's flags (Go's pflag) and its configuration file, both described at
https://docs.docker.com/reference/cli/dockerd/. Values that may hold a secret (proxies, options of log drivers, …) are not kept.
"""

import msgspec

from ..errors import Malformed
from ..model import DaemonSetting, Gap

NOT_KEPT = '"(not kept)"'
"""Stands for a value that was set and is none of our business."""
_BOOLEANS = frozenset({
    "allow-direct-routing", "cri-containerd", "debug", "disable-legacy-registry", "experimental", "help", "icc", "init", "ip-forward",
    "ip-forward-no-drop", "ip-masq", "ip6tables", "iptables", "ipv6", "live-restore", "no-new-privileges", "raw-logs", "rootless",
    "selinux-enabled", "tls", "tlsverify", "userland-proxy", "validate", "version",
})  # fmt: skip
_INTEGERS = frozenset({
    "max-concurrent-downloads", "max-concurrent-uploads", "max-download-attempts", "mtu", "network-control-plane-mtu", "oom-score-adjust",
    "shutdown-timeout",
})  # fmt: skip
_LISTS = {
    "add-runtime": "runtimes", "allow-nondistributable-artifacts": "allow-nondistributable-artifacts",
    "authorization-plugin": "authorization-plugins", "cdi-spec-dir": "cdi-spec-dirs", "cluster-store-opt": "cluster-store-opts",
    "default-address-pool": "default-address-pools", "default-network-opt": "default-network-opts", "default-ulimit": "default-ulimits",
    "dns": "dns", "dns-opt": "dns-opts", "dns-search": "dns-search", "exec-opt": "exec-opts", "feature": "features", "host": "hosts",
    "insecure-registry": "insecure-registries", "label": "labels", "log-opt": "log-opts", "node-generic-resource": "node-generic-resources",
    "proxy-env": "proxies", "registry-mirror": "registry-mirrors", "storage-opt": "storage-opts",
}  # fmt: skip
"""Flags that may be given again and again, and the key of daemon.json that holds all of them."""
_SHORT = {
    "b": "bridge", "D": "debug", "G": "group", "g": "data-root", "H": "host", "h": "help", "l": "log-level", "p": "pidfile",
    "s": "storage-driver", "v": "version",
}  # fmt: skip
_RENAMED = {"graph": "data-root"}
_KEPT = frozenset({
    "authorization-plugins", "bip", "bridge", "cgroup-parent", "config-file", "containerd", "data-root", "default-cgroupns-mode",
    "default-ipc-mode", "default-runtime", "default-ulimits", "exec-opts", "exec-root", "features", "fixed-cidr", "group", "hosts",
    "insecure-registries", "ip", "log-driver", "log-level", "pidfile", "seccomp-profile", "storage-driver", "storage-opts", "tlscacert",
    "tlscert", "tlskey", "userland-proxy-path", "userns-remap",
})  # fmt: skip
"""Settings whose text or list is kept; truth values and numbers are always kept."""
_TRUTH = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), "true") | dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), "false")


def read_flags(command_line: bytes, *, origin: str) -> tuple[tuple[DaemonSetting, ...], tuple[Gap, ...]]:
    """Settings given as flags, by name; ``origin`` is that of the process, for example ``pid 812``. A word that is no flag is a gap."""
    words = [word.decode("utf-8", "replace") for word in command_line.removesuffix(b"\0").split(b"\0")][1:]
    given: dict[str, tuple[str, list[str]]] = {}
    gaps = []
    while words:
        word = words.pop(0)
        flag, value = _split(word)
        if not flag:
            gaps.append(Gap(kind="daemon-settings", what="dockerd's command line", why=f"a word that is no flag ({origin})"))
            continue
        if flag in _BOOLEANS and value and not word.startswith("--") and "=" not in word:  # -Dl is -D and -l
            words.insert(0, f"-{value}")
            value = None
        if value is None:
            value = "true" if flag in _BOOLEANS else words.pop(0) if words else ""
        given.setdefault(_RENAMED.get(flag, flag), (word.partition("=")[0], []))[1].append(value)
    settings = (_of_flag(flag, values, f"dockerd {shown} ({origin})") for flag, (shown, values) in given.items())
    return tuple(sorted(settings, key=lambda setting: setting.name)), tuple(gaps)


def read_config(data: bytes, *, path: str) -> tuple[DaemonSetting, ...]:
    """Settings of daemon.json, by name. Raises Malformed."""
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf") or b"{}", type=dict[str, msgspec.Raw])
        settings = [DaemonSetting(name=name, value=_kept(name, bytes(raw)), origin=path) for name, raw in found.items()]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"{path}: {error}", remedy="mend the file: dockerd does not start with it") from error
    return tuple(sorted(settings, key=lambda setting: setting.name))


def merge(flags: tuple[DaemonSetting, ...], config: tuple[DaemonSetting, ...]) -> tuple[tuple[DaemonSetting, ...], tuple[Gap, ...]]:
    """All settings, by name. One that is set twice keeps the flag, which is in force, and is a gap: dockerd will not start again so."""
    both = {setting.name for setting in flags} & {setting.name for setting in config}
    merged = sorted((*flags, *(setting for setting in config if setting.name not in both)), key=lambda setting: setting.name)
    why = "set by a flag and in the configuration file: dockerd refuses to start with both"
    return tuple(merged), tuple(Gap(kind="daemon-settings", what=name, why=why) for name in sorted(both))


def _split(word: str) -> tuple[str, str | None]:
    """``--icc=false`` → icc, false; ``-Hfd://`` → host, fd://; ``-D`` → debug, None. The name is empty when it is no flag."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        return name, value if equals else None
    if len(word) < 2 or not word.startswith("-"):
        return "", None
    return _SHORT.get(word[1], ""), word[2:].removeprefix("=") if len(word) > 2 else None


def _of_flag(flag: str, values: list[str], origin: str) -> DaemonSetting:
    name = _LISTS.get(flag, flag)
    if flag in _LISTS:
        value = _json(values)
    elif flag in _BOOLEANS:
        value = _TRUTH.get(values[-1], _json(values[-1]))
    elif flag in _INTEGERS and values[-1].isascii() and values[-1].isdecimal():
        value = str(int(values[-1]))
    else:
        value = _json(values[-1])
    return DaemonSetting(name=name, value=_kept(name, value.encode()), origin=origin)


def _kept(name: str, value: bytes) -> str:
    """A value as JSON text, or NOT_KEPT where it could hold a secret."""
    if name in _KEPT or value in (b"true", b"false", b"null") or value.replace(b".", b"").isdigit():
        return _json(msgspec.json.decode(value))
    return NOT_KEPT


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
