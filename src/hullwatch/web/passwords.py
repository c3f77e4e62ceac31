"""Passwords: hashed with argon2, guessed slowly."""

import hashlib
import secrets
import threading
from datetime import datetime, timedelta
from math import ceil

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from msgspec import Struct

from ..errors import Misuse
from ..ports import Clock
from ..store.memory import Memory
from ..store.users import User

MIN_LENGTH, MAX_LENGTH = 12, 1000
FIRST_ADMIN = "admin"
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""None that is taken for another; twenty of them are 100 random bits."""
_AT_ONCE = 2
"""Hashes computed at the same time: each takes tens of milliseconds and megabytes."""
_TRUSTED_FOR = timedelta(minutes=5)
_KEPT = 1000


class Passwords:
    """Checks passwords against memory. A name that nobody has takes as long as one that somebody has."""

    def __init__(self, memory: Memory, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._memory = memory
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        self._turns = threading.Semaphore(_AT_ONCE)
        self._trusted: dict[bytes, datetime] = {}

    def hash(self, password: str) -> str:
        """For keeping. Raises Misuse for one that is too short or too long."""
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise Misuse(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters", remedy="choose another one")
        with self._turns:
            return self._hasher.hash(password)

    def user(self, name: str, password: str) -> User | None:
        """Who has this name and password; None: nobody."""
        known = self._memory.users.password_of(name)
        kept = known[1] if known else self._nobody
        return known[0] if self._fits(kept, password) and known else None

    def user_again(self, name: str, password: str) -> User | None:
        """As ``user``, for clients that send their password with every request: for a while one that was right is not computed again."""
        known = self._memory.users.password_of(name)
        now = self._clock.now()
        key = hashlib.sha256("\0".join((name, known[1] if known else "", password)).encode("utf-8", "surrogatepass")).digest()
        if known and self._trusted.get(key, now) > now:
            return known[0]
        user = self.user(name, password)
        if user is not None:
            self._trusted = {each: until for each, until in self._trusted.items() if until > now} if len(self._trusted) < _KEPT else {}
            self._trusted[key] = now + _TRUSTED_FOR
        return user

    def first_admin(self) -> str | None:
        """Where there is no user yet, make an admin; gives the password, which is kept nowhere."""
        password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))
        return password if self._memory.users.add_first(FIRST_ADMIN, self.hash(password), self._clock.now()) else None

    def _fits(self, kept: str, password: str) -> bool:
        if len(password) > MAX_LENGTH:
            return False
        with self._turns:
            try:
                return self._hasher.verify(kept, password.encode("utf-8", "surrogatepass"))
            except (VerifyMismatchError, VerificationError, InvalidHashError):
                return False


class _Failures(Struct):
    """Failed attempts of one origin."""

    count: int = 0
    wait_until: datetime | None = None
    last_at: datetime | None = None


class Attempts:
    """How often somebody failed to log in, and how long that address has to wait. Kept in this process alone."""

    FREE = 5
    """Failures before the first wait."""
    FIRST_WAIT_S = 5
    LONGEST_WAIT_S = 900
    FORGOTTEN_AFTER = timedelta(minutes=30)
    KEPT = 10_000

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, _Failures] = {}
        self._lock = threading.Lock()

    def wait_s(self, origin: str) -> int:
        """Seconds until ``origin`` may try again; 0: now."""
        with self._lock:
            found = self._failures.get(origin)
            if found is None or found.wait_until is None:
                return 0
            return max(0, ceil((found.wait_until - self._clock.now()).total_seconds()))

    def failed(self, origin: str) -> None:
        """An attempt failed."""
        now = self._clock.now()
        with self._lock:
            if len(self._failures) >= self.KEPT:
                self._failures = {
                    key: each for key, each in self._failures.items() if each.last_at and each.last_at > now - self.FORGOTTEN_AFTER
                }
            found = self._failures.setdefault(origin, _Failures())
            if found.last_at and found.last_at < now - self.FORGOTTEN_AFTER:
                found.count = 0
            found.count += 1
            found.last_at = now
            if found.count >= self.FREE:
                found.wait_until = now + timedelta(seconds=min(self.LONGEST_WAIT_S, self.FIRST_WAIT_S * 2 ** (found.count - self.FREE)))

    def succeeded(self, origin: str) -> None:
        """An attempt was right."""
        with self._lock:
            self._failures.pop(origin, None)
