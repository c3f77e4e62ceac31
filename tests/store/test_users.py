"""Users, tokens and sessions on both databases."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from hullwatch.errors import Misuse, NotFound
from hullwatch.store.memory import Memory
from hullwatch.store.users import Role

from .judgements import day


def test_of_many_first_admins_one_is_made(memory: Memory) -> None:
    """Processes that start at the same time; later none is made, whatever its name."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: memory.users.add_first("admin", "hash", day(0)), range(4)))
    assert sorted(made) == [False, False, False, True]
    assert not memory.users.add_first("other", "hash", day(0))
    assert [(user.name, user.role) for user in memory.users.all()] == [("admin", Role.ADMIN)]


def test_an_admin_stays(memory: Memory) -> None:
    """The last one can neither go nor become less."""
    memory.users.add_first("admin", "hash", day(0))
    (admin,) = memory.users.all()
    with pytest.raises(Misuse, match="nobody would be admin"):
        memory.users.remove(admin.id)
    with pytest.raises(Misuse, match="nobody would be admin"):
        memory.users.change(admin.id, role=Role.VIEWER)
    assert memory.users.get(admin.id).role is Role.ADMIN
    second = memory.users.add("second", "hash", Role.ADMIN, day(0))
    memory.users.remove(admin.id)
    assert memory.users.all() == [second]


def test_a_name_is_taken_once(memory: Memory) -> None:
    """Another of that name is refused."""
    memory.users.add("ann", "hash", Role.VIEWER, day(0))
    with pytest.raises(Misuse, match="a user 'ann' already"):
        memory.users.add("ann", "hash", Role.ADMIN, day(0))
    assert memory.users.password_of("bob") is None


def test_a_token_lets_in_until_it_expires(memory: Memory) -> None:
    """As what it was made for, and never as more than its user is now."""
    user = memory.users.add("ann", "hash", Role.ADMIN, day(0))
    memory.users.add("root", "hash", Role.ADMIN, day(0))
    token = memory.tokens.add("secret", user=user.id, name="ci", role=Role.OPERATOR, at=day(0), expires_at=day(2))
    assert memory.tokens.holder("secret", day(1)) == (user, Role.OPERATOR)
    assert memory.tokens.of(user.id)[0].last_used_at == day(1)
    assert memory.tokens.holder("secret", day(2)) is None
    assert memory.tokens.holder("Secret", day(1)) is None
    memory.users.change(user.id, role=Role.VIEWER)
    held = memory.tokens.holder("secret", day(1))
    assert held is not None
    assert (held[1], memory.tokens.of(None)[0].role) == (Role.VIEWER, Role.VIEWER)
    memory.tokens.remove(token.id)
    assert memory.tokens.holder("secret", day(1)) is None


def test_anothers_token_is_not_found(memory: Memory) -> None:
    """Not: forbidden, which would say that it is there."""
    ann, bob = (memory.users.add(name, "hash", Role.VIEWER, day(0)) for name in ("ann", "bob"))
    token = memory.tokens.add("secret", user=ann.id, name="ci", role=Role.VIEWER, at=day(0), expires_at=day(2))
    with pytest.raises(NotFound):
        memory.tokens.remove(token.id, user=bob.id)
    memory.tokens.remove(token.id, user=ann.id)


def test_a_user_that_goes_takes_tokens_and_sessions_along(memory: Memory) -> None:
    """At once."""
    memory.users.add("root", "hash", Role.ADMIN, day(0))
    user = memory.users.add("ann", "hash", Role.VIEWER, day(0))
    memory.tokens.add("secret", user=user.id, name="ci", role=Role.VIEWER, at=day(0), expires_at=day(2))
    memory.sessions.add("cookie", user=user.id, at=day(0), expires_at=day(2))
    assert memory.sessions.holder("cookie", day(1)) == user
    memory.users.remove(user.id)
    assert memory.tokens.holder("secret", day(1)) is None
    assert memory.sessions.holder("cookie", day(1)) is None


def test_a_session_ends(memory: Memory) -> None:
    """By its time, by logging out, by another password; what has expired is not kept."""
    memory.users.add("root", "hash", Role.ADMIN, day(0))
    user = memory.users.add("ann", "hash", Role.VIEWER, day(0))
    for cookie in ("one", "two"):
        memory.sessions.add(cookie, user=user.id, at=day(0), expires_at=day(1))
    assert memory.sessions.holder("one", day(1) - timedelta(seconds=1)) == user
    assert memory.sessions.holder("one", day(1)) is None
    memory.sessions.remove("one")
    assert memory.sessions.holder("one", day(0)) is None
    memory.users.change(user.id, password="other")
    assert memory.sessions.holder("two", day(0)) is None


def test_secrets_are_not_in_the_database(memory: Memory, address: str) -> None:
    """Neither in the file nor in what is written ahead of it."""
    user = memory.users.add("ann", "the-hash", Role.ADMIN, day(0))
    memory.tokens.add("hw_token-secret", user=user.id, name="ci", role=Role.VIEWER, at=day(0), expires_at=day(2))
    memory.sessions.add("cookie-secret", user=user.id, at=day(0), expires_at=day(2))
    if address.startswith("sqlite"):
        path = address.removeprefix("sqlite:///")
        with sqlite3.connect(path) as connection:
            dump = "\n".join(connection.iterdump())
        connection.close()
        assert "the-hash" in dump
        assert "-secret" not in dump
