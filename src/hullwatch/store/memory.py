"""Everything that is remembered, noun by noun, in one database."""

from pathlib import Path

from sqlalchemy import Engine, select

from .database import connect, migrate, transaction
from .finding_search import Findings
from .history import History
from .logs import Logs
from .runs import Runs
from .schedules import Schedules
from .schema import version
from .standing import Standings
from .targets import Targets
from .users import Sessions, Tokens, Users
from .work import Work
from .workers import Workers


class Memory:
    """What a server remembers. Safe for many processes and threads; ``close`` it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.history = History(engine)
        self.findings = Findings(engine)
        self.targets = Targets(engine)
        self.standings = Standings(engine)
        self.schedules = Schedules(engine)
        self.runs = Runs(engine)
        self.work = Work(engine)
        self.logs = Logs(engine)
        self.users = Users(engine)
        self.tokens = Tokens(engine)
        self.sessions = Sessions(engine)
        self.workers = Workers(engine)

    @classmethod
    def open(cls, address: str | Path) -> "Memory":
        """Open, and bring forward to this code's schema. A path is a file of SQLite. Raises Misuse, HomeUnavailable."""
        engine = connect(address, pooled=True)
        migrate(engine)
        return cls(engine)

    def close(self) -> None:
        """Let go of the connections that were kept."""
        self._engine.dispose()

    @property
    def alone(self) -> bool:
        """Whether one process has it for itself, as a file of SQLite should be had; see ``hullwatch serve``."""
        return self._engine.dialect.name == "sqlite"

    def answers(self) -> None:
        """Raises HomeUnavailable when the database does not."""
        with transaction(self._engine, write=False) as connection:
            connection.execute(select(version)).all()
