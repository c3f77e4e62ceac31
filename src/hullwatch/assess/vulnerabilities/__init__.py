"""Which advisories speak of which package."""
