"""A report to bytes: one module per format."""
