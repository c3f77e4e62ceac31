"""The hosts of an Ansible inventory as targets, and how each is reached."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from ...errors import Misuse
from ...model import Gap, Target, TargetKind, Unfinished
from ...readers.ansible_inventory import AnsibleInventory, parse_ansible_inventory
from .address import Access, Address, make_address
from .fleet_files import SYSTEM, inventory_places, read_inventory_files

_SSH = ("", "ssh", "smart", "paramiko", "paramiko_ssh")
_TRUE = ("true", "yes", "on", "1", "y", "t")
_SHOWN = 20
"""Groups that an error names."""


class Fleet:
    """An inventory, read."""

    def __init__(self, inventory: AnsibleInventory, origin: str) -> None:
        self._inventory = inventory
        self._origin = origin
        self._by_reference: dict[str, str] = {}
        for name, variables in inventory.hosts.items():
            if isinstance(address := _address(name, variables), Address):
                self._by_reference.setdefault(address.reference, name)

    def members(self, name: str) -> tuple[Target | Unfinished, ...]:
        """The hosts of a group, or one host by its name; what hullwatch cannot reach is unfinished. Raises Misuse."""
        groups, hosts = self._inventory.groups, self._inventory.hosts
        if name not in groups and name not in hosts:
            known = sorted(group for group, members in groups.items() if members)
            more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
            shown = ", ".join(f"@{group}" for group in known[:_SHOWN]) + more
            raise Misuse(f"{self._origin} has no group {name!r}", remedy=f"there are: {shown or 'no groups with hosts'}")
        found: dict[str, Target | Unfinished] = {}
        for each in groups.get(name, (name,)):
            member = _member(each, hosts[each])
            found.setdefault(member.reference, member)
        return tuple(found.values())

    def access(self, reference: str, otherwise: Access) -> Access:
        """How to reach the host that a reference names; ``otherwise`` where the inventory does not say."""
        name = self._by_reference.get(reference)
        if name is None:
            return otherwise
        variables = self._inventory.hosts[name]
        become = variables.get("ansible_become")
        return replace(
            otherwise,
            name=name,
            identity_file=os.path.expanduser(variables.get("ansible_private_key_file", "")),  # noqa: PTH111  # empty stays empty
            sudo=otherwise.sudo and (become is None or become.lower() in _TRUE),
        )


def open_fleet(setting: Path | None, here: Path, system: Path = SYSTEM) -> Fleet:
    """Read the inventory that is set, else the first that is found. Raises NotFound, Misuse, Denied, Unreachable, LimitExceeded."""
    places = inventory_places(setting, here, system)
    return Fleet(parse_ansible_inventory(*read_inventory_files(places)), ", ".join(map(str, places)))


def _member(name: str, variables: Mapping[str, str]) -> Target | Unfinished:
    connection = variables.get("ansible_connection", "").removeprefix("ansible.builtin.")
    if connection == "local":
        return Target(kind=TargetKind.HOST, reference="host", identifiers={"inventory_name": name})
    address = _address(name, variables)
    if isinstance(address, Address):
        return Target(kind=TargetKind.HOST, reference=address.reference, identifiers={"inventory_name": name})
    return Unfinished(reference=f"@{name}", gap=Gap(kind="connection", what=f"host {name}", why=f"{name}: {address}"))


def _address(name: str, variables: Mapping[str, str]) -> Address | str:
    """Where a host is reached; else why it cannot be."""
    connection = variables.get("ansible_connection", "").removeprefix("ansible.builtin.")
    if connection not in _SSH:
        return f"its ansible_connection is {connection[:40]!r}; hosts are reached over SSH only"
    for key, value in variables.items():
        if "{{" in value or "{%" in value:
            return f"its {key} is a template, and templates are not filled in"
        if value.startswith("$ANSIBLE_VAULT"):
            return f"its {key} is encrypted"
    try:
        return make_address(variables.get("ansible_host", name), user=variables.get("ansible_user"), port=variables.get("ansible_port"))
    except Misuse as error:
        return error.what
