"""What an agent remembers of its queries: last rows, epoch, counter, the events they have told, how they ran, and lines to be written."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, structs

from ...model.agent import QueryStatistics
from .database import connect, transaction

_VERSION = 1
_STATISTICS = QueryStatistics.__struct_fields__
_SCHEMA = (
    "create table queries (name text primary key, epoch integer not null, counter integer not null)",
    "create table rows (name text not null, row text not null, times integer not null, primary key (name, row)) without rowid",
    "create table told (name text primary key, series text not null, number integer not null)",
    f"create table statistics (name text primary key, {', '.join(f'{field} not null' for field in _STATISTICS[1:])})",
    "create table lines (number integer primary key autoincrement, file text not null, line text not null)",
    "create table appending (file text primary key, inode integer not null, offset integer not null, last integer not null)",
    "create table settings (name text primary key, value text not null)",
)


class Last(Struct, frozen=True):
    """What the last run of a query left."""

    epoch: int
    counter: int


class Run(Struct, frozen=True, kw_only=True):
    """What one run of a query leaves behind, all at once."""

    statistics: QueryStatistics
    epoch: int = 0
    counter: int = 0
    remembered: bool = True
    """False for a query that is logged whole: nothing of it is remembered."""
    removed: Mapping[str, int] = {}
    """Rows that are no longer there, and how many of each."""
    added: Mapping[str, int] = {}
    told: tuple[str, int] | None = None
    """Series and number of the last event that was told."""
    lines: Sequence[tuple[str, str]] = ()
    """File and line, to be written."""


class Appending(Struct, frozen=True):
    """A file that was being written when we last looked: what of the lines up to ``last`` is in it begins at ``offset``."""

    inode: int
    offset: int
    last: int


class ResultStore:
    """One writer: the one that runs queries."""

    def __init__(self, directory: Path) -> None:
        """Raises HomeUnavailable."""
        self._connection, self.was_damaged = connect(directory / "hullwatch-results.sqlite", _SCHEMA, _VERSION)

    def close(self) -> None:
        """Give the file up."""
        self._connection.close()

    def setting(self, name: str, otherwise: str) -> str:
        """A value that is to stay the same over restarts: the one that was kept, else ``otherwise``, which is kept."""
        with transaction(self._connection) as connection:
            connection.execute("insert or ignore into settings values (?, ?)", (name, otherwise))
            return str(connection.execute("select value from settings where name = ?", (name,)).fetchone()[0])

    def last(self, name: str) -> Last | None:
        """What the last run of a query left; None where there was none."""
        found = self._connection.execute("select epoch, counter from queries where name = ?", (name,)).fetchone()
        return Last(*found) if found else None

    def rows(self, name: str) -> dict[str, int]:
        """The rows of the last run, and how many of each."""
        return dict(self._connection.execute("select row, times from rows where name = ?", (name,)).fetchall())

    def told(self, name: str, series: str) -> int:
        """The last event that a query has told; 0 where none, or where numbers began anew."""
        found = self._connection.execute("select number from told where name = ? and series = ?", (name, series)).fetchone()
        return int(found[0]) if found else 0

    def statistics(self, name: str) -> QueryStatistics | None:
        """How a query has run."""
        fields = ", ".join(_STATISTICS)
        found = self._connection.execute(f"select {fields} from statistics where name = ?", (name,)).fetchone()  # noqa: S608 - our own names
        return QueryStatistics(**dict(zip(_STATISTICS, found, strict=True))) if found else None

    def keep(self, run: Run) -> None:
        """Remember a run: all of it, or nothing. Raises HomeUnavailable."""
        name = run.statistics.name
        with transaction(self._connection) as connection:
            if run.remembered:
                connection.execute("insert or replace into queries values (?, ?, ?)", (name, run.epoch, run.counter))
                connection.executemany(
                    "insert into rows values (?, ?, ?) on conflict do update set times = times + excluded.times",
                    [(name, row, times) for row, times in run.added.items()] + [(name, row, -times) for row, times in run.removed.items()],
                )
                connection.execute("delete from rows where name = ? and times <= 0", (name,))
            if run.told:
                connection.execute("insert or replace into told values (?, ?, ?)", (name, *run.told))
            values = structs.astuple(run.statistics)
            connection.execute(f"insert or replace into statistics values ({', '.join('?' * len(values))})", values)  # noqa: S608 - question marks
            connection.executemany("insert into lines (file, line) values (?, ?)", run.lines)

    def forget(self, names: Sequence[str], *, before: int) -> None:
        """Forget queries that are not among these and have not run since ``before``. Raises HomeUnavailable."""
        with transaction(self._connection) as connection:
            old = connection.execute("select name from statistics where last_executed < ?", (before,)).fetchall()
            gone = [(name,) for (name,) in old if name not in set(names)]
            for table in ("queries", "rows", "told", "statistics"):
                connection.executemany(f"delete from {table} where name = ?", gone)  # noqa: S608 - our own names

    def files_with_lines(self) -> Sequence[str]:
        """Files that have lines to be written."""
        found = self._connection.execute("select distinct file from lines union select file from appending").fetchall()
        return [file for (file,) in found]

    def lines(self, file: str, most: int) -> Sequence[tuple[int, str]]:
        """Lines to be written to a file, each with its number, in their order."""
        return self._connection.execute("select number, line from lines where file = ? order by number limit ?", (file, most)).fetchall()

    def appending(self, file: str) -> Appending | None:
        """What was being written to a file when we were interrupted."""
        found = self._connection.execute("select inode, offset, last from appending where file = ?", (file,)).fetchone()
        return Appending(*found) if found else None

    def begin_appending(self, file: str, appending: Appending) -> None:
        """Lines up to a number are about to be written. Raises HomeUnavailable."""
        with transaction(self._connection) as connection:
            connection.execute(
                "insert or replace into appending values (?, ?, ?, ?)", (file, appending.inode, appending.offset, appending.last)
            )

    def end_appending(self, file: str, last: int) -> None:
        """Lines up to a number have been written. Raises HomeUnavailable."""
        with transaction(self._connection) as connection:
            connection.execute("delete from lines where file = ? and number <= ?", (file, last))
            connection.execute("delete from appending where file = ?", (file,))
