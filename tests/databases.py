"""Databases for tests: a file of SQLite, and a PostgreSQL server of our own that ends with the session.

The ``conftest.py`` of a room takes what its tests need.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from hullwatch.store.history import History
from hullwatch.store.memory import Memory

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def empty_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'history.sqlite'}"
    return str(request.getfixturevalue("postgresql_database"))


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database with our tables and nothing in them, once of each kind; a copy, so that not every test migrates one."""
    if request.param == "sqlite":
        path = tmp_path / "home" / "history.sqlite"
        path.parent.mkdir(mode=0o700)
        shutil.copyfile(request.getfixturevalue("sqlite_pattern"), path)
        return f"sqlite:///{path}"
    return str(request.getfixturevalue("postgresql_copy"))


@pytest.fixture
def history(address: str) -> History:
    """An empty history, once of each kind."""
    return History.open(address)


@pytest.fixture
def memory(address: str) -> Iterator[Memory]:
    """An empty memory, once of each kind."""
    opened = Memory.open(address)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with our tables."""
    path = tmp_path_factory.mktemp("pattern") / "history.sqlite"
    History.open(path)
    return path


@pytest.fixture(scope="session")
def postgresql_pattern(postgresql_server: Path) -> str:
    """Name of a database on our server with our tables."""
    name = "pattern"
    with _administrator(postgresql_server) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    History.open(f"postgresql://postgres@/{name}?host={postgresql_server}")
    return name


@pytest.fixture
def postgresql_database(postgresql_server: Path) -> Iterator[str]:
    """URL of an empty database on our server."""
    yield from _database(postgresql_server, "template1")


@pytest.fixture
def postgresql_copy(postgresql_server: Path, postgresql_pattern: str) -> Iterator[str]:
    """URL of a database on our server with our tables."""
    yield from _database(postgresql_server, postgresql_pattern)


def _database(server: Path, pattern: str) -> Iterator[str]:
    name = f"hullwatch_{os.urandom(6).hex()}"
    with _administrator(server) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(pattern)))
        yield f"postgresql://postgres@/{name}?host={server}"
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _administrator(server: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=str(server), user="postgres", dbname="postgres", autocommit=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Path]:
    """Directory of the Unix socket of a PostgreSQL server that holds nothing; skipped, with the reason, where it is not installed."""
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
