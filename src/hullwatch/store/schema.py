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

NEWEST = "0004"
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

# A terminal's run is written down when it is over; a server's when it is asked for.
runs = Table(
    "runs",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("job", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("requested_by", ExactText, nullable=False, doc="a user's name; empty: a terminal"),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("failed", Boolean, doc="something at or above the threshold; null: the run did not get that far"),
    Column("incomplete", Boolean, doc="something asked for is a gap that no waiver covers"),
    Column("exit_status", Integer),
    Column("schedule", _Number, ForeignKey("schedules.id", ondelete="SET NULL")),
    Column("slot", Moment, doc="the time of its schedule that this run is for"),
    Column("parameters", LargeBinary),
    Column("error", ExactText, doc="why it failed or was left out"),
    Column("cancelled_by", ExactText, doc="who asked that it end; it ends when the work that is under way has noticed"),
    Column("key", Text, doc="names its work in the queue, which may outlive this database"),
    Column("total", Integer, nullable=False, doc="rows of run_targets"),
    Column("done", Integer, nullable=False, doc="those of them that ended"),
    Column("counts", LargeBinary, doc="what was found so far, counted"),
    Index("runs_by_slot", "schedule", "slot", unique=True),
    Index("runs_by_status", "status"),
)

# What a server's run has to do, in order; an update of advisories has one row without a reference.
run_targets = Table(
    "run_targets",
    metadata,
    Column("run", _Number, ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("reference", ExactText, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False, doc="how often work on it was begun"),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("error", LargeBinary, doc="the gap that says why nothing could be read"),
    Column("report", LargeBinary, doc="of this target alone; dropped when it is old, unless its target was not judged since"),
    Index("run_targets_by_reference", "reference"),
    sqlite_with_rowid=False,
)

run_log = Table(
    "run_log",
    metadata,
    Column("run", _Number, ForeignKey("runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, doc="from 1, without a hole"),
    Column("at", Moment, nullable=False),
    Column("level", Text, nullable=False),
    Column("target", ExactText, nullable=False, doc="empty: of the run as a whole"),
    Column("text", ExactText, nullable=False),
    sqlite_with_rowid=False,
)

# Everything that was ever judged, and everything that is watched.
targets = Table(
    "targets",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("reference", ExactText, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("last_run", _Number, ForeignKey("runs.id"), doc="in which it was last judged"),
    Column("name", ExactText, doc="as its watcher calls it"),
    Column("labels", LargeBinary),
    Column("watched_at", Moment, doc="since when; null: it is not watched"),
    Column("watched_by", ExactText),
    Index("targets_by_watched", "watched_at"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("name", ExactText, nullable=False, unique=True),
    Column("cron", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("targets", LargeBinary, nullable=False, doc="references; none: everything that is watched when it is due"),
    Column("parameters", LargeBinary, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", ExactText, nullable=False),
    Column("next_run_at", Moment, doc="null: never again"),
    Column("last_run", _Number),
    Column("last_run_at", Moment),
    Column("missed_at", Moment, doc="the last slot for which there was no run"),
    Column("missed_why", ExactText),
    Index("schedules_by_next", "next_run_at"),
)

users = Table(
    "users",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("name", ExactText, nullable=False, unique=True),
    Column("password", Text, nullable=False, doc="argon2's encoded hash"),
    Column("role", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_login_at", Moment),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("user", _Number, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", ExactText, nullable=False),
    Column("hash", LargeBinary(32), nullable=False, unique=True, doc="SHA-256 of the token"),
    Column("role", Text, nullable=False, doc="never more than the user's own counts"),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("last_used_at", Moment),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True, doc="SHA-256 of the cookie"),
    Column("user", _Number, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

# Processes that work on runs. One that has not been seen for a while is taken to be dead, and others take its work over.
workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", ExactText, nullable=False),
    Column("process", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    sqlite_with_rowid=False,
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
    Column("judged_at", Moment, doc="null: when its run finished"),
    Column("remembered", LargeBinary, doc="what a server's run was told of it, for one that is done again"),
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
    Column("exploited", Boolean, nullable=False),
    Column("came_in", _Number, doc="the run in which it began to fail, the last time"),
    Index("findings_by_rule", "rule"),
    Index("findings_by_present", "present", "severity"),
    Index("findings_by_id", "id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("rule", Text, nullable=False, doc="name of the rule of notification; where it sends to is in the settings alone"),
    Column("run", _Number, ForeignKey("runs.id"), nullable=False),
    Column("title", ExactText, nullable=False),
    Column("body", ExactText, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Moment, doc="null: delivered"),
    Column("last_error", ExactText, nullable=False, doc="empty: none; without the URL"),
    Column("delivered_at", Moment),
    Index("outbox_by_run", "run", "rule", unique=True),
    Index("outbox_by_next", "next_attempt_at"),
)

# What each rule of notification has told and is still there: what is not here is news.
told = Table(
    "told",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("target", _Number, ForeignKey("targets.id"), primary_key=True),
    Column("finding", Text, primary_key=True, doc="its id"),
    sqlite_with_rowid=False,
)
