"""The options of an osquery configuration: which we heed, which mean nothing here, and which ask for what we do not do."""

from collections.abc import Iterator, Mapping

from msgspec import Struct, convert
from msgspec.structs import fields

from ..model import Gap, Note

TRUE = frozenset(("true", "t", "1", "yes", "on"))
_FALSE = frozenset(("false", "f", "0", "no", "off", ""))


class AgentOptions(Struct, frozen=True, kw_only=True):
    """Those we heed, under osquery's names and with its defaults."""

    logger_path: str = "/var/log/osquery"
    database_path: str = "/var/osquery/osquery.db"
    pidfile: str = "/var/run/osqueryd.pidfile"
    disable_logging: bool = False
    logger_event_type: bool = True
    """A line per row; else a line per run."""
    logger_snapshot_event_type: bool = False
    logger_numerics: bool = False
    logger_min_status: int = 0
    """0 all, 1 warnings and errors, 2 errors."""
    host_identifier: str = "hostname"
    specified_identifier: str = ""
    decorations_top_level: bool = False
    disable_decorators: bool = False
    schedule_splay_percent: int = 10
    schedule_default_interval: int = 3600
    schedule_epoch: int = 0
    schedule_timeout: int = 0
    """Seconds that a query may run; 0 means as long as any other statement."""
    pack_delimiter: str = "_"
    pack_refresh_interval: int = 3600
    disable_events: bool = False
    enable_file_events: bool = True
    """Where file_paths are given, they are meant; osquery needs this to be said."""
    events_expiry: int = 3600
    events_max: int = 50_000
    read_max: int = 50 * 1024 * 1024
    """Bytes of the largest file that is digested when it changes."""
    verbose: bool = False


_OLD_NAMES = {"log_result_events": "logger_event_type"}
_MEANINGLESS = frozenset((
    "config_plugin", "logger_plugin", "worker_threads", "enable_monitor", "disable_watchdog", "watchdog_level", "watchdog_memory_limit",
    "watchdog_utilization_limit", "watchdog_delay", "audit_allow_config", "audit_allow_sockets", "audit_allow_process_events",
    "audit_allow_user_events", "audit_persist", "audit_backlog_limit", "schedule_max_drift", "schedule_reload", "events_optimize",
    "hash_cache_max", "disable_hash_cache", "table_delay", "logger_mode", "logger_stderr", "logger_min_stderr", "config_refresh",
    "disable_extensions", "extensions_autoload", "extensions_timeout", "utc", "force", "disable_tables_warning", "nullvalue",
    "malloc_trim_threshold", "disable_distributed", "disable_carver", "config_path", "hardware_disabled_types",
))  # fmt: skip
"""What says how osquery does its work, not what is to be told."""
_NOT_DONE = {
    "enable_syslog": (True, "syslog events are not collected"),
    "disable_audit": (False, "audit events (process_events, socket_events, user_events) are not collected"),
    "audit_allow_fim_events": (True, "process_file_events are not collected"),
    "enable_bpf_events": (True, "bpf events are not collected"),
    "enable_yara_string": (True, "yara rules are not looked for"),
    "logger_rotate": (True, "logs are not rotated here; logrotate may, at any time"),
}
_PLUGINS = ("config_plugin", "logger_plugin")


def read_options(given: Mapping[str, str]) -> tuple[AgentOptions, tuple[Gap | Note, ...]]:
    """Options by name, all of them text, and what is to be said of those that are unknown, of no use here, or wrong."""
    known = {field.name: field.type for field in fields(AgentOptions)}
    heeded: dict[str, bool | int | str] = {}
    said: list[Gap | Note] = []
    for name, text in given.items():
        heeded_name = _OLD_NAMES.get(name, name)
        value = _value(text, known[heeded_name]) if heeded_name in known else None
        if value is not None:
            heeded[heeded_name] = value
        elif heeded_name in known:
            said.append(Gap(kind="option", what=f"options.{name}", why=f"{text!r} is not understood; the default counts"))
        else:
            said += _of_no_use(name, text)
    return convert(heeded, AgentOptions), tuple(said)


def _value(text: str, wanted: type) -> bool | int | str | None:
    if wanted is bool:
        return True if text.lower() in TRUE else False if text.lower() in _FALSE else None
    if wanted is int:
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
    return text


def _of_no_use(name: str, text: str) -> Iterator[Gap | Note]:
    if name in _NOT_DONE:
        asking, why = _NOT_DONE[name]
        if (text.lower() in TRUE) is asking:
            yield Gap(kind="option", what=f"options.{name}", why=why)
    elif name in _PLUGINS and text != "filesystem":
        yield Gap(kind="option", what=f"options.{name}", why=f"{text!r} is not known here; configuration and logs are files")
    elif name in _MEANINGLESS:
        yield Note(kind="option", what=f"options.{name}", why="it means nothing here")
    elif not name.startswith("custom_"):
        yield Note(kind="option", what=f"options.{name}", why="it is not known")
