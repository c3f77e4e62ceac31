"""A root file system in a directory."""

from .image.taking import Contents, Place, Taking


def read_directory(path: str, taking: Taking) -> Contents:
    """Read everything below a directory, mounts there too. Raises NotFound, Denied, LimitExceeded."""
    return taking.read_places([Place(path)], overlay=False, what="files")
