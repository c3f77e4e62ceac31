"""Ansible inventories in YAML form, and files of variables: groups with ``hosts``, ``children`` and ``vars``, one within the other."""

from collections.abc import Iterator
from pathlib import PurePath

import yaml

from ..errors import LimitExceeded, Misuse
from .ansible_draft import KEPT, Draft, Source

NODES_LIMIT = 2_000_000
"""Of a document, each counted whenever it is referred to."""
DEPTH_LIMIT = 100
_SUFFIXES = (".yaml", ".yml", ".json")
_VAULT = b"$ANSIBLE_VAULT"
_KEYS = ("hosts", "children", "vars")
_NULL = "tag:yaml.org,2002:null"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(source: Source) -> yaml.MappingNode | None:
    """A document that is an inventory in YAML; None when it is none, which by its name it may be. Raises Misuse."""
    must_be = PurePath(source.origin).suffix in _SUFFIXES
    try:
        root = yaml.compose(source.data, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, UnicodeError) as error:
        if not must_be:
            return None
        raise Misuse(f"{source.origin}: not YAML: {' '.join(str(error).split())[:300]}", remedy="mend the inventory") from error
    if isinstance(root, yaml.MappingNode):
        return root
    is_empty = root is None or root.tag == _NULL
    if must_be and not is_empty:
        raise Misuse(f"{source.origin}: this is no inventory: groups are expected", remedy="write all: and below it hosts: or children:")
    return yaml.MappingNode("tag:yaml.org,2002:map", []) if is_empty else None


def read_groups(draft: Draft, root: yaml.MappingNode, origin: str) -> None:
    """Add what a document says. Raises Misuse with the line, LimitExceeded."""
    reading = _Reading(draft, origin)
    for name, node in reading.items(root):
        if name == "plugin" and isinstance(node, yaml.ScalarNode):
            raise reading.misuse(
                node,
                f"it asks for the plugin {node.value[:80]!r}",
                "nothing is run: keep what ansible-inventory --list --yaml says in a file",
            )
        reading.group(name, node, 0)


def variables_of(source: Source) -> dict[str, str]:
    """The variables that we keep of a file of variables; none of one that is encrypted. Raises Misuse."""
    if source.data.startswith(_VAULT):
        return {}
    try:
        root = yaml.compose(source.data, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, UnicodeError) as error:
        raise Misuse(f"{source.origin}: not YAML: {' '.join(str(error).split())[:300]}", remedy="mend the file") from error
    reading = _Reading(Draft(), source.origin)
    return reading.variables(root) if root is not None else {}


class _Reading:
    """One document."""

    def __init__(self, draft: Draft, origin: str) -> None:
        self._draft = draft
        self._origin = origin
        self._nodes = 0

    def misuse(self, node: yaml.Node, what: str, remedy: str) -> Misuse:
        """An error that knows its line."""
        return Misuse(f"{self._origin}:{node.start_mark.line + 1}: {what}", remedy=remedy)

    def items(self, node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
        """Keys and values of a mapping; nothing for null. Raises Misuse, LimitExceeded."""
        if node.tag == _NULL:
            return
        if not isinstance(node, yaml.MappingNode):
            raise self.misuse(node, "a mapping is expected here", "write name: and what belongs to it below, indented")
        for key, value in node.value:
            self._nodes += 1
            if self._nodes > NODES_LIMIT:
                raise LimitExceeded(f"{self._origin}: an inventory of more than {NODES_LIMIT} entries")
            if not isinstance(key, yaml.ScalarNode):
                raise self.misuse(key, "a name is expected here", "write name: and what belongs to it below, indented")
            yield str(key.value), value

    def group(self, name: str, node: yaml.Node, depth: int) -> None:
        """A group and those below it."""
        if depth > DEPTH_LIMIT:
            raise LimitExceeded(f"{self._origin}: more than {DEPTH_LIMIT} groups within groups")
        if not name or any(character.isspace() for character in name):
            raise self.misuse(node, f"{name!r} is no group's name", "write it without blanks")
        group = self._draft.group(name)
        for key, below in self.items(node):
            match key:
                case "hosts":
                    self._hosts(below, name)
                case "vars":
                    group.variables.update(self.variables(below))
                case "children":
                    for child, inside in self.items(below):
                        group.children[child] = None
                        self.group(child, inside, depth + 1)
                case _:
                    raise self.misuse(below, f"{key!r} is nothing that a group has", f"a group has {', '.join(_KEYS)}")

    def variables(self, node: yaml.Node) -> dict[str, str]:
        """Those that we keep, as text."""
        return {
            key: str(value.value)
            for key, value in self.items(node)
            if key in KEPT and isinstance(value, yaml.ScalarNode) and value.tag != _NULL
        }

    def _hosts(self, node: yaml.Node, group: str) -> None:
        named = [(str(node.value), None)] if isinstance(node, yaml.ScalarNode) and node.tag != _NULL else self.items(node)
        for name, below in named:
            try:
                self._draft.add(name, self.variables(below) if below is not None else {}, group)
            except ValueError as error:
                raise self.misuse(node, str(error), "mend the inventory") from error
