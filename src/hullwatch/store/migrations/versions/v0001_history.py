"""The first tables of history."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Forward only. What each column means is said in ``store.schema``."""
    _targets_and_runs()
    _what_was_found()
    _what_was_judged()


def _targets_and_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=False),
        sa.Column("failed", sa.Boolean),
        sa.Column("incomplete", sa.Boolean),
        sa.Column("exit_status", sa.Integer),
    )
    op.create_table(
        "targets",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("last_run", _NUMBER, sa.ForeignKey("runs.id")),
    )


def _what_was_found() -> None:
    op.create_table(
        "packages",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("identity", sa.LargeBinary(16), nullable=False, unique=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("scheme", "ecosystem", "name", "version", "source", "source_version", "architecture")
        ),
        sa.Column("more", sa.LargeBinary),
    )
    op.create_index("packages_by_name", "packages", ["name"], postgresql_using="hash")
    op.create_index("packages_by_source", "packages", ["source"], postgresql_using="hash")
    op.create_table(
        "inventories",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("target", _NUMBER, sa.ForeignKey("targets.id"), nullable=False),
        sa.Column("identity", sa.LargeBinary(16), nullable=False),
        sa.Column("distribution", sa.Text, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
    )
    op.create_index("inventories_by_identity", "inventories", ["target", "identity"], unique=True)
    op.create_table(
        "inventory_packages",
        sa.Column("package", _NUMBER, sa.ForeignKey("packages.id"), primary_key=True),
        sa.Column("inventory", _NUMBER, sa.ForeignKey("inventories.id"), primary_key=True),
        sqlite_with_rowid=False,
    )


def _what_was_judged() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("identity", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("published_at", _TIME),
        sa.Column("fetched_at", _TIME),
        sa.Column("fingerprint", sa.Text, nullable=False),
    )
    op.create_table(
        "judgements",
        sa.Column("target", _NUMBER, sa.ForeignKey("targets.id"), primary_key=True),
        sa.Column("run", _NUMBER, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("inventory", _NUMBER, sa.ForeignKey("inventories.id"), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.Column("gaps", sa.LargeBinary),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "judgement_feeds",
        sa.Column("target", _NUMBER, primary_key=True),
        sa.Column("run", _NUMBER, primary_key=True),
        sa.Column("feed", _NUMBER, sa.ForeignKey("feeds.id"), primary_key=True),
        sa.ForeignKeyConstraint(["target", "run"], ["judgements.target", "judgements.run"]),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "findings",
        sa.Column("target", _NUMBER, sa.ForeignKey("targets.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "rule", "subject", "severity", "verdict")),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.Column("first_seen", _TIME, nullable=False),
        sa.Column("last_seen", _TIME, nullable=False),
        sa.Column("gone_at", _TIME),
        sa.Column("reopened", sa.Integer, nullable=False),
        sa.Column("last_run", _NUMBER, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    op.create_index("findings_by_rule", "findings", ["rule"], postgresql_using="hash")
