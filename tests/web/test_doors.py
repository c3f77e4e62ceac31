"""Who is let in: every route of the OpenAPI document, and every other there is, without a token, with too small a one, with another's."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from hullwatch.store.users import Role
from hullwatch.web import health, metrics
from hullwatch.web.api import ROUTERS
from hullwatch.web.compat.anchore import router as anchore
from hullwatch.web.pages import ROUTERS as PAGES
from hullwatch.web.security import new_token

from ..reports.builders import MADE_AT
from .site import PASSWORD, Site

OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/api/v1/sessions")}
"""They need no login, and say nothing that would."""
FOREIGN = {
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/v1"),
    ("GET", "/version"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/static/{name}"),
}
"""Of pages and of the foreign API; what they say is tested beside them."""
ALSO_FOR_VIEWERS = {
    ("PUT", "/api/v1/users/me/password"),
    ("DELETE", "/api/v1/sessions/current"),
    ("DELETE", "/api/v1/tokens/{token}"),
    ("POST", "/api/v1/tokens"),
}
"""What changes something of one's own."""
NAMES = {"finding": "0123456789abcdef"}
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/targets": {"reference": "host"},
    "/api/v1/targets/{target}": {"name": "x"},
    "/api/v1/schedules": {"name": "nightly", "cron": "0 1 * * *"},
    "/api/v1/schedules/{schedule}": {"paused": True},
    "/api/v1/runs": {"targets": ["host"]},
    "/api/v1/users": {"name": "new", "password": "correct horse"},
    "/api/v1/users/{user}": {"role": "viewer"},
    "/api/v1/users/me/password": {"old": PASSWORD, "new": PASSWORD},
    "/api/v1/tokens": {"name": "new"},
}
Route = tuple[str, str]


def routes_of_document(site: Site) -> list[Route]:
    """Method and path of each operation."""
    document = httpx.get(f"{site.url}/api/v1/openapi.json").json()
    return [(method.upper(), path) for path, operations in document["paths"].items() for method in operations]


def all_routes() -> Iterator[Route]:
    """Method and path of every route there is, in the document or not."""
    prefixed = [("/api/v1", router) for router in ROUTERS]
    for prefix, router in (*prefixed, ("", health.router), ("", metrics.router), ("", anchore), *(("", router) for router in PAGES)):
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield from ((method, f"{prefix}{route.path}") for method in route.methods or ())


def send(site: Site, route: Route, token: str = "", **headers: str) -> httpx.Response:
    """A request that would do, of whoever has that token."""
    method, path = route
    address = re.sub(r"\{(\w+)\}", lambda found: NAMES.get(found[1], "1"), path)
    given = {"authorization": f"Bearer {token}"} if token else {}
    query = {"package": "zlib"} if path.endswith("/holders") else {}
    return httpx.request(
        method, f"{site.url}{address}", headers=given | headers, json=BODIES.get(path, {}) if method != "GET" else None, params=query
    )


def token_of(site: Site, role: Role, *, name: str = "", days: int = 1, grants: Role | None = None) -> str:
    """A new token of a user of that role."""
    name = name or f"{role}-of-tokens"
    known = site.memory.users.password_of(name)
    user = known[0] if known else site.memory.users.add(name, "no hash", role, MADE_AT)
    secret = new_token()
    site.memory.tokens.add(secret, user=user.id, name="test", role=grants or role, at=MADE_AT, expires_at=MADE_AT + timedelta(days=days))
    return secret


def test_every_route_is_in_one_of_these_tests(fleet: Site) -> None:
    """The document names all of our own API; what is open is known by name."""
    ours = {route for route in all_routes() if route[1].startswith("/api/v1") or route[1] in ("/metrics", "/healthz", "/readyz")}
    assert set(routes_of_document(fleet)) == ours
    assert {("GET", "/api/v1/openapi.json")}.isdisjoint(ours)


def test_without_a_token_every_route_is_closed(fleet: Site) -> None:
    """Not found, not understood, too long: nothing of that is said before one is let in."""
    for route in {*routes_of_document(fleet), *all_routes()} - OPEN - FOREIGN:
        answer = send(fleet, route)
        known = answer.status_code in (401, 403) or (answer.status_code in (302, 303) and "/login" in answer.headers["location"])
        assert known, (route, answer.status_code, answer.text)


@pytest.mark.parametrize("kind", ["unknown", "expired", "taken back", "half"])
def test_a_token_that_is_none_lets_nobody_in(fleet: Site, kind: str) -> None:
    """Whatever was wrong with it, the answer is the same."""
    token = token_of(fleet, Role.ADMIN, days=-1 if kind == "expired" else 1)
    if kind == "taken back":
        fleet.memory.tokens.remove(fleet.memory.tokens.of(None)[-1].id)
    token = {"unknown": new_token(), "half": token[:-1]}.get(kind, token)
    for route in set(routes_of_document(fleet)) - OPEN:
        answer = send(fleet, route, token)
        assert (answer.status_code, answer.json()["detail"]) == (401, "not logged in"), route


def test_a_viewer_changes_nothing(fleet: Site) -> None:
    """But what is one's own; a viewer sees everything but users."""
    token = token_of(fleet, Role.VIEWER)
    for route in set(routes_of_document(fleet)) - OPEN - ALSO_FOR_VIEWERS:
        answer = send(fleet, route, token)
        for_admins = route[1] == "/api/v1/users" or route[1] == "/api/v1/users/{user}"
        if route[0] == "GET" and not for_admins:
            assert answer.status_code in (200, 404), (route, answer.text)
        else:
            assert (answer.status_code, answer.json()["remedy"]) == (403, "ask an admin"), route


