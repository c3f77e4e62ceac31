"""Messages on their way to people, and what each rule of notification has told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Forward only. What each column means is said in ``store.schema``."""
    op.create_table(
        "outbox",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("run", _NUMBER, sa.ForeignKey("runs.id"), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("title", "body")),
        sa.Column("queued_at", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", _TIME),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("delivered_at", _TIME),
    )
    op.create_index("outbox_by_run", "outbox", ["run", "rule"], unique=True)
    op.create_index("outbox_by_next", "outbox", ["next_attempt_at"])
    op.create_table(
        "told",
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("target", _NUMBER, sa.ForeignKey("targets.id"), primary_key=True),
        sa.Column("finding", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
