"""The edges of a terminal's run: opened when asked for, replaced where they cannot be had."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hullwatch.config import Settings
from hullwatch.errors import Denied, HomeUnavailable, NotFound, Unreachable
from hullwatch.jobs.edges import Edges, gap_of
from tests.doubles import QuietProgress


def test_a_home_that_cannot_be_written_is_replaced_with_a_warning(tmp_path: Path) -> None:
    """A home that cannot be made is a warning, and a temporary one that vanishes with the run takes its place."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    told = QuietProgress()
    edges = Edges(Settings(home=in_the_way / "home"), told)
    assert edges.home.is_dir()
    assert edges.home != in_the_way / "home"
    assert len(told.warnings) == 1
    assert str(in_the_way / "home") in told.warnings[0]


def test_no_home_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not even a temporary one can be made, as on a disk that is only read."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with pytest.raises(HomeUnavailable, match="no temporary one"):
        _ = Edges(Settings(home=tmp_path / "file/home"), QuietProgress()).home


def test_a_new_home_is_closed_to_others(tmp_path: Path) -> None:
    """A home that we make can be read by its owner alone."""
    edges = Edges(Settings(home=tmp_path / "new"), QuietProgress())
    assert edges.home.stat().st_mode & 0o077 == 0


def test_no_engine_is_remembered_as_the_reason(tmp_path: Path) -> None:
    """Where no engine answers, ``docker`` is None and ``require_docker`` raises the reason."""
    edges = Edges(Settings(home=tmp_path, docker_host=f"unix://{tmp_path}/none.sock"), QuietProgress())
    assert edges.docker is None
    with pytest.raises((Unreachable, NotFound), match=r"none\.sock"):
        edges.require_docker()


def test_gaps_have_kinds_that_a_waiver_can_name() -> None:
    """An error becomes a gap with its kind, what was asked for, and what to do."""
    gap = gap_of(Denied("closed", remedy="run as root"), "image a")
    assert (gap.kind, gap.what, gap.why) == ("denied", "image a", "closed; run as root")


def test_help_and_inventory_import_no_history() -> None:
    """What a quick command does not use is not imported: neither SQLAlchemy nor the docker SDK, httpx or apsw."""
    code = (
        "import sys, hullwatch.cli.main, hullwatch.jobs.inventory\n"
        "print([name for name in ('sqlalchemy', 'alembic', 'docker', 'httpx', 'apsw', 'cvss', 'rich.table') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env={**os.environ})
    assert run.stdout.strip() == "[]"


def test_a_scan_imports_nothing_of_the_server(tmp_path: Path) -> None:
    """Neither its queue, nor its web, nor what only they need; help does not either."""
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/os-release").write_text("ID=alpine\nVERSION_ID=3.19.1\n")
    libraries = ("dbos", "fastapi", "starlette", "uvicorn", "pydantic", "argon2", "jinja2", "croniter")
    for words in (["scan", "--offline", f"dir:{tmp_path}/root"], ["--help"], ["serve", "--help"]):
        code = (
            "import sys\nfrom hullwatch.__main__ import main\n"
            f"sys.argv = ['hullwatch', *{words!r}]\n"
            "try:\n    main()\nexcept SystemExit:\n    pass\n"
            f"print([name for name in {libraries!r} if name in sys.modules], file=sys.stderr)"
        )
        environment = {**os.environ, "HULLWATCH_HOME": str(tmp_path / "home")}
        run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
        assert run.stderr.splitlines()[-1] == "[]", run.stderr
