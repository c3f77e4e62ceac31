"""Where rules send to: had from one place, warned about by path, shown to nobody."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.config import NotifyRule
from hullwatch.errors import Denied, HullwatchError, NotFound
from hullwatch.notify.addresses import address_of, oddities, redact

URL = "jsons://ops:s3cr%21t@hooks.example:8443/T0KEN/aB/hook?key=qu3ry&ab=cd"


def test_an_address_is_had_from_settings_a_variable_or_a_file(tmp_path: Path) -> None:
    """The first line of a file; what stands below it is a note to people."""
    path = tmp_path / "url"
    path.write_text(f"  {URL}\nof the ops channel\n")
    assert address_of(NotifyRule(name="a", url=URL), {}) == URL
    assert address_of(NotifyRule(name="a", url_env="HOOK"), {"HOOK": f"{URL}\n"}) == URL
    assert address_of(NotifyRule(name="a", url_file=path), {}) == URL


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_an_address_that_is_not_there_names_its_setting(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, empty or no text; a variable that is not set."""
    path = tmp_path / "url"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotFound, match=r"notify\.a\.url_file"):
        address_of(NotifyRule(name="a", url_file=path), {})
    with pytest.raises(NotFound, match=r"notify\.a\.url_env: HOOK"):
        address_of(NotifyRule(name="a", url_env="HOOK"), {"HOOK": " "})


def test_a_file_of_somebody_else_is_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so the refusal is made."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Denied, match=r"notify\.a\.url_file"):
        address_of(NotifyRule(name="a", url_file=tmp_path / "url"), {})


@pytest.mark.parametrize(
    ("url", "odd"),
    [
        ("json://hooks.example/x", ["notify.slack.url: not https (jsons:// is)"]),
        ("mailto://u:p@mail.example", ["notify.slack.url: not encrypted (mailtos:// is)"]),
        ("json://localhost:9/x", []),
        ("json://127.0.0.1/x", []),
        ("json://[::1]:9/x", []),
        ("jsons://hooks.example/x", []),
        ("slack://a/b/c", []),
        ("json://[bad", ["notify.slack.url: not https (jsons:// is)"]),
    ],
)
def test_what_is_not_encrypted_is_odd(url: str, odd: list[str]) -> None:
    """Unless it does not leave this machine."""
    assert list(oddities(NotifyRule(name="slack", url=url), url)) == odd


def test_a_secret_that_others_may_read_is_odd(tmp_path: Path) -> None:
    """In a file of its own, or among the settings."""
    path = tmp_path / "url"
    path.write_text(URL)
    path.chmod(0o644)
    assert list(oddities(NotifyRule(name="a", url_file=path), URL)) == [f"notify.a.url_file: others may read {path}, and it holds a secret"]
    assert list(oddities(NotifyRule(name="a", url=URL), URL, (str(path),))) == [
        f"notify.a.url: others may read {path}, and it holds a secret"
    ]
    path.chmod(0o600)
    assert list(oddities(NotifyRule(name="a", url_file=path), URL, (str(path),))) == []


def test_no_part_of_an_address_survives() -> None:
    """Neither as written nor decoded, nor what the query holds; host and scheme may stay, short parts only as whole words."""
    said = f"POST {URL} failed for ops: s3cr!t refused, /T0KEN/aB/hook?key=qu3ry said cd, decided at hooks.example; jsons://***:s...t@h"
    hidden = redact(said, URL)
    for secret in ("s3cr", "T0KEN", "aB", "qu3ry", "ops:", "s...t"):
        assert secret not in hidden
    assert "hooks.example" in hidden
    assert "decided" in hidden


def test_a_token_in_the_place_of_a_host_is_a_secret() -> None:
    """As Slack's and most services' URLs have it."""
    assert redact("slack said tokenA123 no", "slack://tokenA123/tokenB/tokenC") == "slack said *** no"


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_address_is_redacted_from_any_text(before: str, secret: str) -> None:
    """Nothing raises, and a password of some length is gone."""
    url = f"json://user:{secret}@host/"
    hidden = redact(f"{before} {secret} ", url)
    if len(secret) >= 6 and not set(secret) & set("@/?:%*") and secret not in before:
        assert secret not in hidden


@given(st.text(max_size=80))
def test_an_address_that_is_none_is_odd_or_not_but_never_an_error(url: str) -> None:
    """It comes from people."""
    list(oddities(NotifyRule(name="a", url=url or "x"), url))
    redact("text", url)


def test_errors_hold_no_environment() -> None:
    """The value of a variable is in no message."""
    with pytest.raises(HullwatchError) as raised:
        address_of(NotifyRule(name="a", url_env="HOOK"), {"OTHER": URL, **os.environ})
    assert URL not in str(raised.value)
