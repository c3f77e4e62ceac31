"""Settings: read once, at a door, from ``hullwatch.toml`` here, then in the home, then ``HULLWATCH_…`` and options; one frozen record."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec

from .errors import Misuse
from .model import FindingKind

_TABLES = ("limits", "notify")
"""Keys that are tables; no variable holds one."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of one target is read; each is a key below ``[limits]``. What exceeds one is an error or a gap that names it."""

    entries: int = 20_000_000
    """Files and directories met."""
    depth: int = 200
    """Directories within directories."""
    path_bytes: int = 4096
    wanted_files: int = 100_000
    """Files that a reader asks for."""
    facts: int = 200_000
    """Facts that readers yield."""
    whiteouts: int = 1_000_000
    """Marks by which layers remove what lower ones brought."""
    layers: int = 500
    layer_bytes: int = 64 * 1024**3
    """Of one layer or archive, uncompressed."""
    ratio: int = 250
    """Uncompressed to compressed size, once the first GiB is out."""
    file_bytes: int = 64 * 1024**2
    """Of one wanted file of an archive: it is held in memory."""
    document_bytes: int = 16 * 1024**2
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
    fail_on: str = "high,fixable"
    waivers: Path | None = None
    max_age_h: float = 24
    """A feed older than this is asked again (a conditional request)."""
    timeout_s: float = 30
    """For each answer of the network or the engine."""
    limits: Limits = Limits()
    public_url: str = ""
    """Where people reach the pages of ``hullwatch serve``; messages point there."""
    notify: tuple[NotifyRule, ...] = ()
    """In a file only."""
    files: tuple[str, ...] = ()
    """The settings files that were used; not a key."""


def load_settings(environ: Mapping[str, str], here: Path, options: Mapping[str, Any]) -> Settings:
    """Read settings. Options (None is unset) win over ``HULLWATCH_<KEY>``, those over the files. Raises Misuse."""
    given = {key: value for key, value in options.items() if value is not None}
    named = {key: environ[variable] for key in _keys() if key not in _TABLES and (variable := f"HULLWATCH_{key.upper()}") in environ}
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
    if twice := sorted({each.name for each in chosen.notify if [other.name for other in chosen.notify].count(each.name) > 1}):
        raise Misuse(f"settings: notify.{twice[0]}: two rules have this name", remedy="give each its own")
    return chosen


def _path(wanted: type, value: object) -> object:
    if wanted is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise TypeError(f"expected {wanted.__name__}, got {value!r}")


def _keys() -> tuple[str, ...]:
    return tuple(name for name in Settings.__struct_fields__ if name != "files")


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            found = tomllib.load(stream)
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misuse(f"{path}: {error}", remedy="mend the file, or move it away") from error
    for key in found:
        if key not in _keys():
            raise Misuse(f"{path}: unknown key {key!r}", remedy=f"known keys are: {', '.join(_keys())}")
    return found
