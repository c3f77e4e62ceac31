"""The house rules (style.md) as tests. What a reviewer says twice goes in here."""

import ast
import importlib
import re
import typing
from collections.abc import Iterator, Mapping
from types import ModuleType

import msgspec
import pytest

from .house import (
    CORE,
    DOORS,
    ROOT,
    TESTS,
    Module,
    calls,
    cycles,
    public_definitions,
    read_modules,
    swallowing_handlers,
    top_level_names,
    wrong_arrows,
)

MODULES = read_modules()
OUR_TESTS = read_modules(TESTS)
LONGEST_MODULE, LONGEST_FUNCTION = 500, 50
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
NOT_IN_CORE = {"socket", "subprocess", "httpx", "docker", "sqlite3", "sqlalchemy", "urllib.request", "tempfile", "logging", "random"}


class Plugin(msgspec.Struct, frozen=True):
    """A kind of module that is listed in one tuple."""

    kind: str
    room: str
    marks: frozenset[str]
    """Names at the top level of such a module."""
    catalogue: str
    listing: str
    is_parser: bool = False
    """Whether it is given damaged input."""

    def modules(self) -> list[Module]:
        """Those that are there."""
        return [module for module in MODULES.values() if module.room == self.room and self.marks <= top_level_names(module)]

    def listed(self) -> set[str]:
        """Names of those that the catalogue lists, in any of its tuples and mappings."""
        names: set[str] = set()
        for value in vars(importlib.import_module(f"hullwatch.{self.catalogue}")).values():
            each = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
            names |= {item.__name__.removeprefix("hullwatch.") for item in each if isinstance(item, ModuleType)}
        return names


PLUGINS = (
    Plugin("reader", "readers", frozenset({"reads", "read"}), "readers.catalogue", "READERS", is_parser=True),
    Plugin("reader", "readers", frozenset({"runs", "read"}), "readers.catalogue", "READERS", is_parser=True),
    Plugin("table", "tables", frozenset({"Row", "rows"}), "tables.catalogue", "TABLES"),
    Plugin("source", "advisories", frozenset({"needs", "parse"}), "advisories.sources", "SOURCES", is_parser=True),
    Plugin("format", "reports", frozenset({"suffixes", "render"}), "reports.formats", "FORMATS"),
)


def test_imports_follow_the_arrows() -> None:
    """A room imports from itself and from floors below; sideways there are four arrows and no fifth."""
    assert wrong_arrows(MODULES) == []


def test_imports_make_no_circle() -> None:
    """Not even through an import inside a function, or for types alone."""
    assert cycles(MODULES) == []


@pytest.mark.parametrize(
    ("importer", "statement"),
    [
        ("readers.apk", "from ..targets import files"),
        ("readers.apk", "from ..versions.order import key"),
        ("targets.image", "def f():\n    from ..store.facts import FactStore"),
        ("store.history", "import hullwatch.advisories.database"),
        ("cli.scan", "from ..targets.references import parse_reference"),
        ("cli.scan", "if TYPE_CHECKING:\n    from ..advisories.database import AdvisoryDatabase"),
        ("web.app", "from ..cli.main import app"),
        ("jobs.scan", "from ..cli import main"),
        ("assess.mends", "from ..tables.engine import run_query"),
        ("assess.benchmark.host", "from ..vulnerabilities.matching import match"),
        ("model.targets", "from ..errors import Misuse"),
        ("ports", "from .readers.catalogue import READERS"),
    ],
)
def test_a_wrong_arrow_is_found(importer: str, statement: str) -> None:
    """Wherever it stands and however it is written."""
    assert len(wrong_arrows({importer: Module(importer, statement)})) == 1


@pytest.mark.parametrize(
    ("importer", "statement"),
    [
        ("assess.mends", "from ..versions.order import key"),
        ("tables.packages", "from ..readers.catalogue import READERS"),
        ("targets.image", "from ..readers.catalogue import READERS"),
        ("jobs.scan", "from ..store.history import History"),
        ("cli.scan", "from ..store.history import History"),
        ("cli.main", "from .. import __version__"),
        ("model.targets", "from .packages import Digest"),
        ("readers.apk", "import json"),
    ],
)
def test_an_arrow_of_the_plan_is_none(importer: str, statement: str) -> None:
    """What the floor plan draws."""
    assert wrong_arrows({importer: Module(importer, statement)}) == []


