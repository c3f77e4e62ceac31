"""Sending for real, to receivers on loopback; what goes wrong is said without a secret."""

import logging
from email.message import EmailMessage

import pytest

from hullwatch.errors import Misuse, Unreachable
from hullwatch.notify.apprise_channel import send_message
from hullwatch.notify.messages import Message

from .receivers import free_port, mail_server, webhook

MESSAGE = Message(title="hullwatch on web-1: 1 new", body="1 new: 1 critical\n  critical: CVE-2024-1 <b>zlib</b> & *co*\n")
SECRET = "s3cr3t-T0KEN"


def test_a_webhook_gets_title_and_text() -> None:
    """As they are, once."""
    with webhook() as (kept, port):
        send_message("ops", f"json://127.0.0.1:{port}/hook/{SECRET}", MESSAGE)
    (got,) = kept.got
    assert (got["title"], got["message"]) == (MESSAGE.title, MESSAGE.body.rstrip("\n"))
    assert kept.paths == [f"/hook/{SECRET}"]


def test_mail_arrives_with_its_subject_and_every_line() -> None:
    """Markup in a name stays text."""
    port = free_port()
    with mail_server(port) as taken:
        send_message(
            "ops", f"mailto://127.0.0.1:{port}?from=hullwatch@web-1.example&to=ops@shop.example&mode=insecure&format=text", MESSAGE
        )
    (mail,) = taken
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == MESSAGE.title
    assert "ops@shop.example" in mail["To"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().split() == MESSAGE.body.split()


@pytest.mark.parametrize("status", [403, 500, 302])
def test_what_is_not_taken_is_unreachable_and_says_why(status: int) -> None:
    """With the service's answer, and nothing of the URL."""
    with webhook() as (kept, port):
        kept.status = status
        with pytest.raises(Unreachable, match=r"notify\.ops: not taken") as raised:
            send_message("ops", f"json://user:{SECRET}@127.0.0.1:{port}/{SECRET}?key={SECRET}", MESSAGE)
    assert str(status) in str(raised.value)
    assert SECRET not in str(raised.value)


def test_nobody_listening_is_unreachable() -> None:
    """No web server, no mail server."""
    mail = f"mailto://user:{SECRET}@127.0.0.1:{free_port()}?from=a@b.example&to=a@b.example&mode=insecure"
    for url in (f"json://127.0.0.1:{free_port()}/{SECRET}", mail):
        with pytest.raises(Unreachable) as raised:
            send_message("ops", url, MESSAGE)
        assert SECRET not in str(raised.value)


@pytest.mark.parametrize("url", [f"nonsense://{SECRET}", SECRET, "json://", f"slack://{SECRET}"])
def test_a_url_that_is_none_is_misuse_that_does_not_show_it(url: str) -> None:
    """The rule is named."""
    with pytest.raises(Misuse, match=r"notify\.ops") as raised:
        send_message("ops", url, MESSAGE)
    assert SECRET not in str(raised.value)


def test_nothing_of_the_url_is_logged_even_where_all_is(caplog: pytest.LogCaptureFixture) -> None:
    """Neither by Apprise nor by what it sends with; afterwards the loggers are as they were."""
    before = [(name, logging.getLogger(name).level, logging.getLogger(name).propagate) for name in ("apprise", "urllib3.connectionpool")]
    with caplog.at_level(1), webhook() as (kept, port):
        send_message("ops", f"json://user:{SECRET}@127.0.0.1:{port}/{SECRET}", MESSAGE)
        kept.status = 500
        with pytest.raises(Unreachable):
            send_message("ops", f"json://user:{SECRET}@127.0.0.1:{port}/{SECRET}", MESSAGE)
    assert SECRET not in caplog.text
    assert [(name, logging.getLogger(name).level, logging.getLogger(name).propagate) for name, *_ in before] == before
