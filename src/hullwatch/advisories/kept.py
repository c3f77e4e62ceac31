"""Large documents that are named by their digest, kept so that a feed of several parts fetches only what has changed."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from ..ports import MEBIBYTE

_WORTH_KEEPING = MEBIBYTE


class KeptDocuments:
    """A directory of documents by digest. Losing it costs time and nothing else: a failure is never raised."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def open(self, sha256: str) -> BinaryIO | None:
        """The document, checked; None when it is not there or damaged."""
        try:
            stream = (self._directory / sha256).open("rb")
        except (OSError, ValueError):
            return None
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            stream.close()
            return None
        stream.seek(0)
        return stream

    def keep(self, sha256: str, body: BinaryIO) -> None:
        """Keep a document if it is large; its stream is left at the start."""
        if body.seek(0, os.SEEK_END) >= _WORTH_KEEPING and not (self._directory / sha256).exists():
            body.seek(0)
            with contextlib.suppress(OSError):
                self._write(sha256, body)
        body.seek(0)

    def _write(self, sha256: str, body: BinaryIO) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=self._directory)
        try:
            with os.fdopen(descriptor, "wb") as target:
                shutil.copyfileobj(body, target, MEBIBYTE)
            Path(name).replace(self._directory / sha256)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def forget_others(self, wanted: Collection[str]) -> None:
        """Remove all that no feed is made of any more, and what a dead process left behind."""
        with contextlib.suppress(OSError):
            for path in self._directory.iterdir():
                if path.name not in wanted:
                    path.unlink(missing_ok=True)
