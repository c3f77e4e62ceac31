"""Numbers of any length as bytes whose plain order is that of the numbers; what every scheme's key is built from."""


def number(digits: str) -> bytes:
    """A decimal number: how many digits it has without leading zeros, then those digits. No number's bytes begin another's."""
    plain = digits.lstrip("0")
    length = len(plain)
    return b"\xff" * (length // 255) + bytes((length % 255,)) + plain.encode("ascii")
