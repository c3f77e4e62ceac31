"""Settings: read once, at a door, from ``hullwatch.toml`` here, then in the home, then ``HULLWATCH_…`` and options; one frozen record."""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from .errors import Misuse
from .model import FindingKind

_TABLES = ("limits", "notify", "service")
"""Keys that are tables; no variable holds one."""
_FILE_LIMIT = 64 * 1024
"""Bytes of a settings file."""
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MIRRORS = ("file", "http", "https")
_LOGIN = re.compile(r"(?<=://)[^/\s]*@")
Count = Annotated[int, msgspec.Meta(ge=1)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of one target is read; each is a key below ``[limits]``. What exceeds one is an error or a gap that names it."""

    entries: Count = 20_000_000
    """Files and directories met."""
    depth: Annotated[int, msgspec.Meta(ge=1, le=400)] = 200
    """Directories within directories; for each one is open and two calls are under way."""
    path_bytes: Count = 4096
    wanted_files: Count = 100_000
    """Files that a reader asks for."""
    facts: Count = 200_000
    """Facts that readers yield."""
    whiteouts: Count = 1_000_000
    """Marks by which layers remove what lower ones brought."""
    layers: Count = 500
    layer_bytes: Count = 64 * 1024**3
    """Of one layer or archive, uncompressed."""
    ratio: Count = 250
    """Uncompressed to compressed size, once the first GiB is out."""
    file_bytes: Count = 64 * 1024**2
    """Of one wanted file of an archive: it is held in memory."""
    document_bytes: Count = 16 * 1024**2
    """Of one manifest or image configuration."""


class NotifyChange(StrEnum):
    """What of a finding is worth a message."""

    NEW = "new"
    GONE = "gone"
    ALL = "all"
    """Everything that stands, at every run."""
    UNFINISHED = "unfinished"
    """A target that was asked for and could not be looked at."""


class NotifyRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told what; each is a table ``[[notify]]``. Where to send is an Apprise URL: here, in a variable or in a file of its own."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
    url: str = ""
    url_env: str = ""
    """Name of the variable that holds the URL."""
    url_file: Path | None = None
    """File whose first line is the URL; it is read when something is sent."""
    severity: str = "high"
    """From where on it is told, in the words of ``fail_on``: ``high``, ``high,fixable``, ``exploited``."""
    kinds: tuple[FindingKind, ...] = ()
    """Kinds of findings; none means all."""
    targets: tuple[str, ...] = ("*",)
    """Globs of references, or of names as tables show them."""
    changes: tuple[NotifyChange, ...] = (NotifyChange.NEW, NotifyChange.GONE)

    def __post_init__(self) -> None:
        """Raises ValueError, which names the rule and never the URL."""
        if sum(bool(place) for place in (self.url, self.url_env, self.url_file)) != 1:
            raise ValueError(f"notify.{self.name}: exactly one of url, url_env and url_file is needed")

    def __repr__(self) -> str:
        """Without the URL: it holds secrets."""
        return f"NotifyRule(name={self.name!r})"


class Service(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How ``hullwatch serve`` and ``hullwatch worker`` work; each is a key below ``[service]``."""

    hands: Annotated[int, msgspec.Meta(ge=0, le=64)] = 2
    """Targets that one process looks at at the same time; 0: ``serve`` leaves all work to workers."""
    hands_in_all: Annotated[int, msgspec.Meta(ge=0, le=4096)] = 0
    """Targets that all processes together look at at the same time; 0: as many as they have hands."""
    keep_runs: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 500
    """Reports and logs are kept of so many runs; what they found stays in history."""
    catch_up_h: Annotated[float, msgspec.Meta(ge=0, le=8760)] = 6
    """A schedule's time that passed while no server ran is made up for within so many hours, once."""
    dead_after_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 30
    """A process that has not been seen for so long is dead: others take over its work."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set. A key in ``hullwatch.toml`` has the same name."""

    home: Path = Path("~/.local/share/hullwatch")
    """History, cache of facts and advisory database lie here."""
    mirror: str = ""
    """A directory or http(s) address laid out as ``<host>/<path>`` of each publisher, tried first for every feed."""
    offline: bool = False
    """Fetch nothing; judge by what is there."""
    database_url: str = ""
    """Where history is kept; empty means SQLite in the home. For example ``postgresql://…``."""
    docker_host: str = ""
    """Where the Docker Engine answers; empty means DOCKER_HOST, then the current context, then /var/run/docker.sock."""
    inventory: Path | None = None
    """The Ansible inventory whose groups are targets (``@web``); None means ./inventory, ./hosts, … (docs/guide/hosts.md)."""
    sudo: bool = True
    """Become root by ``sudo -n`` on hosts reached over SSH, where that is allowed."""
    fail_on: str = "high,fixable"
    waivers: Path | None = None
    max_age_h: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 24
    """A feed older than this is asked again (a conditional request)."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 30
    """For each answer of the network or the engine."""
    limits: Limits = Limits()
    public_url: str = ""
    """Where people reach the pages of ``hullwatch serve``; messages point there."""
    service: Service = Service()
    notify: tuple[NotifyRule, ...] = ()
    """In a file only."""
    files: tuple[str, ...] = ()
    """The settings files that were used; not a key."""


def load_settings(environ: Mapping[str, str], here: Path, options: Mapping[str, Any]) -> Settings:
    """Read settings. Options (None is unset) win over ``HULLWATCH_<KEY>`` (empty is unset), those over the files. Raises Misuse."""
    given = {key: value for key, value in options.items() if value is not None}
    named = {key: value for key in _keys() if key not in _TABLES and (value := environ.get(f"HULLWATCH_{key.upper()}"))}
    nearest = _read_file(here / "hullwatch.toml")
    home = Path(str((nearest | named | given).get("home", Settings().home))).expanduser()
    in_home = _read_file(home / "hullwatch.toml") if here.resolve() != home.resolve() else {}
    files = tuple(str(path) for path, read in ((here / "hullwatch.toml", nearest), (home / "hullwatch.toml", in_home)) if read)
    try:
        chosen = msgspec.convert(
            in_home | nearest | named | given | {"home": str(home), "files": files}, Settings, strict=False, dec_hook=_path
        )
    except msgspec.ValidationError as error:
        raise Misuse(f"settings: {error}", remedy=f"known keys are: {', '.join(_keys())}") from error
    _check_mirror(chosen.mirror)
    if twice := sorted({each.name for each in chosen.notify if [other.name for other in chosen.notify].count(each.name) > 1}):
        raise Misuse(f"settings: notify.{twice[0]}: two rules have this name", remedy="give each its own")
    return chosen


def _path(wanted: type, value: object) -> object:
    if wanted is Path and isinstance(value, str):
        if "\0" in value:
            raise TypeError("a path cannot hold NUL")
        return Path(value).expanduser()
    raise TypeError(f"expected {wanted.__name__}, got {value!r}")


def without_login(address: str) -> str:
    """An address as it may be said and kept: without the user's name and password."""
    return _LOGIN.sub("", address)


def _check_mirror(mirror: str) -> None:
    """Raises Misuse for what is neither a path nor an address that can be asked."""
    if any(character < " " or character == "\x7f" for character in mirror):
        raise Misuse(f"settings: mirror: {without_login(mirror)!r} holds characters that no path or address has")
    try:
        parts = urlsplit(mirror)
        if "://" in mirror and (parts.scheme not in _MIRRORS or (parts.scheme != "file" and not parts.hostname) or parts.port == 0):
            raise ValueError
    except ValueError as error:
        remedy = "name a directory, or an address such as https://mirror.example.org/feeds"
        raise Misuse(
            f"settings: mirror: {without_login(mirror)!r} is neither a directory nor an http, https or file address", remedy=remedy
        ) from error


def _keys() -> tuple[str, ...]:
    return tuple(name for name in Settings.__struct_fields__ if name != "files")


def _read_file(path: Path) -> dict[str, Any]:
    data = _bytes_of(path)
    try:
        found = tomllib.loads(data.decode()) if data is not None else {}
    except (ValueError, RecursionError) as error:  # broken TOML, what is no UTF-8, numbers of thousands of digits
        raise Misuse(f"{path}: {str(error)[:300]}", remedy="mend the file, or move it away") from error
    for key in found:
        if key not in _keys():
            raise Misuse(f"{path}: unknown key {key[:80]!r}", remedy=f"known keys are: {', '.join(_keys())}")
    return found


def _bytes_of(path: Path) -> bytes | None:
    """What a settings file holds; None when there is none, or none that can be seen. Raises Misuse for what we cannot or will not read."""
    try:
        descriptor = os.open(path, _OPEN)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        if not _is_seen(path):
            return None
        remedy = "what it asks for would not be heeded: run with sudo, make it readable, or start elsewhere"
        raise Misuse(f"{path}: this user may not read it", remedy=remedy) from error
    except (OSError, ValueError) as error:
        raise Misuse(f"{path}: cannot be read: {error}", remedy="mend the file, or move it away") from error
    try:
        _check_file(path, os.fstat(descriptor))
        data = os.read(descriptor, _FILE_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(data) > _FILE_LIMIT:
        raise Misuse(f"{path}: is larger than {_FILE_LIMIT} bytes", remedy="mend the file, or move it away")
    return data


def _is_seen(path: Path) -> bool:
    """Whether it is there, as far as this user can see: its directory may be closed too."""
    try:
        path.lstat()
    except OSError:
        return False
    return True


def _check_file(path: Path, status: os.stat_result) -> None:
    """Raises Misuse for what someone may have put here (in /tmp, for instance) who has no say in this directory."""
    if not stat.S_ISREG(status.st_mode):
        raise Misuse(f"{path}: is no regular file", remedy="move it away")
    if status.st_uid not in {0, os.geteuid(), path.parent.stat().st_uid}:
        remedy = "it could say where feeds come from and where we write: take it over, move it away, or start elsewhere"
        raise Misuse(f"{path}: belongs to user {status.st_uid}, who does not own its directory", remedy=remedy)
