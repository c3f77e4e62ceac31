"""What Alembic runs: the migrations, on the connection and inside the transaction that ``store.database`` began."""

from alembic import context

from hullwatch.store.schema import VERSION_TABLE, metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE)
context.run_migrations()
