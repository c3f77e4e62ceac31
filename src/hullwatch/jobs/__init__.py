"""The steps of each job: one module per command."""
