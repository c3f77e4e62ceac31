"""Waivers: dated exceptions with their reason, from YAML (docs/guide/waivers.md)."""

import re
from collections.abc import Iterator
from datetime import date

import msgspec
import yaml

from ..errors import LimitExceeded, Misuse
from ..model import Waiver
from ..ports import MEBIBYTE

LIMIT = 1 * MEBIBYTE

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEYS = ("rule", "gap", "target", "subject", "reason", "until", "who")
_REQUIRED = ("reason", "until")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class _Source(msgspec.Struct, frozen=True):
    """The file's name, for errors that know their line."""

    name: str

    def at(self, node: yaml.Node) -> str:
        return f"{self.name}:{node.start_mark.line + 1}"

    def misuse(self, node: yaml.Node, what: str, remedy: str) -> Misuse:
        return Misuse(f"{self.at(node)}: {what}", remedy=remedy)


def parse_waivers(data: bytes, origin: str) -> tuple[Waiver, ...]:
    """The waivers of a file, in its order; ``origin`` is its name. Raises Misuse with the line, LimitExceeded beyond ``LIMIT``."""
    if len(data) > LIMIT:
        raise LimitExceeded(f"{origin} is larger than {LIMIT} bytes", remedy="split it, or check that it is a file of waivers")
    try:
        root = yaml.compose(data, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, UnicodeError) as error:
        raise Misuse(f"{origin}: not YAML: {_one_line(error)}", remedy="mend the file") from error
    return () if root is None or _is_nothing(root) else tuple(_waivers(root, _Source(origin)))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _waivers(root: yaml.Node, source: _Source) -> Iterator[Waiver]:
    listed = _mapping(root, ("waivers",), source).get("waivers")
    if listed is None or _is_nothing(listed):
        return
    if not isinstance(listed, yaml.SequenceNode):
        raise source.misuse(listed, "waivers is no list", "begin each waiver with a dash")
    for entry in listed.value:
        yield _waiver(entry, source)


def _is_nothing(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _waiver(entry: yaml.Node, source: _Source) -> Waiver:
    nodes = _mapping(entry, _KEYS, source)
    words = {key: _words(key, node, source) for key, node in nodes.items() if key != "until"}
    if missing := [key for key in _REQUIRED if key not in nodes]:
        raise source.misuse(entry, f"a waiver without {' and '.join(missing)}", "a waiver has a reason and a last day (until: 2027-01-31)")
    if ("rule" in nodes) == ("gap" in nodes):
        raise source.misuse(
            entry,
            "a waiver needs rule or gap, one of them",
            "name the finding (rule: CVE-2024-0001) or the kind of gap (gap: version-order)",
        )
    return Waiver(until=_date(nodes["until"], source), origin=source.at(entry), **words)


def _mapping(node: yaml.Node, allowed: tuple[str, ...], source: _Source) -> dict[str, yaml.Node]:
    """The nodes of a mapping by key, each key once and one of ``allowed``."""
    known = f"known keys are: {', '.join(allowed)}"
    if not isinstance(node, yaml.MappingNode):
        raise source.misuse(node, "expected keys and values", known)
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name not in allowed:
            raise source.misuse(key, f"unknown key {name[:40]!r}", known)
        if name in found:
            raise source.misuse(key, f"{name} is given twice", "keep one of them")
        found[name] = value
    return found


def _words(key: str, node: yaml.Node, source: _Source) -> str:
    if not isinstance(node, yaml.ScalarNode) or _is_nothing(node) or not node.value.strip():
        raise source.misuse(node, f"{key} is no text", f"write {key}: and a few words, or leave it out if it is not required")
    return str(node.value).strip()


def _date(node: yaml.Node, source: _Source) -> date:
    written = node.value.strip() if isinstance(node, yaml.ScalarNode) else ""
    try:
        if _DATE.fullmatch(written):
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise source.misuse(node, f"until is no day: {written[:40]!r}", "write it as year-month-day: 2027-01-31")
