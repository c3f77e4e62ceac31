"""Passwords, and how often one may guess."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from hullwatch.errors import Misuse
from hullwatch.store.memory import Memory
from hullwatch.store.users import Role
from hullwatch.web.passwords import Attempts, Passwords

from ..doubles import NOON

_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def memory(tmp_path: Path, sqlite_pattern: Path) -> Iterator[Memory]:
    """An empty memory."""
    shutil.copyfile(sqlite_pattern, tmp_path / "history.sqlite")
    opened = Memory.open(tmp_path / "history.sqlite")
    yield opened
    opened.close()


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def pass_s(self, seconds: float) -> None:
        """Time passes."""
        self.at += timedelta(seconds=seconds)


def test_a_hash_is_argon2s(memory: Memory) -> None:
    """With today's recommended cost, and a salt of its own each time."""
    passwords = Passwords(memory, Clock())
    first, second = passwords.hash("correct horse"), passwords.hash("correct horse")
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 1001])
def test_a_password_has_a_length(memory: Memory, password: str) -> None:
    """Neither short nor so long that hashing it is work."""
    with pytest.raises(Misuse, match="12 to 1000"):
        Passwords(memory, Clock(), _QUICK).hash(password)


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "wrong"), ("bob", "correct horse"), ("", ""), ("ann", "x" * 5000), ("ann", "\ud800")]
)
def test_what_is_wrong_lets_nobody_in(memory: Memory, name: str, password: str) -> None:
    """Whatever is sent."""
    passwords = Passwords(memory, Clock(), _QUICK)
    memory.users.add("ann", passwords.hash("correct horse"), Role.VIEWER, NOON)
    assert passwords.user(name, password) is None
    assert passwords.user_again(name, password) is None


def test_a_right_password_is_trusted_for_a_while(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that send it each time do not cost a hash each time; another password ends that."""
    clock = Clock()
    passwords = Passwords(memory, clock, _QUICK)
    user = memory.users.add("ann", passwords.hash("correct horse"), Role.VIEWER, NOON)
    computed: list[str] = []
    checked = passwords.user

    def count(name: str, password: str) -> object:
        computed.append(name)
        return checked(name, password)

    monkeypatch.setattr(passwords, "user", count)
    for _ in range(3):
        assert passwords.user_again("ann", "correct horse") == user
    assert len(computed) == 1
    clock.pass_s(301)
    assert passwords.user_again("ann", "correct horse") == user
    memory.users.change(user.id, password=passwords.hash("another horse"))
    assert passwords.user_again("ann", "correct horse") is None
    assert len(computed) == 3


def test_the_first_admin_is_made_once(memory: Memory) -> None:
    """Its password is long, random, and kept nowhere."""
    passwords = Passwords(memory, Clock(), _QUICK)
    password = passwords.first_admin()
    assert password is not None
    assert len(set(password)) > 8
    user = passwords.user("admin", password)
    assert user is not None
    assert user.role is Role.ADMIN
    assert passwords.first_admin() is None


def test_waits_grow_and_are_forgotten() -> None:
    """One origin's failures are not another's."""
    clock = Clock()
    attempts = Attempts(clock)
    waits = []
    for _ in range(15):
        attempts.failed("a")
        waits.append(attempts.wait_s("a"))
    assert waits == [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]
    assert attempts.wait_s("b") == 0
    clock.pass_s(900)
    assert attempts.wait_s("a") == 0
    clock.pass_s(3600)
    attempts.failed("a")
    assert attempts.wait_s("a") == 0
    attempts.succeeded("a")
    assert attempts.wait_s("a") == 0


def test_many_origins_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that failed long ago make room."""
    clock = Clock()
    attempts = Attempts(clock)
    monkeypatch.setattr(Attempts, "KEPT", 10)
    for number in range(10):
        attempts.failed(f"old{number}")
    clock.pass_s(3600)
    attempts.failed("new")
    assert len(attempts._failures) == 1
