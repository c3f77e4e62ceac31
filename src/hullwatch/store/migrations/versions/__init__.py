"""One module per migration. A released one never changes; there is no way back (a backup is)."""
