"""Where a host is reached: told in full, and nothing in it an option."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import Misuse
from hullwatch.targets.ssh.address import Address, make_address, parse_address


@pytest.mark.parametrize(
    ("text", "address", "known_as"),
    [
        ("ssh://web-1", Address("web-1"), "web-1"),
        ("ssh://ops@Web-1.example.net:22/", Address("web-1.example.net", "ops", 22), "web-1.example.net"),
        ("ssh://ops@192.0.2.4:2222", Address("192.0.2.4", "ops", 2222), "[192.0.2.4]:2222"),
        ("ssh://[2001:db8::5]:2222", Address("2001:db8::5", "", 2222), "[2001:db8::5]:2222"),
        ("ssh://[fe80::1%eth0]", Address("fe80::1%eth0"), "fe80::1%eth0"),
    ],
)
def test_parts(text: str, address: Address, known_as: str) -> None:
    """User and port may be left out; a name has no upper case."""
    assert parse_address(text) == address
    assert parse_address(address.reference) == address
    assert address.known_as == known_as


@pytest.mark.parametrize(
    "text",
    [
        "ssh://", "ssh:web", "web", "ssh://-oProxyCommand=id", "ssh://-l@web", "ssh://@web", "ssh://a b", "ssh://web:0", "ssh://web:65536",
        "ssh://web:", "ssh://web:-1", "ssh://web/path", "ssh://a@b@c", "ssh://[::1", "ssh://[web]", "ssh://[::1%-x]", "ssh://w;id", "ssh://$(id)",
        "ssh://web:２２", "ssh://ops;id@web", "ssh://web\n", "ssh://" + "w" * 300,
    ],
)  # fmt: skip
def test_what_could_be_taken_for_something_else_is_refused(text: str) -> None:
    """By the client, by a shell or by a user."""
    with pytest.raises(Misuse):
        parse_address(text)


def test_a_password_is_refused_and_not_repeated() -> None:
    """It would be seen in lists of processes, histories and reports."""
    with pytest.raises(Misuse) as refused:
        parse_address("ssh://ops:s3cret@web")
    assert "s3cret" not in str(refused.value)


@given(st.text(max_size=60) | st.from_regex(r"[a-z0-9@:/\[\]%.;$ -]{0,40}", fullmatch=True))
def test_any_text(text: str) -> None:
    """Whatever is typed is an address without options, or misuse."""
    with suppress(Misuse):
        address = parse_address(f"ssh://{text}")
        assert not address.host.startswith("-")
        assert not address.user.startswith("-")
        assert parse_address(address.reference) == address
    with suppress(Misuse):
        assert not make_address(text, user=text, port="22").host.startswith("-")
