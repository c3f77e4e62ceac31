"""The port ``Commands``, filled by what each command says."""

from collections.abc import Mapping, Sequence

from hullwatch.errors import HullwatchError, NotFound
from hullwatch.ports import MEBIBYTE


class MemoryCommands:
    """Answers by the whole command line; an error in place of an answer is raised; other programs are not installed."""

    def __init__(self, answers: Mapping[str, bytes | HullwatchError]) -> None:
        self._answers = answers

    def run(self, words: Sequence[str], *, limit: int = 16 * MEBIBYTE, timeout_s: float = 30) -> bytes:
        answer = self._answers.get(" ".join(words), NotFound(f"there is no program {words[0]}"))
        if isinstance(answer, HullwatchError):
            raise answer
        return answer
