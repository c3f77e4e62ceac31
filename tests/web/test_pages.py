"""What holds for every page: who may see it, what it is made of, and that its JSON twin says the same."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute

from hullwatch.errors import HomeUnavailable
from hullwatch.store.finding_search import FindingQuery
from hullwatch.store.users import Role
from hullwatch.web.answers import MAX_BODY_BYTES
from hullwatch.web.pages import ROUTERS

from .site import HTML, Page, Site, doubled

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
OPEN = {"/login", "/static/{name}"}
READ = sorted(route.path for route in ROUTES if "GET" in (route.methods or ()) and route.path not in OPEN)
DONE = sorted(route.path for route in ROUTES if "POST" in (route.methods or ()) and route.path not in OPEN)
FOR_VIEWERS = {"/logout", "/account/password", "/account/tokens", "/account/tokens/{token}/remove"}
FOR_ADMINS = {"/users", "/users/{user}", "/users/{user}/remove"}
EXAMPLES = {"target": "1", "run": "1", "schedule": "1", "token": "1", "user": "1"}


def example(site: Site, path: str) -> str:
    """A page of that kind which is there."""
    if "{schedule}" in path and not site.memory.schedules.page():
        site.visitor().post("/schedules", form="/schedules", name="nightly", cron="30 2 * * *", time_zone="Europe/Berlin", job="scan")
    finding = site.memory.findings.page(FindingQuery(), limit=1)[0][0].finding.id
    return re.sub(r"\{(\w+)\}", lambda found: (EXAMPLES | {"finding": finding})[found[1]], path)


@pytest.mark.parametrize("path", READ)
def test_who_is_not_logged_in_is_asked_to(fleet: Site, path: str) -> None:
    """And comes to where one wanted to go."""
    wanted = example(fleet, path)
    stranger = fleet.visitor(None)
    assert stranger.get(wanted).path == "/login"
    fleet.visitor()
    assert stranger.post("/login", form=wanted, name="admin", password="correct horse battery").path == wanted


@pytest.mark.parametrize("path", DONE)
def test_nothing_is_done_without_a_secret_of_the_form(fleet: Site, path: str) -> None:
    """So another site cannot have a browser do it; nor is it done for those who are not logged in."""
    address = example(fleet, path)
    assert fleet.visitor().client.post(address).status_code == 403
    assert fleet.visitor().client.post(address, data={"csrf": "0" * 64}).status_code == 403
    assert fleet.visitor(None).client.post(address).status_code == 401
    foreign = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    visitor = fleet.visitor()
    assert visitor.client.post(address, data=visitor.get("/account").hidden("/logout"), headers=foreign).status_code == 403


@pytest.mark.parametrize("path", sorted(set(DONE) - FOR_VIEWERS))
def test_a_role_that_does_not_suffice_is_refused(fleet: Site, path: str) -> None:
    """Whatever form is sent: a viewer changes nothing, an operator no users."""
    for role in (Role.VIEWER, Role.OPERATOR) if path in FOR_ADMINS else (Role.VIEWER,):
        visitor = fleet.visitor(role)
        answer = visitor.client.post(example(fleet, path), data=visitor.get("/account").hidden("/logout"))
        assert answer.status_code == 403
        assert "this needs the role" in answer.text


@pytest.mark.parametrize("path", READ)
def test_a_page_is_shown_to_whom_it_is_for(fleet: Site, path: str) -> None:
    """Those of users to admins alone, all others to everybody; no button is shown that its visitor may not press."""
    wanted = example(fleet, path)
    assert fleet.visitor(Role.OPERATOR).get(wanted, 403 if path in FOR_ADMINS else 200)
    page = fleet.visitor(Role.VIEWER).get(wanted, 403 if path in FOR_ADMINS else 200)
    allowed = {"/logout", "/account/password", "/account/tokens"} if path == "/account" else {"/logout"}
    assert {re.sub(r"tokens/\d+/remove", "tokens", action) for action in page.actions()} <= allowed


@pytest.fixture(params=["/login", *READ, "/nowhere"])
def page(request: pytest.FixtureRequest, fleet: Site) -> Page:
    """Every page there is, as an admin sees it."""
    path = str(request.param)
    if path == "/login":
        return fleet.visitor(None).get(path)
    return fleet.visitor().get(example(fleet, path), 404 if path == "/nowhere" else 200)


def test_a_page_can_be_read_by_everybody(page: Page) -> None:
    """Language, title, one first heading, landmarks; names for all fields, buttons and columns; no id twice."""
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.one("title").words.endswith(" · hullwatch")
    assert page.one("h1").words
    assert page.one("main")
    assert doubled(each.attributes["id"] for each in page.elements if "id" in each.attributes) == []
    labelled = {each.attributes["for"] for each in page.all("label") if "for" in each.attributes}
    for field in [*page.all("input"), *page.all("select"), *page.all("textarea")]:
        hidden = field.attributes.get("type") == "hidden"
        assert hidden or field.attributes.get("id") in labelled or field.is_in("label"), field.attributes
    assert all(each.text.strip() for each in [*page.all("button"), *page.all("a"), *page.all("summary"), *page.all("legend")])
    assert all("scope" in each.attributes for each in page.all("th"))
    assert all(each.text.strip() for each in page.all("th"))


def test_a_page_brings_nothing_foreign_and_no_script_of_its_own(page: Page) -> None:
    """The policy allows neither; style sheets and scripts come from this server under names that change with them."""
    policy = page.answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy.replace("https:", "http:")
    for each in page.elements:
        assert "style" not in each.attributes
        assert not any(name.startswith("on") for name in each.attributes)
        for name in ("src", "href", "action"):
            assert each.attributes.get(name, "/").startswith(("/", "#")), each.attributes
    assert all(each.attributes["src"].startswith("/static/live.") for each in page.all("script"))
    assert all(not each.text for each in page.all("script"))
    sheet = next(each for each in page.all("link") if each.attributes["rel"] == "stylesheet").attributes["href"]
    answer = httpx.get(page.answer.url.join(sheet))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert "url(" not in answer.text
    assert "@import" not in answer.text


@pytest.mark.parametrize("path", READ)
def test_a_page_has_a_json_twin(fleet: Site, path: str) -> None:
    """It says where, and what is there is JSON."""
    visitor = fleet.visitor()
    page = visitor.get(example(fleet, path))
    (twin,) = [each.attributes["href"] for each in page.all("link") if each.attributes["rel"] == "alternate"]
    assert twin in page.links()
    answer = visitor.client.get(twin)
    assert answer.status_code == 200
    assert answer.json()


def test_pages_stay_out_of_caches_and_frames(fleet: Site) -> None:
    """What was found is nobody else's business."""
    headers = fleet.visitor().get("/").answer.headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"


