"""The files of an Ansible inventory: where it lies, and the files of variables beside it."""

import configparser
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...errors import Denied, HullwatchError, LimitExceeded, Misuse, NotFound, Unreachable
from ...readers.ansible_draft import Source
from ...readers.ansible_inventory import DOCUMENT_LIMIT, VariableFiles

USUAL = ("inventory", "hosts")
"""Looked for in the current directory, in this order; then what ``ansible.cfg`` there names, then ``SYSTEM``."""
SYSTEM = Path("/etc/ansible/hosts")
FILES_LIMIT = 10_000
DEPTH_LIMIT = 10
_IGNORED = (".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry")
"""Files of a directory that Ansible passes over too."""
_VARIABLES = ("group_vars", "host_vars", "vars_plugins")
_SUFFIXES = ("", ".yml", ".yaml", ".json")
_NO_CODE = "nothing is run: keep what ansible-inventory --list --yaml says in a file, and name that"


def inventory_places(setting: Path | None, here: Path, system: Path = SYSTEM) -> list[Path]:
    """The file or directory that is set, else the first that is found. Raises NotFound, Misuse, Denied."""
    if setting is not None:
        if not setting.exists():
            raise NotFound(f"there is no inventory {setting}", remedy="see the setting inventory, or HULLWATCH_INVENTORY")
        return [setting]
    for place in (here / name for name in USUAL):
        if _is_ours(place):
            return [place]
    if _is_ours(here / "ansible.cfg") and (configured := [path for path in _configured(here / "ansible.cfg") if path.exists()]):
        return configured
    if system.exists():
        return [system]
    raise NotFound("there is no Ansible inventory", remedy="name one in HULLWATCH_INVENTORY, or keep ./inventory or ./hosts")


def _is_ours(path: Path) -> bool:
    """Whether there is something that we may heed unasked. Raises Misuse for what someone put here (in /tmp) who has no say here."""
    try:
        owner, owners = path.stat().st_uid, {0, os.geteuid(), path.parent.stat().st_uid}
    except OSError:
        return False
    if owner not in owners:
        raise Misuse(f"{path} belongs to user {owner}, who does not own its directory", remedy="name the inventory in HULLWATCH_INVENTORY")
    return True


def _configured(path: Path) -> list[Path]:
    """What ``inventory`` in a configuration file names."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(_read(path).decode("utf-8", "replace"))
    except configparser.Error as error:
        raise Misuse(
            f"{path}: {' '.join(str(error).split())[:200]}", remedy="mend it, or name the inventory in HULLWATCH_INVENTORY"
        ) from error
    except NotFound:
        return []
    said = parser.get("defaults", "inventory", fallback="")
    return [path.parent / os.path.expanduser(each.strip()) for each in said.split(",") if each.strip()]  # noqa: PTH111  # it lets unknown users stand


def read_inventory_files(places: Sequence[Path]) -> tuple[list[Source], VariableFiles]:
    """The inventory's own files, and those of variables beside each. Raises NotFound, Misuse, Denied, Unreachable, LimitExceeded."""
    sources: list[Source] = []
    of_groups: dict[str, list[Source]] = {}
    of_hosts: dict[str, list[Source]] = {}
    for place in places:
        sources += _sources(place)
        beside = place if place.is_dir() else place.parent
        for kept, directory in ((of_groups, "group_vars"), (of_hosts, "host_vars")):
            for name, files in _variables(beside / directory).items():
                kept.setdefault(name, []).extend(files)
    return sources, VariableFiles(of_groups, of_hosts)


def _sources(place: Path, depth: int = 0) -> Iterator[Source]:
    """The files of an inventory; those of a directory in the order of their names."""
    if not place.is_dir():
        yield _source(place)
        return
    if depth > DEPTH_LIMIT:
        raise LimitExceeded(f"{place}: an inventory of more than {DEPTH_LIMIT} directories within directories")
    for name in _names(place):
        if not (name.startswith(".") or name.endswith(_IGNORED) or (depth == 0 and name in _VARIABLES)):
            yield from _sources(place / name, depth + 1)


def _source(path: Path) -> Source:
    data = _read(path)
    if data.startswith(b"#!"):
        raise Misuse(f"{path} is a program", remedy=_NO_CODE)
    if data.startswith(b"$ANSIBLE_VAULT"):
        raise Misuse(f"{path} is encrypted", remedy="keep what says how hosts are reached outside of the vault")
    return Source(str(path), data)


def _variables(directory: Path) -> dict[str, list[Source]]:
    """Files of variables by the name of what they are about: ``web``, ``web.yml``, or all files below ``web/``."""
    found: dict[str, list[Source]] = {}
    for name in _names(directory) if directory.is_dir() else ():
        stem, suffix = os.path.splitext(name)  # noqa: PTH122  # a host's name has dots of its own
        path = directory / name
        if name.startswith(".") or name.endswith("~"):
            continue
        if path.is_dir():
            inside = sorted(
                each for each in path.rglob("*") if each.is_file() and not each.name.startswith(".") and not each.name.endswith("~")
            )
            found.setdefault(name, []).extend(Source(str(each), _read(each)) for each in inside[:FILES_LIMIT])
        else:
            found.setdefault(stem if suffix in _SUFFIXES else name, []).append(Source(str(path), _read(path)))
    return found


def _names(directory: Path) -> list[str]:
    try:
        names = sorted(path.name for path in directory.iterdir())
    except OSError as error:
        raise _failure(directory, error) from error
    if len(names) > FILES_LIMIT:
        raise LimitExceeded(f"{directory}: an inventory of more than {FILES_LIMIT} files")
    return names


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(DOCUMENT_LIMIT + 1)
    except OSError as error:
        raise _failure(path, error) from error
    if len(data) > DOCUMENT_LIMIT:
        raise LimitExceeded(f"{path} is larger than {DOCUMENT_LIMIT} bytes", remedy="check that it is an inventory")
    return data


def _failure(path: Path, error: OSError) -> HullwatchError:
    if isinstance(error, FileNotFoundError):
        return NotFound(f"there is no {path}")
    if isinstance(error, PermissionError):
        return Denied(f"{path} is closed to this user")
    return Unreachable(f"{path}: {error.strerror}")
