"""Plain Ansible inventories: hosts, groups and the variables that say how a host is reached
(https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html). Data only: no plugin, script, template or vault is run."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ..errors import LimitExceeded, Misuse
from ..ports import MEBIBYTE
from .ansible_draft import ALL, KEPT, UNGROUPED, Draft, Group, Source
from .ansible_ini import read_ini
from .ansible_yaml import parse_yaml, read_groups, variables_of

DOCUMENT_LIMIT = 16 * MEBIBYTE
DEPTH_LIMIT = 100
"""Groups within groups."""
_PRIORITY = "ansible_group_priority"


class VariableFiles(Struct):
    """Files of variables beside an inventory (``group_vars``, ``host_vars``), by the name of their group or host."""

    of_groups: Mapping[str, Sequence[Source]] = {}
    of_hosts: Mapping[str, Sequence[Source]] = {}


class AnsibleInventory(Struct, frozen=True):
    """Hosts in the order of the files, each with its variables; and the hosts of every group, those of groups below it among them."""

    hosts: dict[str, dict[str, str]]
    """Variables as text (``true``, ``22``), each under one of its names (``KEPT``)."""
    groups: dict[str, tuple[str, ...]]


def parse_ansible_inventory(sources: Sequence[Source], files: VariableFiles | None = None) -> AnsibleInventory:
    """The inventory of these files taken together, in this order. Raises Misuse with file and line, LimitExceeded."""
    draft = Draft()
    for source in sources:
        if len(source.data) > DOCUMENT_LIMIT:
            raise LimitExceeded(f"{source.origin} is larger than {DOCUMENT_LIMIT} bytes")
        document = parse_yaml(source)
        if document is None:
            read_ini(draft, source)
        else:
            read_groups(draft, document, source.origin)
    return _Family(draft, files or VariableFiles()).inventory()


class _Family:
    """How the groups of a draft lie in each other."""

    def __init__(self, draft: Draft, files: VariableFiles) -> None:
        self._draft = draft
        self._parents = _parents(draft.groups)
        self._depths = _depths(draft.groups, self._parents)
        self._above = self._ancestors()
        self._of_groups = {name: _merged(files.of_groups.get(name, ())) for name in draft.groups}
        self._of_hosts = {name: _merged(each) for name, each in files.of_hosts.items() if name in draft.hosts}

    def inventory(self) -> AnsibleInventory:
        """Each host with what its groups give it; the more a group is one's own, the later it is heard."""
        direct: dict[str, list[str]] = {}
        for name, group in self._draft.groups.items():
            for host in group.hosts:
                direct.setdefault(host, []).append(name)
        hosts, members = {}, {name: [] for name in self._draft.groups}  # type: dict[str, dict[str, str]], dict[str, list[str]]
        for host, own in self._draft.hosts.items():
            groups = {ALL, *direct.get(host, ()), *(above for name in direct.get(host, ()) for above in self._above[name])}
            groups = groups - {UNGROUPED} if groups - {ALL, UNGROUPED} else groups | {UNGROUPED}
            for name in groups:
                members[name].append(host)
            hosts[host] = self._variables(host, own, sorted(groups, key=self._order))
        return AnsibleInventory(hosts, {name: tuple(each) for name, each in members.items()})

    def _variables(self, host: str, own: Mapping[str, str], groups: Sequence[str]) -> dict[str, str]:
        """In Ansible's order: inventory's groups, files of all and of the other groups, inventory's host, file of the host."""
        heard: dict[str, str] = {}
        for said in (
            *(self._draft.groups[name].variables for name in groups),
            *(self._of_groups[name] for name in groups),
            own,
            self._of_hosts.get(host, {}),
        ):
            heard |= said
        return {KEPT[key]: heard[key] for key in KEPT if key in heard and KEPT[key] != _PRIORITY}

    def _order(self, name: str) -> tuple[int, int, str]:
        priority = self._draft.groups[name].variables.get(_PRIORITY, "1")
        return (self._depths[name], int(priority) if priority.isascii() and priority.isdecimal() and len(priority) < 10 else 1, name)

    def _ancestors(self) -> dict[str, frozenset[str]]:
        above: dict[str, frozenset[str]] = {}
        for name in sorted(self._depths, key=self._depths.__getitem__):
            above[name] = frozenset().union(*(above[parent] | {parent} for parent in self._parents[name]))
        return above


def _parents(groups: Mapping[str, Group]) -> dict[str, list[str]]:
    """The groups directly above each; what lies in no other lies in ``all``."""
    parents: dict[str, list[str]] = {name: [] for name in groups}
    for name, group in groups.items():
        for child in group.children:
            parents[child].append(name)
    for name, above in parents.items():
        if not above and name != ALL:
            above.append(ALL)
    return parents


def _depths(groups: Mapping[str, Group], parents: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How far below ``all`` each group lies on its longest way. Raises Misuse when groups lie in each other, LimitExceeded."""
    children: dict[str, list[str]] = {name: [] for name in groups}
    for name, above in parents.items():
        for parent in above:
            children[parent].append(name)
    missing = {name: len(above) for name, above in parents.items()}
    depths, ready = {ALL: 0} if not missing[ALL] else {}, [ALL] if not missing[ALL] else []
    while ready:
        name = ready.pop()
        for child in children[name]:
            depths[child] = max(depths.get(child, 0), depths[name] + 1)
            missing[child] -= 1
            if not missing[child]:
                ready.append(child)
    if left := sorted(name for name, count in missing.items() if count):
        raise Misuse(f"inventory: groups lie in each other: {', '.join(left[:5])}", remedy="take one out of the other's children")
    if max(depths.values()) > DEPTH_LIMIT:
        raise LimitExceeded(f"an inventory of more than {DEPTH_LIMIT} groups within groups")
    return depths


def _merged(sources: Sequence[Source]) -> dict[str, str]:
    said: dict[str, str] = {}
    for source in sources:
        said |= variables_of(source)
    return said
