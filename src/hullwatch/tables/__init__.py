"""A target as SQL: one module per table."""
