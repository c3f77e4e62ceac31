"""History: every run with what it judged, and what that says of the life of findings."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Engine, select

from ..model import Ecosystem, Finding, Inventory, Judgement
from .database import connect, migrate, transaction
from .findings import KeptFinding, follow, load_findings
from .inventories import KnownInventory, holders, list_inventories, load_inventories, load_inventory, save_inventories
from .judgements import already_judged, keep_told, know_targets, last_judged, save_judgements
from .records import pack, unpack
from .runs import begin_run, end_run
from .schema import targets


class Remembered(Struct, frozen=True, kw_only=True):
    """What history says of one target's findings, now that they are remembered."""

    first_seen: dict[str, datetime]
    """Of each finding of the judgement, by id."""
    new: frozenset[str]
    """Ids of those that fail now and did not when the target was last judged; empty at a first run."""
    mended: tuple[str, ...]
    """Ids of those that failed, were looked for again and are gone."""
    previous_at: datetime | None
    """When the target was last judged; None at a first run."""
    gone: tuple[Finding, ...] = ()
    """The findings of ``mended``, as they were last seen failing."""
    run: int = 0
    """For ``History.conclude``."""


class History:
    """What we remember, in SQLite or PostgreSQL. Holds no connection between calls; safe for many processes.

    Every method raises HomeUnavailable, with a remedy, when the database cannot be used; then it changed nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, address: str | Path) -> "History":
        """Open, and bring forward to this code's schema. A path is a file of SQLite. Raises Misuse, HomeUnavailable."""
        engine = connect(address)
        migrate(engine)
        return cls(engine)

    def remember(
        self, judgements: Sequence[Judgement], *, started_at: datetime, finished_at: datetime, command: str = "scan", run: int | None = None
    ) -> dict[str, Remembered]:
        """Keep a run and all it judged, in one transaction. Findings are seen, and gone, at ``finished_at``.

        With the number of a ``run`` that was asked for, what is judged is added to it; a target that it judged before is not followed
        again, and the answer is the one that was given then.
        """
        judged = {judgement.inventory.target.reference: judgement for judgement in judgements}
        with transaction(self._engine, write=True) as connection:
            known = know_targets(connection, [judgement.inventory.target for judgement in judged.values()])
            told = already_judged(connection, run, judged) if run is not None else {}
            remembered = {reference: unpack(data, Remembered) for reference, data in told.items()}
            judged = {reference: judgement for reference, judgement in judged.items() if reference not in told}
            asked = run is not None
            run = begin_run(connection, command, started_at, finished_at) if run is None else run
            by_row = {known[reference].id: judgement for reference, judgement in judged.items()}
            kept = save_inventories(connection, {target: judgement.inventory for target, judgement in by_row.items()})
            save_judgements(connection, run, finished_at, by_row, kept)
            for reference, judgement in judged.items():
                target = known[reference]
                followed = follow(connection, target.id, judgement, run, finished_at)
                remembered[reference] = Remembered(
                    first_seen=followed.first_seen,
                    new=followed.came if target.last_at else frozenset(),
                    mended=tuple(finding.id for finding in followed.went),
                    gone=followed.went,
                    previous_at=target.last_at,
                    run=run,
                )
                if asked:
                    keep_told(connection, run, target.id, pack(remembered[reference]))
        return remembered

    def conclude(self, run: int, *, failed: bool, incomplete: bool, exit_status: int) -> None:
        """Keep how a run ended, once its report is made."""
        with transaction(self._engine, write=True) as connection:
            end_run(connection, run, failed=failed, incomplete=incomplete, exit_status=exit_status)

    def previous(self, reference: str) -> datetime | None:
        """When a target was last judged; None when it never was."""
        with transaction(self._engine, write=False) as connection:
            return last_judged(connection, reference)

    def inventory(self, reference: str) -> Inventory | None:
        """A target as it was last found; None when it never was."""
        with transaction(self._engine, write=False) as connection:
            return load_inventory(connection, reference)

    def inventories(self) -> Iterator[Inventory]:
        """Every target as it was last found, ordered by reference; one is held at a time."""
        with transaction(self._engine, write=False) as connection:
            yield from load_inventories(connection)

    def known(self, *, after: int = 0, limit: int = 100) -> list[KnownInventory]:
        """Targets that were looked at, with a number above ``after``, by number."""
        with transaction(self._engine, write=False) as connection:
            return list_inventories(connection, after, limit)

    def reference_of(self, target: int) -> str | None:
        """What the target of that number is called; None: there is none."""
        with transaction(self._engine, write=False) as connection:
            found: str | None = connection.scalar(select(targets.c.reference).where(targets.c.id == target))
            return found

    def findings(self, reference: str) -> tuple[KeptFinding, ...]:
        """All findings ever made of a target, passes too, ordered by kind, rule and subject."""
        with transaction(self._engine, write=False) as connection:
            return load_findings(connection, reference)

    def holders(self, names: Collection[tuple[Ecosystem | None, str]]) -> tuple[str, ...]:
        """References of the targets whose last inventory holds a package, or one built from a source package, of these names; sorted."""
        with transaction(self._engine, write=False) as connection:
            return holders(connection, names)
