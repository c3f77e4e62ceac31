"""Debian's own archive: signed indexes, what is newest, and what changelogs say was fixed."""
