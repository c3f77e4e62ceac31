"""What we remember: history, and the cache of facts."""
