"""Users, their tokens and sessions. What lets somebody in is kept as a hash alone."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from ..errors import Misuse, NotFound
from .database import transaction
from .judgements import insert_unless_there
from .schema import sessions, tokens, users


class Role(StrEnum):
    """What somebody may do; each may do what those before it may."""

    VIEWER = "viewer"
    """Look at everything that was found."""
    OPERATOR = "operator"
    """Also watch targets, start and cancel runs, keep schedules."""
    ADMIN = "admin"
    """Also keep users."""

    @property
    def rank(self) -> int:
        """Higher may do more."""
        return tuple(Role).index(self)

    def covers(self, wanted: "Role") -> bool:
        """Whether it suffices where ``wanted`` is asked for."""
        return self.rank >= wanted.rank


class User(Struct, frozen=True, kw_only=True):
    """Somebody who may come in."""

    id: int
    name: str
    role: Role
    created_at: datetime
    last_login_at: datetime | None


class Token(Struct, frozen=True, kw_only=True):
    """What lets a program in, in a user's name. The token itself is shown once and not kept."""

    id: int
    name: str
    user: str
    role: Role
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class Users:
    """Users in the database. Every method raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, name: str, password: str, role: Role, at: datetime) -> User:
        """Keep a new user; ``password`` is a hash. Raises Misuse where the name is taken."""
        row = {"name": name, "password": password, "role": role.value, "created_at": at}
        with transaction(self._engine, write=True) as connection:
            if connection.scalar(select(users.c.id).where(users.c.name == name)) is not None:
                raise Misuse(f"there is a user {name!r} already", remedy="choose another name")
            number = int(connection.execute(insert(users).returning(users.c.id), row).scalar_one())
            return _by_id(connection, number)

    def add_first(self, name: str, password: str, at: datetime) -> bool:
        """Keep an admin where there is no user at all; False where there is one. Of several processes one succeeds."""
        row = {"name": name, "password": password, "role": Role.ADMIN.value, "created_at": at}
        with transaction(self._engine, write=True) as connection:
            if connection.scalar(select(func.count()).select_from(users)):
                return False
            return connection.execute(insert_unless_there(connection, users).returning(users.c.id), row).first() is not None

    def all(self) -> list[User]:
        """By name."""
        with transaction(self._engine, write=False) as connection:
            return [_user(row) for row in connection.execute(select(users).order_by(users.c.name))]

    def get(self, user: int) -> User:
        """Raises NotFound."""
        with transaction(self._engine, write=False) as connection:
            return _by_id(connection, user)

    def password_of(self, name: str) -> tuple[User, str] | None:
        """A user and the hash of the password; None where nobody has that name."""
        with transaction(self._engine, write=False) as connection:
            row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
            return (_user(row), row.password) if row else None

    def change(self, user: int, *, password: str | None = None, role: Role | None = None) -> User:
        """Another password (a hash) ends the user's sessions. Raises NotFound, and Misuse where no admin would be left."""
        values = {key: value for key, value in (("password", password), ("role", role.value if role else None)) if value is not None}
        with transaction(self._engine, write=True) as connection:
            _by_id(connection, user)
            if values:
                connection.execute(update(users).where(users.c.id == user).values(values))
            if password is not None:
                connection.execute(delete(sessions).where(sessions.c.user == user))
            if role is not None:
                _require_admin(connection)
            return _by_id(connection, user)

    def remove(self, user: int) -> None:
        """With tokens and sessions. Raises NotFound, and Misuse where no admin would be left."""
        with transaction(self._engine, write=True) as connection:
            _by_id(connection, user)
            connection.execute(delete(users).where(users.c.id == user))
            _require_admin(connection)

    def note_login(self, user: int, at: datetime) -> None:
        """Keep when somebody last logged in."""
        with transaction(self._engine, write=True) as connection:
            connection.execute(update(users).where(users.c.id == user).values(last_login_at=at))


