"""Databases for the tests of history: a file of SQLite, and a PostgreSQL server of our own that ends with the session."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hullwatch.store.history import History


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'history.sqlite'}"
    return str(request.getfixturevalue("postgresql_database"))


@pytest.fixture
def history(address: str) -> History:
    """An empty history, once of each kind."""
    return History.open(address)


@pytest.fixture
def postgresql_database(postgresql_server: Path, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database on our server."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    name = f"hullwatch_{os.urandom(6).hex()}"
    with psycopg.connect(host=str(postgresql_server), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield f"postgresql://postgres@/{name}?host={postgresql_server}"
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Path]:
    """Directory of the Unix socket of a PostgreSQL server that holds nothing; skipped, with the reason, where there is no PostgreSQL."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra: postgres)")
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's initdb is not installed (Debian: apt-get install postgresql)")
    directory = Path(tempfile.mkdtemp(prefix="hullwatch-pg-"))
    user: list[str] = []
    if os.geteuid() == 0:
        user = ["runuser", "-u", "nobody", "--"]
        shutil.chown(directory, "nobody")
    data = directory / "data"
    settings = f"-c listen_addresses= -c unix_socket_directories={directory} -c fsync=off"
    try:
        _run([*user, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"])
        _run([*user, str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(directory / "log"), "-o", settings, "start"])
        yield directory
        _run([*user, str(programs / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _programs() -> Path | None:
    """Where PostgreSQL's newest programs lie; Debian keeps them out of PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(debian, key=lambda path: int(path.parent.name), default=None)


def _run(words: list[str]) -> None:
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(words)}: {done.stderr.decode(errors='replace')}")
