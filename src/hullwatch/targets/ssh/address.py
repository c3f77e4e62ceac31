"""``ssh://[USER@]HOST[:PORT]``: where a host is reached. Nothing in it can be read as an option, and it holds no password."""

import ipaddress
import re

from msgspec import Struct

from ...errors import Misuse

SCHEME = "ssh://"
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}")
_ZONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_SHAPE = re.compile(r"(?:(?P<user>[^@]*)@)?(?:\[(?P<six>[^\]]*)\]|(?P<host>[^:/@\[\]]*))(?::(?P<port>[^:/]*))?/?")


class Address(Struct, frozen=True):
    """A host as the OpenSSH client is told of it; what is empty is left to the user's ssh_config."""

    host: str
    """A name (also an alias of ssh_config), or an address without brackets."""
    user: str = ""
    port: int = 0

    @property
    def reference(self) -> str:
        """In full, as a target's reference."""
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{SCHEME}{user}{host}" + (f":{self.port}" if self.port else "")

    @property
    def known_as(self) -> str:
        """As known_hosts has it: ``web-1``, or ``[web-1]:2222``."""
        return f"[{self.host}]:{self.port}" if self.port not in (0, 22) else self.host


class Access(Struct, frozen=True, kw_only=True):
    """How a host is reached, beside its address: what an Ansible inventory and the settings say."""

    name: str = ""
    """As the inventory calls it."""
    identity_file: str = ""
    sudo: bool = True
    """Whether to become root there by ``sudo -n`` where that is allowed."""
    timeout_s: float = 30


def parse_address(text: str) -> Address:
    """The address in ``ssh://…``. Raises Misuse."""
    match = _SHAPE.fullmatch(text.removeprefix(SCHEME))
    if match is None or not text.startswith(SCHEME) or not (match["six"] is None or _is_address(match["six"])):
        raise _misuse(text)
    if ":" in (match["user"] or ""):
        raise Misuse("a password does not belong in a target's name", remedy="let the host know a key of yours, see ssh-copy-id(1)")
    return make_address(match["host"] if match["six"] is None else match["six"], user=match["user"], port=match["port"])


def make_address(host: str, *, user: str | None = None, port: str | None = None) -> Address:
    """An address of parts as written; None where nothing is said. Raises Misuse."""
    if not (_HOST.fullmatch(host) or _is_address(host)):
        raise Misuse(f"{host!r} is no host's name or address", remedy="write ssh://USER@HOST:PORT; IPv6 as ssh://[::1]")
    if user is not None and not _USER.fullmatch(user):
        raise Misuse(f"{user!r} is no user's name", remedy="letters, digits, ., _ and -; others go into ssh_config(5)")
    if port is not None and not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise Misuse(f"{port!r} is no port", remedy="a number from 1 to 65535")
    return Address(host.lower(), user or "", int(port or 0))


def _is_address(host: str) -> bool:
    address, percent, zone = host.partition("%")
    try:
        return ipaddress.ip_address(address).version == 6 and (not percent or bool(_ZONE.fullmatch(zone)))
    except ValueError:
        return False


def _misuse(text: str) -> Misuse:
    return Misuse(f"{text!r} is no host to be reached over SSH", remedy="write ssh://USER@HOST:PORT; user and port may be left out")
