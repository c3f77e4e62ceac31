"""Tests of jobs that remember run on both databases."""

from ..databases import address, memory, postgresql_copy, postgresql_database, postgresql_pattern, postgresql_server, sqlite_pattern

__all__ = ["address", "memory", "postgresql_copy", "postgresql_database", "postgresql_pattern", "postgresql_server", "sqlite_pattern"]
