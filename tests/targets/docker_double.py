"""The port ``Docker``, filled by recorded answers."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from hullwatch.errors import HullwatchError, NotFound


class MemoryDocker:
    """Answers by path (queries aside); an error in place of an answer is raised. Notes in ``asked`` what was asked."""

    def __init__(self, answers: Mapping[str, bytes | HullwatchError], *, endpoint: str = "unix:///var/run/docker.sock") -> None:
        self._answers = answers
        self.endpoint = endpoint
        self.asked: list[str] = []

    def get(self, path: str, **query: str) -> bytes:
        self.asked.append(path)
        answer = self._answers.get(path, NotFound(f"no such thing: {path}"))
        if isinstance(answer, HullwatchError):
            raise answer
        return answer

    @contextmanager
    def stream(self, path: str, **query: str) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.get(path, **query))
