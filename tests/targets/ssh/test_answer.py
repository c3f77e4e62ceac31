"""Answers of a host: whatever it sends, records come out or an error of ours."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.config import Limits
from hullwatch.errors import Denied, HullwatchError, LimitExceeded, Malformed, Unreachable
from hullwatch.targets.ssh.address import Address
from hullwatch.targets.ssh.answer import Answer
from hullwatch.targets.ssh.client import Connection
from hullwatch.targets.ssh.remote import Remote
from hullwatch.targets.ssh.script import Skip

MARK = "0123456789abcdef"
START = f"\n{MARK}\n".encode()
END = f"Z{MARK}\0".encode()


@contextmanager
def saying(said: bytes, complaint: bytes = b"", status: int = 0, *, then: str = "") -> Iterator[Answer]:
    """A client that says so and ends."""
    program = f"import os,sys\nos.write(2,{complaint!r})\nos.write(1,{said!r})\n{then}\nsys.exit({status})"
    process = subprocess.Popen([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    with process:
        answer = Answer(process, Address("web-1"), MARK, 5)
        try:
            yield answer
        finally:
            answer.leave()


def records(answer: Answer) -> list[tuple[str, bytes]]:
    """All of them, each with one field."""
    answer.begin(5)
    return [(kind, answer.field()) for kind in answer.kinds()]


def test_records_between_noise() -> None:
    """NULs between them pad; an end without its word is none."""
    with saying(b"Welcome\n\0Z0\0\n" + START + b"Aone\0\0\0Btwo\0" + END + b"Z\0bye") as answer:
        assert records(answer) == [("A", b"one"), ("B", b"two")]
    with saying(START + b"Znot\0" + END) as answer, pytest.raises(Malformed, match="makes no sense"):
        records(answer)


@pytest.mark.parametrize(
    ("said", "complaint", "status", "kind", "words"),
    [
        (b"", b"ssh: connect to host web-1 port 22: Connection refused", 255, Unreachable, "connection refused"),
        (b"This account is currently not available.\n", b"", 1, Denied, "there is no shell for us: This account is currently"),
        (b"", b"sh: not found\n", 127, Denied, "there is no shell for us: sh: not found"),
        (b"", b"", 3, Denied, "it ended with status 3"),
        (START + b"Aone", b"", 255, Unreachable, "closed in the middle"),
        (START + b"Aone\0", b"sh: out of memory\n", 2, Unreachable, "the answer is not whole: sh: out of memory"),
        (START + b"Aone\0Z" + MARK.encode(), b"", 0, Unreachable, "the answer is not whole: it ended with status 0"),
    ],
)
def test_no_answer_or_half_of_one(said: bytes, complaint: bytes, status: int, kind: type[HullwatchError], words: str) -> None:
    """Half an answer is none."""
    with saying(said, complaint, status) as answer, pytest.raises(kind, match=words):
        records(answer)


def test_a_shell_that_prints_without_end() -> None:
    """It is not listened to for ever."""
    with saying(b"", then="while True: os.write(1, b'x'*65536)") as answer, pytest.raises(Unreachable, match="prints without end"):
        answer.begin(5)


def test_complaints_without_end_do_not_block() -> None:
    """What is too much of them is dropped."""
    with saying(b"", then=f"for _ in range(100): os.write(2, b'x'*65536)\nos.write(1, {START + b'Aone' + bytes(1) + END!r})") as answer:
        assert records(answer) == [("A", b"one")]


def test_silence_ends() -> None:
    """After as long as was agreed."""
    with saying(START + b"A", then="import time; time.sleep(60)") as answer:
        answer.begin(5)
        answer._patience_s = 0.05
        with pytest.raises(Unreachable, match=r"no answer within 0\.05 s"):
            list(answer.kinds()), answer.field()


def test_a_field_without_end() -> None:
    """Has a limit."""
    with saying(START + b"A" + b"x" * 1000 + b"\0" + END) as answer:
        answer.begin(5)
        for _ in answer.kinds():
            with pytest.raises(LimitExceeded):
                answer.field(10)
            break


class Said(Connection):
    """A connection to a host that says so."""

    def __init__(self, said: bytes) -> None:
        self.address = Address("web-1")
        self.timeout_s = 5
        self._said = said

    @contextmanager
    def ask(self, script: str, *, as_root: bool = False, patience_s: float | None = None) -> Iterator[Answer]:
        """See the class."""
        reading, writing = os.pipe()
        os.write(writing, START + self._said)
        os.close(writing)
        with open(reading, "rb", buffering=0) as stream, subprocess.Popen(["true"]) as process:
            process.stdout = stream
            answer = Answer(process, self.address, MARK, 5)
            answer.begin(5)
            yield answer


RECORDS = st.lists(
    st.tuples(
        st.sampled_from("SKNUMIDRAXFBLOQEPTCVWYZ"), st.sampled_from([b"", b"/a\0", b"/a\0b\0", b"0\0", b"zz\0", b"1 2 3\0", bytes(1024)])
    ),
    max_size=6,
).map(lambda each: b"".join(kind.encode() + field for kind, field in each))


@given(st.binary(max_size=300) | RECORDS, st.booleans())
def test_any_answer(said: bytes, whole: bool) -> None:
    """To any question ends in an answer or in one of our errors."""
    remote = Remote(Said(said + (END if whole else b"")), Limits())
    for ask in (
        lambda: remote.about(sudo=True),
        lambda: remote.find(["a"], ["**/a"], Skip([], [], [])),
        lambda: list(remote.fetch(["a"])),
        lambda: remote.look("a"),
        lambda: remote.names("a"),
    ):
        with suppress(HullwatchError):
            ask()
