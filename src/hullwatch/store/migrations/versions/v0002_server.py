"""What a server keeps: watched targets, schedules, runs under way with their logs, users, tokens, workers."""

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_EXPLOITED = b'"kind":"kev"'


def upgrade() -> None:
    """Forward only. What each column means is said in ``store.schema``."""
    _schedules()
    _runs()
    _targets()
    _findings()
    _users()
    _workers()


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("cron", "time_zone", "job")),
        sa.Column("targets", sa.LargeBinary, nullable=False),
        sa.Column("parameters", sa.LargeBinary, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("next_run_at", _TIME),
        sa.Column("last_run", _NUMBER),
        sa.Column("last_run_at", _TIME),
        sa.Column("missed_at", _TIME),
        sa.Column("missed_why", sa.Text),
    )
    op.create_index("schedules_by_next", "schedules", ["next_run_at"])


def _runs() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.alter_column("command", new_column_name="job")
        runs.alter_column("started_at", existing_type=_TIME, nullable=True)
        runs.alter_column("finished_at", existing_type=_TIME, nullable=True)
        runs.add_column(sa.Column("status", sa.Text))
        runs.add_column(sa.Column("requested_at", _TIME))
        runs.add_column(sa.Column("requested_by", sa.Text))
        runs.add_column(sa.Column("schedule", _NUMBER))
        runs.add_column(sa.Column("slot", _TIME))
        runs.add_column(sa.Column("parameters", sa.LargeBinary))
        runs.add_column(sa.Column("error", sa.Text))
        runs.add_column(sa.Column("cancelled_by", sa.Text))
        runs.add_column(sa.Column("key", sa.Text))
        runs.add_column(sa.Column("total", sa.Integer, nullable=False, server_default="0"))
        runs.add_column(sa.Column("done", sa.Integer, nullable=False, server_default="0"))
        runs.add_column(sa.Column("counts", sa.LargeBinary))
    op.execute("UPDATE runs SET status = 'succeeded', requested_at = started_at, requested_by = ''")
    with op.batch_alter_table("runs") as runs:
        for name, kind in (("status", sa.Text()), ("requested_at", _TIME), ("requested_by", sa.Text())):
            runs.alter_column(name, existing_type=kind, nullable=False)
        runs.create_foreign_key("runs_schedule", "schedules", ["schedule"], ["id"], ondelete="SET NULL")
    op.create_index("runs_by_slot", "runs", ["schedule", "slot"], unique=True)
    op.create_index("runs_by_status", "runs", ["status"])
    op.create_table(
        "run_targets",
        sa.Column("run", _NUMBER, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("finished_at", _TIME),
        *(sa.Column(name, sa.LargeBinary) for name in ("error", "report")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_log",
        sa.Column("run", _NUMBER, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at", _TIME, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("level", "target", "text")),
        sqlite_with_rowid=False,
    )


def _targets() -> None:
    op.add_column("targets", sa.Column("name", sa.Text))
    op.add_column("targets", sa.Column("labels", sa.LargeBinary))
    op.add_column("targets", sa.Column("watched_at", _TIME))
    op.add_column("targets", sa.Column("watched_by", sa.Text))
    op.create_index("targets_by_watched", "targets", ["watched_at"])
    op.add_column("judgements", sa.Column("judged_at", _TIME))
    op.add_column("judgements", sa.Column("remembered", sa.LargeBinary))


def _findings() -> None:
    op.add_column("findings", sa.Column("exploited", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("findings", sa.Column("came_in", _NUMBER))
    op.create_index("findings_by_present", "findings", ["present", "severity"])
    op.create_index("findings_by_id", "findings", ["id"])
    findings = sa.table("findings", sa.column("target"), sa.column("id"), sa.column("record"), sa.column("kind"), sa.column("exploited"))
    connection = op.get_bind()
    kept = connection.execute(sa.select(findings.c.target, findings.c.id, findings.c.record).where(findings.c.kind == "vulnerability"))
    for target, id_ in [(target, id_) for target, id_, record in kept if _EXPLOITED in _plain(bytes(record))]:
        one = findings.update().where(findings.c.target == target, findings.c.id == id_)
        connection.execute(one.values(exploited=sa.true()))


def _plain(record: bytes) -> bytes:
    return zlib.decompress(record) if record[:1] == b"x" else record


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_login_at", _TIME),
    )
    op.create_table(
        "tokens",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("user", _NUMBER, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("user", _NUMBER, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sqlite_with_rowid=False,
    )


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sqlite_with_rowid=False,
    )
