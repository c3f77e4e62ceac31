"""Ansible inventories in INI form: sections ``[group]``, ``[group:children]``, ``[group:vars]``; a host and its variables per line."""

import re
import shlex

from ..errors import Misuse
from .ansible_draft import ALL, KEPT, UNGROUPED, Draft, Source

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_VALUE = re.compile(r"""(?:'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)"|(?P<plain>-?[0-9]+|True|False))\s*(?:\#.*)?""")
_LINE_LIMIT = 64 * 1024


def read_ini(draft: Draft, source: Source) -> None:
    """Add what a file says. Raises Misuse with the line, LimitExceeded."""
    reading = _Reading(draft)
    for number, line in enumerate(source.data.decode("utf-8", "replace").splitlines(), 1):
        try:
            reading.line(line.strip(), number)
        except ValueError as error:
            raise Misuse(f"{source.origin}:{number}: {error}", remedy="mend the inventory") from error
    for name, number in reading.awaited.items():
        raise Misuse(f"{source.origin}:{number}: there is no group {name}", remedy=f"define it, perhaps empty: [{name}]")


class _Reading:
    """One file, line by line. ``awaited``: groups that were spoken of and not defined yet, each with the line."""

    def __init__(self, draft: Draft) -> None:
        self.awaited: dict[str, int] = {}
        self._draft = draft
        self._defined = {ALL, UNGROUPED, *draft.groups}
        self._group, self._kind = UNGROUPED, "hosts"

    def line(self, text: str, number: int) -> None:
        """Raises ValueError, LimitExceeded."""
        if not text or text[0] in "#;":
            return
        if len(text) > _LINE_LIMIT:
            raise ValueError(f"a line of more than {_LINE_LIMIT} characters")
        if text[0] == "[" and (section := _SECTION.fullmatch(text)):
            self._begin(section[1], section[2] or "hosts", number)
        elif self._kind == "hosts":
            self._host(text)
        elif self._kind == "children":
            self._child(text, number)
        else:
            self._variable(text)

    def _begin(self, group: str, kind: str, number: int) -> None:
        if kind not in ("hosts", "children", "vars"):
            raise ValueError(f"[{group}:{kind}] is no section that we know")
        self._group, self._kind = group, kind
        self._draft.group(group)
        if kind == "vars":
            self._await(group, number)
        else:
            self._defined.add(group)
            self.awaited.pop(group, None)

    def _await(self, group: str, number: int) -> None:
        if group not in self._defined:
            self.awaited.setdefault(group, number)

    def _host(self, text: str) -> None:
        words = shlex.split(text, comments=True)
        if not words:
            return
        variables = {}
        for word in words[1:]:
            key, equals, value = word.partition("=")
            if not equals:
                raise ValueError(f"{word!r} is no variable: write name=value")
            variables[key] = _plain(value)
        self._draft.add(words[0], variables, self._group)

    def _child(self, text: str, number: int) -> None:
        child = text.partition("#")[0].strip()
        if not child or any(character.isspace() for character in child):
            raise ValueError(f"{text!r} is no group's name")
        self._draft.group(child)
        self._draft.group(self._group).children[child] = None
        self._await(child, number)

    def _variable(self, text: str) -> None:
        key, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{text!r} is no variable: write name=value")
        if key.strip() in KEPT:
            self._draft.group(self._group).variables[key.strip()] = _plain(value.strip())


def _plain(value: str) -> str:
    """A value is a Python literal where it can be one, and else its text."""
    literal = _VALUE.fullmatch(value)
    return next(part for part in literal.groups() if part is not None) if literal else value
