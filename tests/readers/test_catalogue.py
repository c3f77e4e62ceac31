import pkgutil

import pytest

from hullwatch import readers
from hullwatch.readers.catalogue import READERS, Reader

from ..doubles import MemoryFile


def modules() -> set[str]:
    return {found.name for found in pkgutil.iter_modules(readers.__path__)}


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__.rpartition(".")[2])
def test_a_reader_is_a_module_of_this_room_that_says_what_it_reads(reader: Reader) -> None:
    """It has a revision, a declaration and a docstring, and meets an empty file without an error."""
    assert reader.__name__.rpartition(".")[2] in modules()
    assert reader.__doc__
    assert reader.revision >= 1
    wanted = [*reader.reads.exact, *(pattern.replace("**/", "usr/").replace("*", "x") for pattern in reader.reads.patterns)]
    assert wanted
    for path in wanted:
        assert not path.startswith("/")
        assert reader.reads.matches(path)
        list(reader.read(MemoryFile(path, b"")))


def test_no_two_readers_want_the_same_file() -> None:
    """A file's facts are kept under its reader; two that read one file would say things twice."""
    exact = [path for reader in READERS for path in reader.reads.exact]
    assert len(exact) == len(set(exact))
    assert not any(reader.reads.matches(path) for reader in READERS for path in exact if path not in reader.reads.exact)
