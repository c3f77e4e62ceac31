"""Changes of files, live."""
