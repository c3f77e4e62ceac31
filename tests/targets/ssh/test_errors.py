"""The OpenSSH client's complaints, in its own words."""

import pytest

from hullwatch.errors import Denied, HullwatchError, Unreachable, Untrusted
from hullwatch.targets.ssh.address import Address
from hullwatch.targets.ssh.errors import failure_of, last_line

HOST = Address("web-1", "ops", 2222)


@pytest.mark.parametrize(
    ("complaint", "kind", "what"),
    [
        ("ssh: connect to host web-1 port 2222: Connection refused\r\n", Unreachable, "ssh://ops@web-1:2222: connection refused"),
        ("ssh: connect to host web-1 port 2222: Connection timed out\r\n", Unreachable, "ssh://ops@web-1:2222: connection timed out"),
        ("ssh: connect to host web-1 port 2222: No route to host\r\n", Unreachable, "ssh://ops@web-1:2222: no route to host"),
        (
            "ssh: Could not resolve hostname web-1: Name or service not known\r\n",
            Unreachable,
            "ssh://ops@web-1:2222: web-1 is no name that can be resolved",
        ),
        ("ops@web-1: Permission denied (publickey).\r\n", Denied, "ssh://ops@web-1:2222: Permission denied (publickey)"),
        (
            "Received disconnect from 192.0.2.1 port 2222:2: Too many authentication failures\r\nDisconnected from 192.0.2.1 port 2222\r\n",
            Denied,
            "ssh://ops@web-1:2222: Too many authentication failures",
        ),
        (
            "@@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n",
            Untrusted,
            "its host key is another than the one known",
        ),
        ("No ED25519 host key is known for [web-1]:2222 and you have requested strict checking.\r\n", Untrusted, "is not known here"),
        ("Host key verification failed.\r\n", Untrusted, "is not known here"),
        (
            "@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\r\nops@web-1: Permission denied (publickey).\r\n",
            Denied,
            "UNPROTECTED PRIVATE KEY FILE",
        ),
        ("kex_exchange_identification: Connection closed by remote host\r\n", Unreachable, "Connection closed by remote host"),
        ("Timeout, server web-1 not responding.\r\n", Unreachable, "Timeout, server web-1 not responding"),
        ("client_loop: send disconnect: Broken pipe\r\n", Unreachable, "Broken pipe"),
        ("/home/me/.ssh/config: line 3: Bad configuration option: hst\r\n", Unreachable, "Bad configuration option: hst"),
        ("", Unreachable, "the connection was closed while it was made"),
        ("\x1b[31m\x07weird\r\n", Unreachable, "[31mweird"),
    ],
)
def test_each_complaint_has_its_error(complaint: str, kind: type[HullwatchError], what: str) -> None:
    """With something to do about it."""
    error = failure_of(HOST, complaint)
    assert type(error) is kind
    assert what in error.what
    assert error.remedy


def test_remedies_can_be_pasted() -> None:
    """They name host and port as the tools want them."""
    assert "ssh-keygen -R '[web-1]:2222'" in failure_of(HOST, "REMOTE HOST IDENTIFICATION HAS CHANGED").remedy
    assert "ssh-keyscan -p 2222 web-1" in failure_of(HOST, "Host key verification failed.").remedy
    assert "ssh -o BatchMode=yes -p 2222 ops@web-1 true" in failure_of(HOST, "").remedy


def test_the_last_line_that_says_something() -> None:
    """Frames, warnings and blank lines say nothing."""
    assert last_line("first\nWarning: odd\nlast\n@@@@@\n\n") == "last"
    assert last_line("@@@\n") == ""
