"""Opening the database of history: addresses, transactions, migrations, and what to do when one of them fails."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, func, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ..errors import HomeUnavailable, Misuse
from .schema import NEWEST, version

_BUSY_TIMEOUT_S = 60
"""How long a writer waits for another."""
_CONNECT_TIMEOUT_S = 10
_KEPT_CONNECTIONS, _MORE_CONNECTIONS = 5, 15
_MIGRATION_LOCK = 0x68756C6C
_FORMS = "sqlite:///PATH or postgresql://USER@HOST/DATABASE"
_REMEDIES = {
    "locked": "another hullwatch is writing: try again",
    "lock timeout": "another hullwatch is writing: try again",
    "disk is full": "make room there",
    "disk i/o error": "make room there, or look after the disk",
    "readonly": "make it writable for this user, or name another home (HULLWATCH_HOME)",
    "unable to open": "make its directory readable and writable for this user, or name another home (HULLWATCH_HOME)",
    "malformed": "move the file away (a new history begins), or put a backup in its place",
    "not a database": "move the file away (a new history begins), or put a backup in its place",
}


def connect(address: str | Path, *, pooled: bool = False) -> Engine:
    """An engine for a URL or a file of SQLite. Opens nothing. ``pooled``: connections to a server are kept for the next transaction.

    Raises Misuse, HomeUnavailable (no driver, no directory).
    """
    url = _url(address)
    if url.get_backend_name() == "sqlite":
        _make_room(Path(str(url.database)).parent)
        engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_S, "isolation_level": None}, poolclass=NullPool)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-c lock_timeout={_BUSY_TIMEOUT_S}s"
    try:
        given = {"connect_timeout": _CONNECT_TIMEOUT_S, "options": options}
        if pooled:
            return create_engine(url, connect_args=given, pool_size=_KEPT_CONNECTIONS, max_overflow=_MORE_CONNECTIONS, pool_pre_ping=True)
        return create_engine(url, connect_args=given, poolclass=NullPool)
    except ImportError as error:
        raise HomeUnavailable(f"history: no driver for PostgreSQL ({error})", remedy="pip install 'hullwatch[postgres]'") from error


@contextmanager
def transaction(engine: Engine, *, write: bool) -> Iterator[Connection]:
    """All or nothing. A writer waits for another; raises HomeUnavailable for whatever the database or its content refuses."""
    try:
        with engine.connect().execution_options(hullwatch_writes=write) as connection, connection.begin():
            yield connection
    except SQLAlchemyError as error:
        raise _unavailable(engine, str(getattr(error, "orig", None) or error)) from error
    except (msgspec.MsgspecError, zlib.error) as error:
        raise _unavailable(engine, f"malformed record: {error}") from error


def migrate(engine: Engine) -> None:
    """Bring the database forward to this code's schema. Raises HomeUnavailable, also for one that a newer hullwatch wrote."""
    with transaction(engine, write=False) as connection:
        found = _version(connection)
    if found > NEWEST:
        where = engine.url.render_as_string(hide_password=True)
        raise HomeUnavailable(
            f"history at {where} has schema {found}, this hullwatch knows {NEWEST}",
            remedy="use the newer hullwatch, or name another home",
        )
    if found < NEWEST:
        with transaction(engine.execution_options(hullwatch_migrates=True), write=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            _upgrade(connection)


def _version(connection: Connection) -> str:
    """Number of the newest migration that was run; empty when none was."""
    return str(connection.scalar(select(version)) or "") if inspect(connection).has_table(version.name) else ""


def _upgrade(connection: Connection) -> None:
    """Alembic takes long to import and is needed here only. Another process may have been first: then this changes nothing."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _url(address: str | Path) -> URL:
    if isinstance(address, Path):
        return URL.create("sqlite", database=str(address))
    if address.startswith("sqlite:"):
        path = address.removeprefix("sqlite:///")
        if path in (address, "", ":memory:"):
            raise Misuse("history needs a file", remedy=f"its address looks like {_FORMS}")
        return URL.create("sqlite", database=path)  # the path as it is: a home may be called "what?"
    try:
        url = make_url(address)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise Misuse("the address of history cannot be read", remedy=f"it looks like {_FORMS}") from error
    if backend not in ("postgres", "postgresql"):
        raise Misuse(f"history cannot be kept in {backend!r}", remedy=f"its address looks like {_FORMS}")
    return url.set(drivername="postgresql+psycopg")


def _make_room(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeUnavailable(f"{directory}: {error.strerror}", remedy="make it writable, or name another home (HULLWATCH_HOME)") from error


def _set_up_sqlite(connection: Any, _: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its place at once: a reader that turns into a writer cannot wait for another.

    A migration may build a table anew, under the eyes of those that refer to it (https://www.sqlite.org/lang_altertable.html#otheralter).
    """
    options = connection.get_execution_options()
    if options.get("hullwatch_migrates"):
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("hullwatch_writes") else "BEGIN")


def _unavailable(engine: Engine, what: str) -> HomeUnavailable:
    where = engine.url.render_as_string(hide_password=True)
    remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign in what.lower()), "see that the database answers, or name another")
    return HomeUnavailable(f"history at {where}: {' '.join(what.split())}", remedy=remedy)
