"""All readers, and what a reader is: a module that says which files it reads and turns their bytes into facts."""

from collections.abc import Iterator
from typing import Protocol

from ..model import Distribution, FileState, Gap, Package
from ..model.reads import Reads
from ..ports import File
from . import apk, distribution, dpkg, python_packages
from .ownership import OwnedPaths

Fact = Package | Distribution | FileState | OwnedPaths | Gap
"""Every kind of fact that a reader of files may yield. The cache of facts holds them under their tags."""


class Reader(Protocol):
    """What every module named in ``READERS`` has."""

    __name__: str
    revision: int
    """Raised whenever ``read`` would say something else of the same bytes; facts kept under an older one are read again."""
    reads: Reads

    def read(self, file: File) -> Iterator[Fact]:
        """Facts of one file, in file order."""


READERS: tuple[Reader, ...] = (distribution, dpkg, apk, python_packages)
"""Readers of packages and distributions: what every image, container, directory and host is read with."""
