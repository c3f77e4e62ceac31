"""Reaching what we look at: images where they lie, archives, containers, directories, the host, the Docker daemon."""