class Tokens:
    """Tokens in the database. Every method raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, secret: str, *, user: int, name: str, role: Role, at: datetime, expires_at: datetime) -> Token:
        """Keep a token's hash."""
        row = {"user": user, "name": name, "hash": digest(secret), "role": role.value, "created_at": at, "expires_at": expires_at}
        with transaction(self._engine, write=True) as connection:
            number = connection.execute(insert(tokens).returning(tokens.c.id), row).scalar_one()
            return _token(connection.execute(_TOKENS.where(tokens.c.id == number)).one())

    def of(self, user: int | None) -> list[Token]:
        """A user's tokens, or everybody's, oldest first."""
        query = _TOKENS.order_by(tokens.c.id)
        with transaction(self._engine, write=False) as connection:
            return [_token(row) for row in connection.execute(query if user is None else query.where(tokens.c.user == user))]

    def remove(self, token: int, *, user: int | None = None) -> None:
        """Raises NotFound, also for one that is not ``user``'s."""
        ours = tokens.c.id == token if user is None else (tokens.c.id == token) & (tokens.c.user == user)
        with transaction(self._engine, write=True) as connection:
            if not connection.execute(delete(tokens).where(ours)).rowcount:
                raise NotFound(f"there is no token {token}")

    def holder(self, secret: str, at: datetime) -> tuple[User, Role] | None:
        """Who comes with a token, and as what; None: it is unknown or has expired. Keeps that it was used, to the minute."""
        query = (
            select(users, tokens.c.id.label("token"), tokens.c.role.label("granted"), tokens.c.last_used_at)
            .join(tokens, tokens.c.user == users.c.id)
            .where(tokens.c.hash == digest(secret), tokens.c.expires_at > at)
        )
        with transaction(self._engine, write=False) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.last_used_at is None or (at - row.last_used_at).total_seconds() >= 60:
            with transaction(self._engine, write=True) as connection:
                connection.execute(update(tokens).where(tokens.c.id == row.token).values(last_used_at=at))
        user = _user(row)
        return user, min(user.role, Role(row.granted), key=lambda role: role.rank)


class Sessions:
    """Sessions of browsers. Every method raises HomeUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, secret: str, *, user: int, at: datetime, expires_at: datetime) -> None:
        """Keep a session's hash; those that have expired go."""
        with transaction(self._engine, write=True) as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= at))
            connection.execute(insert(sessions), {"hash": digest(secret), "user": user, "created_at": at, "expires_at": expires_at})

    def holder(self, secret: str, at: datetime) -> User | None:
        """Whose session it is; None: it is unknown or has expired."""
        query = select(users).join(sessions, sessions.c.user == users.c.id)
        with transaction(self._engine, write=False) as connection:
            row = connection.execute(query.where(sessions.c.hash == digest(secret), sessions.c.expires_at > at)).one_or_none()
            return _user(row) if row else None

    def remove(self, secret: str) -> None:
        """Forget a session, if there is one."""
        with transaction(self._engine, write=True) as connection:
            connection.execute(delete(sessions).where(sessions.c.hash == digest(secret)))


def digest(secret: str) -> bytes:
    """How a token or cookie is kept: both hold 256 random bits, so one round of SHA-256 suffices."""
    return hashlib.sha256(secret.encode()).digest()


_TOKENS = select(tokens, users.c.name.label("user_name"), users.c.role.label("user_role")).join(users, users.c.id == tokens.c.user)


def _by_id(connection: Connection, user: int) -> User:
    row = connection.execute(select(users).where(users.c.id == user)).one_or_none()
    if row is None:
        raise NotFound(f"there is no user {user}")
    return _user(row)


def _require_admin(connection: Connection) -> None:
    if not connection.scalar(select(func.count()).select_from(users).where(users.c.role == Role.ADMIN.value)):
        raise Misuse("nobody would be admin any more", remedy="make another user admin first")


def _user(row: Row[*tuple[Any, ...]]) -> User:
    return User(id=row.id, name=row.name, role=Role(row.role), created_at=row.created_at, last_login_at=row.last_login_at)


def _token(row: Row[*tuple[Any, ...]]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        user=row.user_name,
        role=min(Role(row.role), Role(row.user_role), key=lambda role: role.rank),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
