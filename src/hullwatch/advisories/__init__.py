"""What publishers say: sources, fetching, and the advisory database."""