def test_a_failure_is_a_page_where_a_browser_asks_and_a_problem_elsewhere(fleet: Site) -> None:
    """With what to do about it."""
    visitor = fleet.visitor()
    page = visitor.get("/targets/999", 404)
    assert "there is no watched target 999" in page.text
    assert "Log out" in page.source
    visitor.get("/targets/none", 422)
    assert visitor.client.get("/api/v1/targets/999").headers["content-type"] == "application/problem+json"
    plain = httpx.get(f"{fleet.url}/targets/999", headers={"accept": "*/*"})
    assert plain.status_code == 401
    assert plain.json()["title"] == "Unauthorized"


def test_a_database_that_does_not_answer_is_told_as_a_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where nobody can be recognised any more."""
    visitor = site.visitor()

    def fail(*_: object) -> None:
        raise HomeUnavailable("history: disk I/O error", remedy="look after the disk")

    monkeypatch.setattr(site.memory.sessions, "holder", fail)
    assert "look after the disk" in visitor.get("/", 503).text


def test_no_body_is_longer_than_is_needed(site: Site) -> None:
    """Whoever sends it; forms are read before anybody is recognised."""

    def endless() -> Iterator[bytes]:
        yield b"name="
        for _ in range(MAX_BODY_BYTES // 65536 + 2):
            yield b"a" * 65536

    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = httpx.post(f"{site.url}/login", content=endless(), headers=HTML | form, timeout=30)
    assert answer.status_code in (400, 413)


def test_a_file_that_is_none_of_the_pages_is_not_there(site: Site) -> None:
    """Old names neither."""
    for name in ("hullwatch.css", "hullwatch.000000000000.css", "..%2Fapp.py"):
        assert httpx.get(f"{site.url}/static/{name}").status_code == 404
