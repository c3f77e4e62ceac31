"""Runs of one target, found by its name: its page and what is wrong now ask for them."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward only. What each column means is said in ``store.schema``."""
    op.create_index("run_targets_by_reference", "run_targets", ["reference"], postgresql_using="hash")
