"""Hosts over SSH: one script sent, one answer read, and the files in it."""
