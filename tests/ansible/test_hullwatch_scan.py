"""The module, run by Ansible on this machine with the command as it is here: what it returns, leaves and refuses."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.targets.image_making import make, old_archive
from tests.test_river import BASE
from tests.test_river import mirror as mirror  # noqa: PLC0414 - a fixture, used here by its name

from .conftest import PROGRAMS, Control

pytestmark = pytest.mark.ansible
ZLIB = "CVE-2023-45853"


def ask(control: Control, *words: str, **parameters: Any) -> dict[str, Any]:
    """What the module returns, and whether it failed."""
    parameters = {"executable": str(PROGRAMS / "hullwatch")} | parameters
    interpreter = f"ansible_python_interpreter={sys.executable}"
    command = ["localhost", "-c", "local", "-e", interpreter, "-m", "hullwatch.core.hullwatch_scan", "-a", json.dumps(parameters), *words]
    done = control.run("ansible", *command)
    outcome, _, document = done.stdout.partition(" => ")
    if "SKIPPED" in outcome:
        return {"skipped": True}
    assert document, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(document)
    return result | {"failed": "FAILED" in outcome}


def save(path: Path, installed: bytes) -> str:
    """An archive of an image of Alpine with these packages."""
    path.write_bytes(old_archive(make("shop/api:2.4", {**BASE, "lib/apk/db/installed": installed})))
    return f"archive:{path}"


def package(name: str, version: str) -> bytes:
    """One paragraph of apk's database."""
    return f"P:{name}\nV:{version}\nA:x86_64\no:{name}\n\n".encode()


def everything_in(directory: Path) -> dict[str, tuple[int, int]]:
    """Name, size and time of all that lies there."""
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in directory.rglob("*")}


def test_a_report_is_returned_and_left_and_the_same_report_is_no_change(control: Control, tmp_path: Path, mirror: Path) -> None:
    """A second run says when it was made and leaves the files; what else it finds, or no longer finds, is a change."""
    target = save(tmp_path / "api.tar", package("zlib", "1.3-r0"))
    files = [tmp_path / "report.json", tmp_path / "report.sarif", tmp_path / "report.lines"]
    asked = {
        "targets": [target],
        "mirror": str(mirror),
        "home": str(tmp_path / "home"),
        "fail_on": "exploited",
        "output": [
            {"path": str(files[0]), "mode": "0640"},
            {"path": str(files[1])},
            {"path": str(files[2]), "format": "lines"},
        ],
    }
    first = ask(control, **asked)
    assert (first["changed"], first["exit_status"], first["threshold_reached"], first["incomplete"]) == (True, 1, True, False)
    assert [(row["id"], row["package"], row["fixed"]) for row in first["findings"]] == [(ZLIB, "zlib", "1.3.1-r0")]
    assert json.loads(files[0].read_text())["made_at"] == first["made_at"]
    assert files[0].stat().st_mode & 0o777 == 0o640
    assert files[2].read_text().split("\t")[2] == ZLIB
    left = everything_in(tmp_path)

    again = ask(control, **asked)
    assert (again["changed"], again["findings"]) == (False, first["findings"])
    assert again["made_at"] != first["made_at"]
    assert {str(path): left[str(path)] for path in files} == {path: everything_in(tmp_path)[path] for path in map(str, files)}

    save(tmp_path / "api.tar", package("zlib", "1.3.1-r0"))
    mended = ask(control, **asked)
    assert (mended["changed"], mended["findings"], mended["exit_status"]) == (True, [], 0)
    assert json.loads(files[0].read_text())["findings"] == []


def test_check_mode_looks_and_leaves_nothing(control: Control, tmp_path: Path, mirror: Path) -> None:
    """The answer is the same, feeds that had to be fetched included; no report, no home, no memory of it remains."""
    target = save(tmp_path / "api.tar", package("zlib", "1.3-r0"))
    asked = {"targets": [target], "mirror": str(mirror), "home": str(tmp_path / "home"), "output": [{"path": str(tmp_path / "r.json")}]}
    before = everything_in(tmp_path)
    checked = ask(control, "--check", **asked)
    assert everything_in(tmp_path) == before
    done = ask(control, **asked)
    told_apart = {"made_at"}
    assert {key: value for key, value in checked.items() if key not in told_apart} == {
        key: value for key, value in done.items() if key not in told_apart
    }
    assert checked["changed"] is True

    before = everything_in(tmp_path)
    assert ask(control, "--check", **asked)["changed"] is False
    assert everything_in(tmp_path) == before


def test_what_could_not_be_judged_is_returned_and_fails_nothing(control: Control, tmp_path: Path) -> None:
    """Without its feeds and with a target that is not there the report is incomplete, and says of each target why."""
    target = save(tmp_path / "api.tar", package("zlib", "1.3-r0"))
    result = ask(control, targets=[target, "archive:/nowhere"], home=str(tmp_path / "home"), offline=True)
    assert (result["exit_status"], result["incomplete"], result["clean"], result["changed"]) == (3, True, False, False)
    assert {(gap["target"], gap["kind"]) for gap in result["gaps"]} == {
        (target, "feed-missing"),
        ("archive:/nowhere", "not-found"),
    }


def test_the_worst_findings_are_those_that_are_returned(control: Control, tmp_path: Path, mirror: Path) -> None:
    """What is known to be exploited comes first; how many were left out is said."""
    target = save(tmp_path / "api.tar", package("openssl", "3.1.4-r0") + package("zlib", "1.3-r0"))
    result = ask(control, target=target, mirror=str(mirror), home=str(tmp_path / "home"), max_findings=1)
    assert ([row["id"] for row in result["findings"]], result["findings_left_out"]) == ([ZLIB], 1)


def test_misuse_fails_with_the_commands_own_words(control: Control, tmp_path: Path) -> None:
    """A threshold that is none, a place that is none, and a command that is not there; in check mode it may yet come."""
    here = {"targets": [save(tmp_path / "api.tar", b"")], "home": str(tmp_path / "home"), "offline": True}
    assert "severe" in str(ask(control, **here, fail_on="severe")["msg"])
    lost = ask(control, **here, output=[{"path": "/nowhere/report.json"}])
    assert (lost["failed"], lost["msg"]) == (True, "there is no directory /nowhere for /nowhere/report.json")
    absent = here | {"executable": str(tmp_path / "hullwatch")}
    assert "the role hullwatch.core.install brings it" in str(ask(control, **absent)["msg"])
    assert ask(control, "--check", **absent)["skipped"] is True
