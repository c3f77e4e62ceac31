"""Every test of the store runs on both databases."""

from ..databases import (
    address,
    empty_address,
    history,
    memory,
    postgresql_copy,
    postgresql_database,
    postgresql_pattern,
    postgresql_server,
    sqlite_pattern,
)

__all__ = [
    "address",
    "empty_address",
    "history",
    "memory",
    "postgresql_copy",
    "postgresql_database",
    "postgresql_pattern",
    "postgresql_server",
    "sqlite_pattern",
]
