"""The tables of history, one schema for SQLite and PostgreSQL. A change here is a new numbered migration in ``migrations/versions``.

What only PostgreSQL must know (its indices of names are hashes: a B-tree refuses long ones) stands in the migrations alone.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

from .records import escape, unescape

NEWEST = "0001"
"""The migration that this code needs; a database with a higher number was written by a newer hullwatch."""
VERSION_TABLE = "hullwatch_schema"
version = Table(VERSION_TABLE, MetaData(), Column("version_num", Text, primary_key=True))
"""Alembic's own: the migration that was run last."""


class ExactText(TypeDecorator[str]):
    """Text that comes back as it went in, whatever a target named its things (see ``records.escape``)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else unescape(value)


class Moment(TypeDecorator[datetime]):
    """A time in UTC; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_Number = BigInteger().with_variant(Integer(), "sqlite")
metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("command", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("failed", Boolean, doc="something at or above the threshold; null: the run did not get that far"),
    Column("incomplete", Boolean, doc="something asked for is a gap that no waiver covers"),
    Column("exit_status", Integer),
)

targets = Table(
    "targets",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("reference", ExactText, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("last_run", _Number, ForeignKey("runs.id"), doc="in which it was last judged"),
)

# Every package version that was ever seen, once.
packages = Table(
    "packages",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("identity", LargeBinary(16), nullable=False, unique=True, doc="hash of all that follows"),
    Column("scheme", Text, nullable=False),
    Column("ecosystem", Text, nullable=False, doc="empty: a package of the distribution"),
    Column("name", ExactText, nullable=False),
    Column("version", ExactText, nullable=False),
    Column("source", ExactText, nullable=False),
    Column("source_version", ExactText, nullable=False),
    Column("architecture", ExactText, nullable=False),
    Column("more", LargeBinary, doc="vendor, module, repository, licences; null: none of them"),
    Index("packages_by_name", "name"),
    Index("packages_by_source", "source"),
)

# One row per state of a target; when it was found in that state is in judgements.
inventories = Table(
    "inventories",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("target", _Number, ForeignKey("targets.id"), nullable=False),
    Column("identity", LargeBinary(16), nullable=False, doc="hash of the inventory without its time"),
    Column("distribution", ExactText, nullable=False, doc="id and release; empty where there is none"),
    Column("facts", LargeBinary, nullable=False, doc="the rest of the record, with the places of its packages in order"),
    Index("inventories_by_identity", "target", "identity", unique=True),
)

# Which inventories hold a package: when an advisory changes, this leads to the targets.
inventory_packages = Table(
    "inventory_packages",
    metadata,
    Column("package", _Number, ForeignKey("packages.id"), primary_key=True),
    Column("inventory", _Number, ForeignKey("inventories.id"), primary_key=True),
    sqlite_with_rowid=False,
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("identity", LargeBinary(16), nullable=False, unique=True, doc="hash of all that follows"),
    Column("name", ExactText, nullable=False),
    Column("published_at", Moment),
    Column("fetched_at", Moment),
    Column("fingerprint", ExactText, nullable=False),
)

judgements = Table(
    "judgements",
    metadata,
    Column("target", _Number, ForeignKey("targets.id"), primary_key=True),
    Column("run", _Number, ForeignKey("runs.id"), primary_key=True),
    Column("inventory", _Number, ForeignKey("inventories.id"), nullable=False),
    Column("taken_at", Moment, nullable=False, doc="when the target was found as the inventory says"),
    Column("gaps", LargeBinary, doc="null: none"),
    sqlite_with_rowid=False,
)

judgement_feeds = Table(
    "judgement_feeds",
    metadata,
    Column("target", _Number, primary_key=True),
    Column("run", _Number, primary_key=True),
    Column("feed", _Number, ForeignKey("feeds.id"), primary_key=True),
    ForeignKeyConstraint(["target", "run"], ["judgements.target", "judgements.run"]),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    metadata,
    Column("target", _Number, ForeignKey("targets.id"), primary_key=True),
    Column("id", Text, primary_key=True, doc="of the finding (model.finding_id)"),
    Column("kind", Text, nullable=False),
    Column("rule", ExactText, nullable=False),
    Column("subject", ExactText, nullable=False),
    Column("severity", Text, nullable=False),
    Column("verdict", Text, nullable=False, doc="the last answer"),
    Column("present", Boolean, nullable=False, doc="wrong, as far as we know: it failed and has not been seen mended since"),
    Column("first_seen", Moment, nullable=False, doc="when it first failed; of one that never did, when it was first asked"),
    Column("last_seen", Moment, nullable=False, doc="when the question was last answered"),
    Column("gone_at", Moment, doc="when it was last seen mended"),
    Column("reopened", Integer, nullable=False, doc="how often it came back"),
    Column("last_run", _Number, ForeignKey("runs.id"), nullable=False, doc="that answered it, or saw it gone"),
    Column("record", LargeBinary, nullable=False, doc="the whole finding, as last seen"),
    Index("findings_by_rule", "rule"),
)
