"""Which version is older: each scheme turns a version into bytes whose plain order is its publisher's."""

from .order import key, within

__all__ = ["key", "within"]
