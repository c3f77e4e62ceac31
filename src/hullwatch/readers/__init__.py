"""Bytes to facts: one module per file format, listed in ``catalogue.READERS``."""
