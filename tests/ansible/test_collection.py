"""The collection as a whole: lint, documents, and what has to be the same in two places."""

import ast
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

import hullwatch

from .conftest import COLLECTION, ROOT, Control

pytestmark = pytest.mark.ansible
MODULES = sorted((COLLECTION / "plugins/modules").glob("*.py"))
ROLES = sorted(path for path in (COLLECTION / "roles").iterdir() if path.is_dir())


def test_it_is_of_the_version_of_hullwatch() -> None:
    """One version for both, and the same licence."""
    assert yaml.safe_load((COLLECTION / "galaxy.yml").read_text())["version"] == hullwatch.__version__
    assert (COLLECTION / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_it_passes_the_production_profile(control: Control, tmp_path: Path) -> None:
    """ansible-lint finds nothing, in a copy: it leaves files of its own where it looks."""
    copy = tmp_path / "hullwatch-core"
    shutil.copytree(COLLECTION, copy, ignore=shutil.ignore_patterns(".ansible", ".ruff_cache"))
    done = control.run("ansible-lint", "--offline", "--strict", "--nocolor", here=copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Profile 'production' was required, and it passed" in done.stdout + done.stderr


def test_ansible_doc_shows_the_module_and_the_roles(control: Control) -> None:
    """Whoever looks something up sees it, with no complaint."""
    module = control.run("ansible-doc", "-t", "module", "hullwatch.core.hullwatch_scan")
    roles = control.run("ansible-doc", "-t", "role", "hullwatch.core.install", "hullwatch.core.docker_bench")
    assert (module.returncode, module.stderr) == (0, "")
    assert (roles.returncode, roles.stderr) == (0, "")
    for text in ("EXAMPLES:", "RETURN VALUES:", "max_findings"):
        assert text in module.stdout
    for text in ("hullwatch_package", "docker_bench_log"):
        assert text in roles.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_modules_documentation_is_its_argument_spec(path: Path) -> None:
    """Same options, same types, defaults and choices, at each depth."""
    tree = ast.parse(path.read_text())
    texts = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)}
    documented = yaml.safe_load(ast.literal_eval(texts["DOCUMENTATION"]))["options"]
    (spec,) = (word.value for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords if word.arg == "argument_spec")
    assert _said(documented) == _said(ast.literal_eval(spec))
    assert all("no_log" in each or not re.search("token|password|secret", name) for name, each in ast.literal_eval(spec).items())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_is_a_thin_client(path: Path) -> None:
    """It imports the standard library and ``ansible.module_utils``, nothing of ours and nothing that a host would have to install."""
    imported = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {
        name for node in imported for name in ([node.module] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert names == {"__future__", "json", "os", "pathlib", "shutil", "tempfile", "ansible.module_utils.basic"}


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_a_roles_specification_has_the_defaults_that_count(role: Path) -> None:
    """Ansible checks values against a role's specification and takes no default from it: each is said twice, and the same."""
    options = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    specified = {name: option.get("default") for name, option in options.items()}
    assert specified == _defaults(role)


def _defaults(role: Path) -> dict[str, object]:
    """The defaults of a role: those of its file, or those that its variables give to ``hullwatch_…``."""
    if (role / "defaults/main.yml").exists():
        defaults: dict[str, object] = yaml.safe_load((role / "defaults/main.yml").read_text())
        return defaults
    found = re.findall(r"\{\{ (hullwatch_\w+) \| default\((.*?)\)(?: \| bool)? \}\}", (role / "vars/main.yml").read_text())
    return {name: ast.literal_eval(text.replace("true", "True")) for name, text in found}


def _said(options: dict[str, Any]) -> dict[str, object]:
    """What two descriptions of options must agree about."""
    keys = ("type", "elements", "choices", "default", "required", "aliases")
    return {
        name: ({key: option.get(key) for key in keys}, _said(option.get("suboptions") or option.get("options") or {}))
        for name, option in options.items()
    }
