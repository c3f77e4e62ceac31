"""Units and image definition: they name what is there, and systemd understands them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .house import ROOT

PACKAGING = ROOT / "packaging"
UNITS = sorted((PACKAGING / "systemd").glob("*.service"))
COMMAND = "/usr/local/bin/hullwatch"


def sandbox(unit: Path) -> list[str]:
    """What a unit may and may not do."""
    wanted = re.compile(
        r"(User|Group|UMask|AmbientCapabilities|CapabilityBoundingSet|NoNewPrivileges|Protect\w+|Private\w+|Restrict\w+|SystemCall\w+|\w*Lock\w*|Memory\w+)="
    )
    return [line for line in unit.read_text().splitlines() if wanted.match(line)]


def test_units_share_one_sandbox() -> None:
    """What is loosened for one is loosened with its reason, in packaging/README.md, for all."""
    assert [unit.name for unit in UNITS] == ["hullwatch-agent.service", "hullwatch-serve.service", "hullwatch-worker.service"]
    assert len({tuple(sandbox(unit)) for unit in UNITS}) == 1
    for line in (
        "User=hullwatch",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_PTRACE",
    ):
        assert line in sandbox(UNITS[0])


def test_nothing_is_hidden_from_a_unit() -> None:
    """A scanner that may not look is silent where it should speak."""
    for unit in UNITS:
        text = unit.read_text()
        for hides in (
            "PrivateTmp=",
            "ProtectProc=",
            "ProcSubset=",
            "InaccessiblePaths=",
            "TemporaryFileSystem=",
            "ProtectHome=yes",
            "ProtectHome=tmpfs",
        ):
            assert hides not in text, f"{unit.name}: {hides}"


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """Without a warning; the program stands elsewhere here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt-get install systemd)")
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace(COMMAND, "/bin/true"))
    words = ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in UNITS)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_image_is_made_of_what_is_there() -> None:
    """Each file that it copies exists, and is among those that are sent to the engine; dependencies come by hash."""
    text = (PACKAGING / "Containerfile").read_text()
    copied = [word for words in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for word in words.split()]
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == sent
    assert [name for name in copied if not (ROOT / name).exists()] == []
    installs = re.findall(r"pip install .*", text)
    assert all("--require-hashes" in line or ("--no-index" in line and "--no-deps" in line) for line in installs)
    assert "USER 10001:10001" in text
    assert "HEALTHCHECK" in text