def test_an_operator_keeps_no_users(fleet: Site) -> None:
    """Nor does an admin with a token for less."""
    for token in (token_of(fleet, Role.OPERATOR), token_of(fleet, Role.ADMIN, name="careful", grants=Role.OPERATOR)):
        for route in routes_of_document(fleet):
            if route[1] in ("/api/v1/users", "/api/v1/users/{user}"):
                assert send(fleet, route, token).status_code == 403, route


def test_what_is_anothers_is_not_there(site: Site) -> None:
    """A token of another is neither seen nor taken back; an admin may."""
    first, second, admin = (token_of(site, Role.OPERATOR, name=name) for name in ("ann", "bob", "root"))
    site.memory.users.change(site.memory.users.all()[-1].id, role=Role.ADMIN)
    anns = httpx.get(f"{site.url}/api/v1/tokens", headers={"authorization": f"Bearer {first}"}).json()["tokens"]
    assert [each["user"] for each in anns] == ["ann"]
    for everybody, status in (("true", 403), ("false", 200)):
        answer = httpx.get(f"{site.url}/api/v1/tokens", params={"everybody": everybody}, headers={"authorization": f"Bearer {second}"})
        assert answer.status_code == status
    assert httpx.delete(f"{site.url}/api/v1/tokens/{anns[0]['id']}", headers={"authorization": f"Bearer {second}"}).status_code == 404
    admins = token_of(site, Role.ADMIN, name="root")
    assert admin != admins
    assert httpx.delete(f"{site.url}/api/v1/tokens/{anns[0]['id']}", headers={"authorization": f"Bearer {admins}"}).status_code == 204
    assert httpx.get(f"{site.url}/api/v1/users/me", headers={"authorization": f"Bearer {first}"}).status_code == 401


def test_a_token_makes_no_tokens(site: Site) -> None:
    """Or one that is stolen would live for ever. Name and password make one, for no more than one's role."""
    token = token_of(site, Role.ADMIN)
    assert send(site, ("POST", "/api/v1/tokens"), token).status_code == 403
    site.visitor(Role.OPERATOR)
    for role, status in ((Role.ADMIN, 403), (Role.OPERATOR, 201)):
        answer = httpx.post(f"{site.url}/api/v1/tokens", json={"name": "x", "role": role}, auth=("operator", PASSWORD))
        assert answer.status_code == status
    assert answer.json()["secret"].startswith("hw_")
    assert answer.json()["secret"] not in httpx.get(f"{site.url}/api/v1/tokens", headers={"authorization": f"Bearer {token}"}).text


def test_a_session_of_the_api_is_as_that_of_the_pages(site: Site) -> None:
    """A cookie that scripts cannot read; what changes something sends its secret along; logging out ends it."""
    site.visitor(Role.OPERATOR)
    with httpx.Client(base_url=f"{site.url}/api/v1") as client:
        assert client.post("/sessions", json={"name": "operator", "password": "wrong"}).status_code == 401
        started = client.post("/sessions", json={"name": "operator", "password": PASSWORD})
        assert started.status_code == 201
        cookie = started.headers["set-cookie"].lower()
        assert all(word in cookie for word in ("httponly", "samesite=lax", "path=/"))
        assert client.get("/users/me").json()["role"] == "operator"
        wanted = {"reference": "host"}
        assert client.post("/targets", json=wanted).status_code == 403
        secret = {"x-csrf-token": started.json()["csrf"]}
        assert client.post("/targets", json=wanted, headers=secret | {"sec-fetch-site": "cross-site"}).status_code == 403
        assert client.post("/targets", json=wanted, headers=secret).status_code == 201
        assert client.delete("/sessions/current", headers=secret).status_code == 204
        client.cookies.set("hullwatch_session", started.cookies["hullwatch_session"])
        assert client.get("/users/me").status_code == 401


def test_another_password_ends_all_sessions(site: Site) -> None:
    """And needs the old one."""
    visitor = site.visitor(Role.VIEWER)
    with httpx.Client(base_url=f"{site.url}/api/v1") as client:
        secret = {"x-csrf-token": client.post("/sessions", json={"name": "viewer", "password": PASSWORD}).json()["csrf"]}
        wrong = client.put("/users/me/password", json={"old": "wrong", "new": "quite another one"}, headers=secret)
        assert wrong.status_code == 401
        right = client.put("/users/me/password", json={"old": PASSWORD, "new": "quite another one"}, headers=secret)
        assert right.status_code == 204, right.text
        assert client.get("/users/me").status_code == 401
    assert visitor.get("/account").path == "/login"


def test_guessing_is_slowed_down(site: Site) -> None:
    """From the fifth failure on, whatever the name; a right password has to wait too, and is heard when the time has passed."""
    site.visitor(Role.VIEWER)
    for number in range(5):
        answer = httpx.post(f"{site.url}/api/v1/sessions", json={"name": f"name{number}", "password": "wrong"})
        assert (answer.status_code, answer.json()["detail"]) == (401, "name or password is wrong")
    right = {"name": "viewer", "password": PASSWORD}
    answer = httpx.post(f"{site.url}/api/v1/sessions", json=right)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    basic = httpx.post(f"{site.url}/api/v1/tokens", json={"name": "x"}, auth=("viewer", PASSWORD))
    assert basic.status_code == 429
