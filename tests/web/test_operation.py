"""What those who run a server need: health, readiness, metrics, and where it listens."""

import re
from pathlib import Path

import httpx
import pytest

from hullwatch.errors import HomeUnavailable, Misuse
from hullwatch.store.users import Role
from hullwatch.web.headers import HEADERS
from hullwatch.web.serving import Listener

from .site import Site
from .test_doors import token_of


def test_health_needs_nothing_and_readiness_a_database(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both say no more than that."""
    assert httpx.get(f"{site.url}/healthz").text == httpx.get(f"{site.url}/readyz").text == "ok\n"

    def refuse() -> None:
        raise HomeUnavailable("history at postgresql://db: refused", remedy="see that it answers")

    monkeypatch.setattr(site.memory, "answers", refuse)
    answer = httpx.get(f"{site.url}/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert httpx.get(f"{site.url}/healthz").status_code == 200


def test_metrics_are_in_prometheus_format(fleet: Site) -> None:
    """Each line is a comment or a sample; labels are escaped; they are a viewer's to see."""
    assert httpx.get(f"{fleet.url}/metrics").status_code == 401
    answer = httpx.get(f"{fleet.url}/metrics", headers={"authorization": f"Bearer {token_of(fleet, Role.VIEWER)}"})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    sample = re.compile(r'[a-z_]+(\{[a-z]+="([^"\\\n]|\\.)*"(,[a-z]+="([^"\\\n]|\\.)*")*\})? -?[0-9.e+]+')
    for line in answer.text.splitlines():
        assert line.startswith("# ") or sample.fullmatch(line), line
    assert 'hullwatch_findings{kind="vulnerability",severity="critical"} ' in answer.text
    assert "hullwatch_targets 10\n" in answer.text


def test_every_answer_is_closed_to_other_sites(fleet: Site) -> None:
    """Failures too."""
    for path in ("/healthz", "/api/v1/targets", "/nowhere", "/login", "/api/v1/openapi.json"):
        headers = httpx.get(f"{fleet.url}{path}").headers
        assert {name for name in HEADERS if name not in headers} == set(), path


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.3.2.1"])
def test_loopback_needs_no_encryption(host: str) -> None:
    """Nobody else can listen there."""
    Listener(host=host).check()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org", "", "localhost.example.org"])  # noqa: S104 - refused
def test_elsewhere_passwords_do_not_go_in_clear(host: str, tmp_path: Path) -> None:
    """Either TLS, or a proxy that speaks it."""
    with pytest.raises(Misuse, match="passwords would be read"):
        Listener(host=host).check()
    Listener(host=host, behind_proxy=True).check()
    Listener(host=host, certificate=tmp_path / "a", key=tmp_path / "b").check()
    with pytest.raises(Misuse, match="a certificate needs its key"):
        Listener(host=host, certificate=tmp_path / "a").check()


def test_a_port_that_is_taken_is_said_so() -> None:
    """And a host that is not there."""
    with Listener(port=0).open() as taken:
        port = taken.getsockname()[1]
        for listener in (Listener(port=port), Listener(host="192.0.2.1", port=0, behind_proxy=True)):
            with pytest.raises(HomeUnavailable, match="--host or --port"):
                listener.open()
        assert Listener(port=0).address(taken) == f"http://127.0.0.1:{port}"
