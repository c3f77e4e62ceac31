"""What the OpenSSH client complains of → an error of ours that says what to do. The client's words are the same in every locale."""

import re
import shlex

from ...errors import Denied, HullwatchError, Unreachable, Untrusted
from .address import Address

FAILED = 255
"""The client's own exit status when it could not connect, or lost the connection (ssh(1))."""
_NOISE = re.compile(r"^(?:@.*|\*\* .*|debug\d.*|Warning: .*|\s*)$")


def failure_of(address: Address, complaint: str) -> HullwatchError:
    """Why there is no connection, or none any more."""
    name = address.reference
    for pattern, make in _KNOWN:
        if found := re.search(pattern, complaint, re.IGNORECASE):
            return make(address, name, found)
    said = last_line(complaint)
    return Unreachable(f"{name}: {said or 'the connection was closed while it was made'}", remedy=f"see what {_try(address)} says")


def last_line(complaint: str) -> str:
    """The last line that says something, as far as it can be shown."""
    lines = [line.strip() for line in complaint.splitlines() if not _NOISE.match(line)]
    return "".join(character for character in lines[-1][:300] if character.isprintable()) if lines else ""


def _changed(address: Address, name: str, _: "re.Match[str]") -> Untrusted:
    return Untrusted(
        f"{name}: its host key is another than the one known",
        remedy="somebody may stand between. If whoever runs the host says that its key was renewed: "
        f"ssh-keygen -R {shlex.quote(address.known_as)}, then add the new one to known_hosts",
    )


def _unknown(address: Address, name: str, _: "re.Match[str]") -> Untrusted:
    port = f"-p {address.port} " if address.port else ""
    return Untrusted(
        f"{name}: its host key is not known here",
        remedy=f"ssh-keyscan {port}{shlex.quote(address.host)} shows its keys: compare the fingerprint (ssh-keygen -lf) with what "
        "the host's own console says, then add one to ~/.ssh/known_hosts",
    )


def _denied(address: Address, name: str, found: "re.Match[str]") -> Denied:
    return Denied(
        f"{name}: {found[0].strip()}", remedy=f"the host must know a key of yours (ssh-copy-id, ssh-agent); {_try(address)} must not ask"
    )


def _bad_key(_: Address, name: str, found: "re.Match[str]") -> Denied:
    return Denied(f"{name}: {found[0].strip()}", remedy="only you may read the key: chmod 600")


def _unresolved(_: Address, name: str, found: "re.Match[str]") -> Unreachable:
    return Unreachable(f"{name}: {found[1]} is no name that can be resolved", remedy="check its spelling, DNS, or ssh_config(5)")


def _down(_: Address, name: str, found: "re.Match[str]") -> Unreachable:
    return Unreachable(f"{name}: {found[1].strip().lower()}", remedy="check that the host is up and that sshd listens there")


def _cut(_: Address, name: str, found: "re.Match[str]") -> Unreachable:
    return Unreachable(f"{name}: {found[0].strip()}", remedy="check the host, its sshd and the network, then scan again")


def _try(address: Address) -> str:
    host = f"{address.user}@{address.host}" if address.user else address.host
    return f"ssh -o BatchMode=yes {f'-p {address.port} ' if address.port else ''}{shlex.quote(host)} true"


_KNOWN = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed", _changed),
    (r"No .* host key is known for|Host key verification failed|REVOKED HOST KEY", _unknown),
    (r"UNPROTECTED PRIVATE KEY FILE", _bad_key),
    (r"Permission denied \([^)\n]*\)|Too many authentication failures|Permission denied, please try again", _denied),
    (r"Could not resolve hostname (\S+?):", _unresolved),
    (r"connect to host \S+ port \d+: (.+)", _down),
    (r"(Connection timed out) during banner exchange", _down),
    (r"Timeout, server .* not responding", _cut),
    (r"[^\n]*\b(?:closed|reset|timed out|broken pipe)\b[^\n]*", _cut),
)
