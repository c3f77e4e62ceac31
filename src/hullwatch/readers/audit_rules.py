"""File rules of the Linux audit system, as ``auditctl -l`` lists them and as rule files hold them (auditctl(8), audit.rules(7)).

Both hold the options of auditctl, one command per line: watches (``-w PATH -p PERMISSIONS``), the same as system call rules
(``-a always,exit -F path=PATH -F perm=PERMISSIONS``), and rules that keep others silent (``-a never,…``).
"""

from collections.abc import Iterator, Sequence

import msgspec

from ..model import AuditRule, Gap

_PERMISSIONS = frozenset("rwxa")
_EVERYTHING = "rwxa"
_WITH_VALUE = frozenset({"-a", "-A", "-b", "-C", "-d", "-e", "-f", "-F", "-k", "-p", "-r", "-S", "-w", "-W", "--backlog_wait_time"})


class _Line(msgspec.Struct):
    """The options of one line."""

    origin: str
    options: list[tuple[str, str]]

    def last(self, option: str) -> str:
        return next((value for name, value in reversed(self.options) if name == option), "")

    def all(self, option: str) -> list[str]:
        return [value for name, value in self.options if name == option]


def read_rules(sources: Sequence[tuple[str, str]]) -> tuple[tuple[AuditRule, ...], tuple[Gap, ...]]:
    """Rules in the order in which the kernel asks them, from (origin, text) pairs in the order in which they are loaded.

    Rules about something else than files are left out, unless they keep everything silent. A line that cannot be read is a gap.
    """
    rules: list[AuditRule] = []
    gaps: list[Gap] = []
    for origin, text in sources:
        for number, words in enumerate(map(str.split, text.splitlines()), 1):
            if not words or words[0].startswith("#") or words[:2] == ["No", "rules"]:
                continue
            line = _Line(f"{origin}:{number}", list(_options(words)))
            if trouble := _apply(line, rules):
                gaps.append(Gap(kind="audit-rule", what=line.origin, why=trouble))
    return tuple(rules), tuple(gaps)


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    waiting = iter(words)
    for word in waiting:
        short = word[:2]
        if word in _WITH_VALUE:
            yield word, next(waiting, "")
        elif not word.startswith("--") and short in _WITH_VALUE:
            yield short, word[2:]
        else:
            yield word, ""


def _apply(line: _Line, rules: list[AuditRule]) -> str:
    """Change ``rules`` as the kernel would; what is wrong with the line, empty when nothing is."""
    names = {name for name, _ in line.options}
    if "-D" in names and not names & {"-k", "-F"}:
        rules.clear()
    elif line.last("-e") == "0":
        rules.insert(0, _silence(line))
    elif "-w" in names:
        return _add_watch(line, rules)
    elif "-W" in names:
        rules[:] = [rule for rule in rules if rule.path != _directory(line.last("-W"))]
    elif names & {"-a", "-A"}:
        return _add_system_call_rule(line, rules)
    elif "-d" in names:
        return "a rule is taken back, and which one is not understood"
    elif not names <= {"-b", "-f", "-r", "-e", "-i", "-c", "-s", "-D", "-k", "--backlog_wait_time", "--loginuid-immutable", "--reset-lost"}:
        return f"not understood: {' '.join(sorted(names))[:80]}"
    return ""


def _add_watch(line: _Line, rules: list[AuditRule]) -> str:
    path, permissions = line.last("-w"), line.last("-p") or _EVERYTHING
    if not path.startswith("/") or not set(permissions) <= _PERMISSIONS:
        return "a watch without an absolute path, or with unknown permissions"
    rules.append(AuditRule(path=_directory(path), permissions=_sorted(permissions), origin=line.origin, recursive=True))
    return ""


def _add_system_call_rule(line: _Line, rules: list[AuditRule]) -> str:
    lists = set((line.last("-a") or line.last("-A")).split(","))
    fields = line.all("-F")
    conditions = tuple(field for field in (*fields, *line.all("-C")) if not field.startswith(("path=", "dir=", "perm=", "key=", "arch=")))
    path = _value(fields, "path") or _value(fields, "dir")
    suppresses = "never" in lists
    if suppresses and "task" in lists and not fields:
        rules.insert(0, _silence(line))  # no process is looked at any more, in whatever order rules stand
        return ""
    if not lists & {"exit"} or (not path and not suppresses):
        return ""  # about something else than files
    calls = {call for value in line.all("-S") for call in value.split(",")}
    permissions = _value(fields, "perm") or ("" if calls - {"all"} else _EVERYTHING)
    if not set(permissions) <= _PERMISSIONS:
        return "unknown permissions"
    if suppresses and calls - {"all"} and not path:
        return ""  # keeps some system calls silent: whether a file's are among them is not decided by a path
    rule = AuditRule(
        path=_directory(path or "/"), permissions=_sorted(permissions), origin=line.origin, recursive=not _value(fields, "path"),
        conditions=conditions, suppresses=suppresses,
    )  # fmt: skip
    rules.insert(0 if line.last("-A") else len(rules), rule)
    return ""


def _silence(line: _Line) -> AuditRule:
    return AuditRule(path="/", permissions=_EVERYTHING, origin=line.origin, recursive=True, suppresses=True)


def _value(fields: list[str], name: str) -> str:
    return next((field.partition("=")[2] for field in fields if field.startswith(f"{name}=")), "")


def _directory(path: str) -> str:
    """Without the slash at its end that marks a directory."""
    return path.rstrip("/") or "/"


def _sorted(permissions: str) -> str:
    return "".join(letter for letter in _EVERYTHING if letter in permissions)
