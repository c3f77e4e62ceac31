"""An Ansible inventory while it is read: hosts, groups, and which variables are kept; names with ranges written out."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from string import ascii_letters
from typing import NamedTuple

from msgspec import Struct, field

from ..errors import LimitExceeded

HOSTS_LIMIT = 100_000
GROUPS_LIMIT = 10_000
ALL, UNGROUPED = "all", "ungrouped"
KEPT = {
    "ansible_host": "ansible_host",
    "ansible_ssh_host": "ansible_host",
    "ansible_user": "ansible_user",
    "ansible_ssh_user": "ansible_user",
    "ansible_port": "ansible_port",
    "ansible_ssh_port": "ansible_port",
    "ansible_private_key_file": "ansible_private_key_file",
    "ansible_ssh_private_key_file": "ansible_private_key_file",
    "ansible_become": "ansible_become",
    "ansible_connection": "ansible_connection",
    "ansible_group_priority": "ansible_group_priority",
}
"""Variables that are kept, and what each means; of two that mean the same the one for SSH wins. Passwords are never kept."""
_RANGE = re.compile(r"\[([^\[\]:]*):([^\[\]:]*)(?::([0-9]{1,6}))?\]")
_PORT = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]|(?:[^:\[\]]|\[[^\[\]]*\])+):(?P<port>[0-9]{1,5})")


class Source(NamedTuple):
    """A file: its name, for errors, and its bytes."""

    origin: str
    data: bytes


class Group(Struct):
    """A group while its inventory is read."""

    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


class Draft:
    """What was read so far. Variables under the names they were given."""

    def __init__(self) -> None:
        self.hosts: dict[str, dict[str, str]] = {}
        self.groups: dict[str, Group] = {ALL: Group(), UNGROUPED: Group()}

    def group(self, name: str) -> Group:
        """A group by name, made when it is new. Raises LimitExceeded."""
        if name not in self.groups:
            if len(self.groups) >= GROUPS_LIMIT:
                raise LimitExceeded(f"an inventory of more than {GROUPS_LIMIT} groups")
            self.groups[name] = Group()
        return self.groups[name]

    def add(self, written: str, variables: Mapping[str, str], group: str) -> None:
        """A host as written, perhaps with a range and a port, or more that is said of it. Raises LimitExceeded, ValueError."""
        name, port = split_port(written)
        said = {key: value for key, value in variables.items() if key in KEPT}
        for each in expanded(name):
            if each not in self.hosts and len(self.hosts) >= HOSTS_LIMIT:
                raise LimitExceeded(f"an inventory of more than {HOSTS_LIMIT} hosts")
            self.hosts.setdefault(each, {}).update({"ansible_port": port} | said if port else said)
            self.group(group).hosts[each] = None


def split_port(written: str) -> tuple[str, str]:
    """``web:22`` → ``web`` and ``22``; a range's colons and those of a bare IPv6 address are no ports."""
    match = _PORT.fullmatch(written)
    name, port = (match["name"], match["port"]) if match else (written, "")
    return (name[1:-1] if name[:1] == "[" and _is_address(name[1:-1]) else name), port


def _is_address(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def expanded(name: str) -> Iterator[str]:
    """The names that ``web[01:20]`` or ``[a:c]`` stands for, in order. Raises ValueError, LimitExceeded."""
    match = _RANGE.search(name)
    if match is None:
        if not name or any(character.isspace() or character in "[]" for character in name):
            raise ValueError(f"{name!r} is no host's name")
        yield name
        return
    before, after = name[: match.start()], name[match.end() :]
    for each in _range(match[1], match[2], int(match[3] or "1")):
        yield from expanded(f"{before}{each}{after}")


def _range(first: str, last: str, step: int) -> Iterator[str]:
    """Both ends are in it. Numbers that begin with a zero keep their width."""
    first = first or "0"
    if step < 1 or not (first.isascii() and last.isascii()):
        raise ValueError(f"[{first}:{last}] is no range")
    if len(first) == len(last) == 1 and first.isalpha() and last.isalpha():
        low, high = ascii_letters.index(first), ascii_letters.index(last)
        if low > high:
            raise ValueError(f"[{first}:{last}] is no range: it ends before it begins")
        yield from ascii_letters[low : high + 1 : step]
        return
    if not (first.isdecimal() and last.isdecimal() and len(last) <= 9 and len(first) <= 9):
        raise ValueError(f"[{first}:{last}] is no range of numbers or letters")
    width = len(first) if len(first) > 1 and first[0] == "0" else 0
    if width and width != len(last):
        raise ValueError(f"[{first}:{last}]: both ends must be written with as many digits")
    if (int(last) - int(first)) // step >= HOSTS_LIMIT:
        raise LimitExceeded(f"a range of more than {HOSTS_LIMIT} hosts")
    for number in range(int(first), int(last) + 1, step):
        yield str(number).zfill(width)
