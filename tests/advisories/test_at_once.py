"""Errands by several threads."""

import subprocess
import sys
import threading
from contextlib import closing

import pytest

from hullwatch.advisories.at_once import several


def test_answers_come_in_order_whoever_is_first() -> None:
    """The first item waits for the second."""
    second = threading.Event()

    def act(item: int) -> int:
        if item == 1:
            assert second.wait(30)
        second.set()
        return item * 2

    assert list(several(act, [1, 2, 3], threads=2)) == [2, 4, 6]
    assert list(several(act, [], threads=2)) == []


def test_an_error_is_raised_in_its_place() -> None:
    """What came before it is told."""
    answers = several(lambda item: 6 // item, [2, 0, 3], threads=1)
    assert next(answers) == 3
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_whoever_stops_listening_has_no_more_begun() -> None:
    """One is under way; the others are not begun once it ends."""
    begun: list[int] = []
    told, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def act(item: int) -> int:
        begun.append(item)
        if item == 2:
            told.set()
            go_on.wait(30)
            ended.set()
        return item

    with closing(several(act, [1, 2, 3], threads=1)) as answers:
        assert next(answers) == 1
        assert told.wait(30)
    go_on.set()
    assert ended.wait(30)
    assert begun == [1, 2]


def test_the_end_of_the_program_does_not_wait() -> None:
    """Though an errand never ends."""
    code = (
        "import threading\n"
        "from hullwatch.advisories.at_once import several\n"
        "answers = several(lambda item: item or threading.Event().wait(), [1, 0], threads=2)\n"
        "print(next(answers))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("1\n", "")
