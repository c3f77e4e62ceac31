"""The collection as its users have it: built, installed from its archive, run by ansible-playbook and ansible."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
COLLECTION = ROOT / "ansible"
PROGRAMS = Path(sys.executable).parent
"""ansible-core and ansible-lint are programs to us: nothing of them is imported (docs/decisions/0005)."""


class Recap(NamedTuple):
    """What Ansible counts of one host."""

    ok: int
    changed: int
    unreachable: int
    failed: int


class Played(NamedTuple):
    """What a play said."""

    status: int
    text: str

    @property
    def recap(self) -> dict[str, Recap]:
        """Per host, as the last lines have it."""
        rows = re.findall(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", self.text, re.MULTILINE)
        return {host: Recap(*map(int, numbers)) for host, *numbers in rows}

    @property
    def changed(self) -> dict[str, int]:
        """How many tasks changed something, per host; what failed shows here what it said."""
        assert self.status == 0, self.text
        return {host: recap.changed for host, recap in self.recap.items()}


class Control(NamedTuple):
    """A control node: its programs see this collection and no other, and nothing of the user's."""

    directory: Path
    environment: dict[str, str]

    def run(self, program: str, *words: str, here: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program of Ansible's, in the directory ``here``."""
        where = here or self.directory
        environment = self.environment | {"PWD": str(where)}
        command = [str(PROGRAMS / program), *words]
        return subprocess.run(
            command, cwd=where, env=environment, capture_output=True, text=True, timeout=240, check=False, stdin=subprocess.DEVNULL
        )

    def play(self, inventory: Path, playbook: str, *words: str, here: Path, **variables: object) -> Played:
        """Run a playbook with these variables."""
        done = self.run("ansible-playbook", "-i", str(inventory), playbook, "-e", json.dumps(variables), *words, here=here)
        return Played(done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="session")
def control(tmp_path_factory: pytest.TempPathFactory) -> Control:
    """A control node with the collection, as built and installed from its archive."""
    directory = tmp_path_factory.mktemp("control")
    (directory / "ansible.cfg").touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "HULLWATCH_", "PIP_"))}
    control = Control(
        directory,
        kept
        | {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(directory),
            "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
            "ANSIBLE_HOME": str(directory / "home"),
            "ANSIBLE_COLLECTIONS_PATH": str(directory / "collections"),
            "ANSIBLE_INJECT_FACT_VARS": "false",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
        },
    )
    built = control.run("ansible-galaxy", "collection", "build", "--output-path", str(directory), str(COLLECTION))
    assert built.returncode == 0, built.stderr
    (archive,) = directory.glob("hullwatch-core-*.tar.gz")
    installed = control.run("ansible-galaxy", "collection", "install", "--offline", "-p", str(directory / "collections"), str(archive))
    assert installed.returncode == 0, installed.stderr
    return control
