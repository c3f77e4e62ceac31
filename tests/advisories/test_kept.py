"""Documents kept by digest."""

import hashlib
import io
from pathlib import Path

from hullwatch.advisories.kept import KeptDocuments
from hullwatch.ports import MEBIBYTE

LARGE = bytes(MEBIBYTE)
DIGEST = hashlib.sha256(LARGE).hexdigest()


def test_large_documents_are_kept_and_checked(tmp_path: Path) -> None:
    """One that is damaged is not there."""
    documents = KeptDocuments(tmp_path / "documents")
    documents.keep(DIGEST, io.BytesIO(LARGE))
    documents.keep("small", io.BytesIO(b"x"))
    assert [path.name for path in (tmp_path / "documents").iterdir()] == [DIGEST]
    found = documents.open(DIGEST)
    assert found is not None
    with found:
        assert found.read() == LARGE
    (tmp_path / "documents" / DIGEST).write_bytes(b"y")
    assert documents.open(DIGEST) is None


def test_what_is_not_wanted_is_forgotten(tmp_path: Path) -> None:
    """With what a dead process left."""
    documents = KeptDocuments(tmp_path / "documents")
    documents.keep(DIGEST, io.BytesIO(LARGE))
    (tmp_path / "documents/.new-x").write_text("")
    documents.forget_others({DIGEST})
    assert [path.name for path in (tmp_path / "documents").iterdir()] == [DIGEST]
    documents.forget_others(())
    assert not list((tmp_path / "documents").iterdir())


def test_a_directory_that_cannot_be_used_costs_nothing(tmp_path: Path) -> None:
    """Nothing is kept, nothing is raised."""
    (tmp_path / "documents").write_text("")
    documents = KeptDocuments(tmp_path / "documents")
    documents.keep(DIGEST, io.BytesIO(LARGE))
    documents.forget_others(())
    assert documents.open(DIGEST) is None
