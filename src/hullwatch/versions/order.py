"""Order of versions by scheme, and whether a version lies in a range."""

from collections.abc import Callable
from functools import lru_cache

from ..model import Range, Scheme
from . import apk, deb, pep440

KEYS: dict[Scheme, Callable[[str], bytes]] = {Scheme.APK: apk.key, Scheme.DEB: deb.key, Scheme.PEP440: pep440.key}
"""Each scheme's own ``key``, one module per scheme; it raises UnorderableVersion."""


@lru_cache(maxsize=65536)
def key(version: str, scheme: Scheme) -> bytes:
    """Bytes whose plain order is the publisher's order; equal versions have equal bytes. Raises UnorderableVersion."""
    return KEYS[scheme](version)


def within(version: str, affected: Range, scheme: Scheme) -> bool:
    """Whether ``version`` lies in the range (see ``Range``). Raises UnorderableVersion, also for a bound."""
    this = key(version, scheme)
    if affected.introduced and affected.introduced != "0" and this < key(affected.introduced, scheme):
        return False
    if affected.fixed and this >= key(affected.fixed, scheme):
        return False
    return not (affected.last_affected and this > key(affected.last_affected, scheme))
