"""Our modules as the house rules see them: rooms, imports, and what else can be read from the source without running it."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "hullwatch"
TESTS = ROOT / "tests"

GROUND = frozenset({"model", "ports", "errors", "config", ""})
CORE = frozenset({"readers", "versions", "tables", "assess", "reports"})
EDGES = frozenset({"targets", "advisories", "store", "notify"})
DOORS = frozenset({"cli", "web"})
DOORSTEP = "__main__"
"""Stands above the doors: the one module that hands one door to another (docs/decisions)."""
SIDEWAYS = {"tables": frozenset({"readers", "versions"}), "assess": frozenset({"readers", "versions"})}
BEHIND_JOBS = frozenset({"targets", "advisories", "notify"})
"""Edges that a door reaches through ``jobs`` alone."""
APART = frozenset({"vulnerabilities", "benchmark", "policy", "integrity"})
"""Rooms inside ``assess``: they meet in ``Finding``, never in an import."""


class Module(msgspec.Struct, frozen=True):
    """One file of ours. ``name`` is its dotted name below ``hullwatch``; that of a package is the package's."""

    name: str
    source: str
    is_package: bool = False
    path: str = ""

    @property
    def room(self) -> str:
        """The first part of its name; empty for ``hullwatch`` itself."""
        return self.name.partition(".")[0]

    @property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return _parse(self.source, self.path or self.name)


@cache
def _parse(source: str, path: str) -> ast.Module:
    return ast.parse(source, path)


def read_modules(root: Path = SOURCE) -> dict[str, Module]:
    """All modules below a directory, by name."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found[name] = Module(name, path.read_text(), is_package, path.relative_to(ROOT).as_posix())
    return found


def imports_of(module: Module, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Name and line of each module of ours that a module imports, wherever in it, for types alone too."""
    known = frozenset(names)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "hullwatch":
                    yield alias.name.partition(".")[2], node.lineno
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(module, node)
            if origin is not None:
                for alias in node.names:
                    inner = f"{origin}.{alias.name}".lstrip(".")
                    yield inner if inner in known else origin, node.lineno


def _origin(module: Module, node: ast.ImportFrom) -> str | None:
    """Where a ``from`` import looks, below ``hullwatch``; None when it is not ours."""
    if not node.level:
        first, _, rest = (node.module or "").partition(".")
        return rest if first == "hullwatch" else None
    parts = module.name.split(".") if module.name else []
    up = node.level - module.is_package
    base = parts[: len(parts) - up] if up else parts
    return ".".join([*base, *(node.module or "").split(".")]).strip(".")


def may_import(importer: str, imported: str) -> bool:
    """Whether the floor plan (style.md section 1) has an arrow from one room to another."""
    if importer == imported or imported in GROUND:
        return True
    if importer in GROUND:
        return False
    if importer in CORE:
        return imported in SIDEWAYS.get(importer, frozenset())
    if importer in EDGES:
        return imported in CORE
    if importer == "jobs":
        return imported in CORE | EDGES
    if importer == DOORSTEP:
        return imported in DOORS
    return importer in DOORS and imported in ({"jobs"} | CORE | EDGES) - BEHIND_JOBS


def wrong_arrows(modules: Mapping[str, Module]) -> list[str]:
    """Each import that the floor plan has no arrow for."""
    wrong = []
    for module in modules.values():
        for name, line in imports_of(module, modules):
            here, there = module.name.split("."), name.split(".")
            apart = here[0] == there[0] == "assess" and len({*here[1:2], *there[1:2]} & APART) == 2
            ground_upward = module.room == "model" and there[0] in GROUND - {"model", ""}
            if apart or ground_upward or not may_import(here[0], there[0]):
                wrong.append(f"{module.path or module.name}:{line}: {module.name} imports {name}")
    return wrong


def cycles(modules: Mapping[str, Module]) -> list[str]:
    """Each circle of imports, once."""
    graph = {name: sorted({imported for imported, _ in imports_of(module, modules)} - {name}) for name, module in modules.items()}
    found: dict[frozenset[str], str] = {}
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> None:
        if name in way:
            circle = way[way.index(name) :]
            found.setdefault(frozenset(circle), " → ".join([*circle, name]))
        elif name not in done:
            for imported in graph.get(name, ()):
                walk(imported, [*way, name])
            done.add(name)

    for name in graph:
        walk(name, [])
    return list(found.values())


def top_level_names(module: Module) -> frozenset[str]:
    """What a module defines or assigns at its top level."""
    names: set[str] = set()
    for node in module.tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return frozenset(names)


def public_definitions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes at a module's top level whose name has no underscore in front."""
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def calls(module: Module) -> Iterator[tuple[str, ast.Call]]:
    """Each call with the name that is called: ``print``, ``datetime.now``; of anything less plain the last part."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name):
                    yield name, node
                case ast.Attribute(value=ast.Name(id=owner), attr=name):
                    yield f"{owner}.{name}", node
                case ast.Attribute(attr=name):
                    yield f".{name}", node


def swallowing_handlers(module: Module) -> Iterator[int]:
    """Line of each handler, or ``suppress``, that takes every exception and lets none go on."""
    broad = {"Exception", "BaseException"}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = {each.id for each in ast.walk(node.type) if isinstance(each, ast.Name)} if node.type else broad
            if caught & broad and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
                yield node.lineno
    for name, call in calls(module):
        if name.endswith("suppress") and any(isinstance(arg, ast.Name) and arg.id in broad for arg in call.args):
            yield call.lineno
