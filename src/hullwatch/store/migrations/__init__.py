"""Numbered forward migrations of history, run by ``store.database``; Alembic reads this folder, also in an installed wheel."""