def test_a_circle_is_found() -> None:
    """Over three modules, once."""
    modules = {name: Module(f"readers.{name}", f"from . import {other}") for name, other in ("ab", "bc", "ca")}
    assert len(cycles({module.name: module for module in modules.values()})) == 1


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: f"{plugin.kind}-{'-'.join(sorted(plugin.marks))}")
def test_each_plugin_is_listed_and_tested(plugin: Plugin) -> None:
    """In its room's one tuple, and in a test of its name; a parser is given damaged input there."""
    for module in plugin.modules():
        assert module.name in plugin.listed(), f"{module.path} is in no tuple of {plugin.catalogue} ({plugin.listing})"
        room, _, name = module.name.rpartition(".")
        test = OUR_TESTS.get(f"{room}.test_{name}")
        assert test is not None, f"{module.path} has no tests/{room.replace('.', '/')}/test_{name}.py"
        if plugin.is_parser:
            assert "@given" in test.source, f"{test.path} gives its {plugin.kind} no damaged input (hypothesis)"


def test_each_check_is_listed_and_tested() -> None:
    """A check that is written is asked, its name is its own, and its module has a test."""
    from hullwatch.assess.benchmark import CHECKS
    from hullwatch.assess.benchmark.check import Check

    written = {}
    for module in (each for each in MODULES.values() if each.name.startswith("assess.benchmark.")):
        for value in vars(importlib.import_module(f"hullwatch.{module.name}")).values():
            if isinstance(value, Check):
                written[value.slug] = module
    assert sorted(written) == sorted(check.slug for check in CHECKS)
    for module in written.values():
        last = module.name.rpartition(".")[2]
        assert any(name.startswith("assess.") and name.endswith(last) for name in OUR_TESTS), f"{module.path} has no test"


def test_a_column_has_one_type_in_all_tables() -> None:
    """So that two tables can be joined on it; save where osquery itself gives a name two meanings, and nobody would join on it."""
    osquerys_own = {"cpu_type", "cpu_subtype"}  # numbers of processes on macOS, words of system_info everywhere
    from hullwatch.tables.catalogue import TABLES

    types: dict[str, dict[object, str]] = {}
    for table in TABLES:
        for column, hint in typing.get_type_hints(table.Row).items():
            types.setdefault(column, {}).setdefault(_without_none(hint), table.__name__)
    assert {column: found for column, found in types.items() if len(found) > 1 and column not in osquerys_own} == {}


def _without_none(hint: object) -> object:
    kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
    return kinds[0] if len(kinds) == 1 else hint


def test_everything_public_is_documented_and_typed() -> None:
    """Modules, functions, classes; the first line is a sentence."""
    missing = [module.path for module in MODULES.values() if not ast.get_docstring(module.tree)]
    for module in MODULES.values():
        for node in public_definitions(module):
            if not ast.get_docstring(node):
                missing.append(f"{module.path}:{node.lineno}: {node.name} has no docstring")
            if not isinstance(node, ast.ClassDef) and not _is_typed(node):
                missing.append(f"{module.path}:{node.lineno}: {node.name} is not typed")
    assert missing == []


def _is_typed(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    return node.returns is not None and all(argument.annotation for argument in arguments)


def test_modules_and_functions_are_small() -> None:
    """A module can be held in mind, a function seen at a glance."""
    long = [f"{module.path}: {n} lines" for module in _all() if (n := module.source.count("\n")) > LONGEST_MODULE]
    for module in MODULES.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.body[0].lineno + 1  # a command's options are data
                if lines > LONGEST_FUNCTION:
                    long.append(f"{module.path}:{node.lineno}: {node.name} has {lines} lines")
    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A function lives beside the noun it serves."""
    assert [module.path for module in _all() if NO_NAMES & set(module.name.split("."))] == []


def test_no_error_is_swallowed() -> None:
    """Whoever takes every exception lets it go on; "not judged" is a gap, not silence."""
    assert [f"{module.path}:{line}" for module in MODULES.values() for line in swallowing_handlers(module)] == []


@pytest.mark.parametrize(
    ("source", "swallows"),
    [
        ("try: f()\nexcept Exception: pass", True),
        ("try: f()\nexcept: x = 1", True),
        ("try: f()\nexcept (OSError, BaseException): pass", True),
        ("with contextlib.suppress(Exception): f()", True),
        ("try: f()\nexcept OSError: pass", False),
        ("try: f()\nexcept Exception as error: raise Misuse('no') from error", False),
    ],
)
def test_a_swallowed_error_is_found(source: str, swallows: bool) -> None:
    """Broad handlers, whatever they do instead of raising."""
    assert bool(list(swallowing_handlers(Module("x", source)))) == swallows


def test_only_doors_print_and_nobody_asks_a_shell() -> None:
    """Below the doors nothing writes to the terminal; commands are lists of words."""
    wrong = []
    for module in MODULES.values():
        for name, call in calls(module):
            runs = name.removeprefix("subprocess.") in ("run", "Popen", "call", "check_call", "check_output")
            shell = runs and any(word.arg == "shell" and getattr(word.value, "value", True) for word in call.keywords)
            if (name == "print" and module.room not in DOORS) or shell or name in ("os.system", "os.popen"):
                wrong.append(f"{module.path}:{call.lineno}: {name}")
    assert wrong == []


def test_the_core_does_no_input_or_output() -> None:
    """It opens nothing, sleeps never, logs nothing, and is told the time."""
    wrong = []
    for module in MODULES.values():
        if module.room in CORE:
            wrong += [f"{module.path}:{line}: imports {name}" for name, line in _foreign(module) if name in NOT_IN_CORE]
            own_time = {"open", "time.sleep", "time.time", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
            wrong += [f"{module.path}:{call.lineno}: {name}" for name, call in calls(module) if name in own_time]
    assert wrong == []


def _foreign(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((name, node.lineno) for alias in node.names for name in (alias.name, alias.name.partition(".")[0]))
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from ((name, node.lineno) for name in (node.module, node.module.partition(".")[0]))


def test_exceptions_to_rules_have_a_reason() -> None:
    """Where a module first says ``type: ignore[…]`` or ``noqa: …`` of a rule, it says why."""
    exception = re.compile(r"# (?:type: ignore\[([a-z, -]+)\]|noqa: ([A-Z0-9]+))(.*)$")
    wrong = []
    for module in _all():
        explained: set[str] = set()
        for number, line in enumerate(module.source.splitlines(), 1):
            if found := exception.search(line):
                rule = found[1] or found[2]
                explained |= {rule} if re.search(r"\w{2}", found[3]) else set()
                wrong += [] if rule in explained else [f"{module.path}:{number}: {rule}"]
    assert wrong == []


def test_recorded_inputs_say_where_they_are_from() -> None:
    """Origin, command, date and licence, in a SOURCE.md beside them."""
    folders = [path for path in sorted((TESTS / "data").iterdir()) if path.is_dir()]
    assert [path.name for path in folders if not (path / "SOURCE.md").is_file()] == []
    assert [path.name for path in folders if not re.search(r"\d{4}-\d{2}-\d{2}", (path / "SOURCE.md").read_text())] == []


def test_tests_say_what_they_hold_us_to() -> None:
    """A test's docstring is a sentence about behaviour; no test sleeps."""
    wrong = []
    for module in OUR_TESTS.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node):
                wrong.append(f"{module.path}:{node.lineno}: {node.name} has no docstring")
        wrong += [f"{module.path}:{call.lineno}: {name}" for name, call in calls(module) if name in ("time.sleep", "sleep")]
    assert wrong == []


def test_lock_files_name_all_dependencies() -> None:
    """``make lock`` was run after the last change of pyproject.toml."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    server = [*runtime, *(text for extra in project["project"]["optional-dependencies"].values() for text in extra)]
    development = [*server, *project["dependency-groups"]["dev"]]
    locks = (("requirements.lock", runtime), ("requirements-server.lock", server), ("requirements-dev.lock", development))
    for lock, wanted in locks:
        locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
        names = {re.split(r"[\[<>=~! ]", text)[0].lower().replace("_", "-") for text in wanted}
        assert names - locked == set(), f"{lock}: run make lock"


def _all() -> Iterator[Module]:
    yield from MODULES.values()
    yield from OUR_TESTS.values()
