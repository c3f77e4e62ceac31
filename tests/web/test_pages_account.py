"""Logging in and out, one's own account, and users."""

import httpx

from hullwatch.store.users import Role

from .site import HTML, PASSWORD, Site


def test_a_wrong_password_is_refused_and_the_name_is_kept(site: Site) -> None:
    """Nobody learns whether there is such a user; after some attempts one has to wait."""
    site.visitor()
    stranger = site.visitor(None)
    for name in ("admin", "nobody"):
        page = stranger.post("/login", form="/login", status=401, name=name, password="wrong")
        assert "name or password is wrong" in page.text
        assert name in {each.attributes.get("value") for each in page.all("input")}
    for _ in range(3):
        stranger.post("/login", form="/login", status=401, name="admin", password="wrong")
    page = stranger.post("/login", form="/login", status=429, name="admin", password=PASSWORD)
    assert "too many failed attempts" in page.text
    assert int(page.answer.headers["retry-after"]) >= 1


def test_a_login_form_of_another_browser_is_refused(site: Site) -> None:
    """Its secret belongs to a cookie, so nobody can be logged in as somebody else by another site."""
    site.visitor()
    one, other = site.visitor(None), site.visitor(None)
    given = one.get("/login").hidden("/login") | {"name": "admin", "password": PASSWORD}
    assert other.client.post("/login", data=given).status_code == 403
    assert httpx.post(f"{site.url}/login", data=given, headers=HTML).status_code == 403
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert one.client.post("/login", data=given, headers=elsewhere).status_code == 403
    assert one.client.post("/login", data=given).status_code == 303


def test_one_is_never_led_elsewhere(site: Site) -> None:
    """Whatever the address of the login says."""
    site.visitor()
    for wanted in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", "/a\nb"):
        stranger = site.visitor(None)
        given = stranger.get("/login").hidden("/login") | {"name": "admin", "password": PASSWORD, "next": wanted}
        assert stranger.client.post("/login", data=given).headers["location"] == "/"
        assert stranger.client.get("/login", params={"next": wanted}).headers["location"] == "/"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    """That of the session and that of the form."""
    site.visitor()
    stranger = site.visitor(None)
    form = stranger.client.get("/login").headers["set-cookie"]
    assert "HttpOnly" in form
    assert "SameSite=strict" in form
    given = stranger.get("/login").hidden("/login") | {"name": "admin", "password": PASSWORD}
    session = stranger.client.post("/login", data=given).headers["set-cookie"]
    assert "HttpOnly" in session
    assert "SameSite=lax" in session


def test_logging_out_ends_the_session(site: Site) -> None:
    """Also for a copy of the cookie."""
    visitor = site.visitor()
    kept = dict(visitor.client.cookies)
    assert visitor.post("/logout", form="/").path == "/login"
    assert httpx.get(f"{site.url}/", headers=HTML, cookies=kept).status_code == 303


def test_another_password_is_chosen(site: Site) -> None:
    """Typed twice, with the old one; other sessions end, this one goes on."""
    visitor = site.visitor(Role.VIEWER)
    elsewhere = site.visitor(None)
    elsewhere.post("/login", form="/login", name="viewer", password=PASSWORD)
    wrong = {"old": PASSWORD, "new": "another long one", "again": "another long two"}
    page = visitor.post("/account/password", form="/account", status=422, **wrong)
    assert "typed in two ways" in page.text
    page = visitor.post("/account/password", form="/account", status=422, old=PASSWORD, new="short", again="short")
    assert "a password has 12 to 1000 characters" in page.text
    page = visitor.post("/account/password", form="/account", status=401, old="wrong", new="another long one", again="another long one")
    assert "name or password is wrong" in page.text
    page = visitor.post("/account/password", form="/account", old=PASSWORD, new="another long one", again="another long one")
    assert "The password was changed" in page.text
    assert elsewhere.get("/").path == "/login"
    assert site.visitor(None).post("/login", form="/login", name="viewer", password="another long one").path == "/"


def test_a_token_is_shown_once_and_taken_back(site: Site) -> None:
    """It may do no more than its maker; programs come in by it."""
    visitor = site.visitor(Role.OPERATOR)
    page = visitor.post("/account/tokens", form="/account", name="pipeline", role="viewer", days="30")
    secret = next(each.text for each in page.all("code") if each.text.startswith("hw_"))
    bearer = {"authorization": f"Bearer {secret}"}
    assert httpx.get(f"{site.url}/api/v1/users/me", headers=bearer).json()["role"] == "viewer"
    page = visitor.get("/account")
    assert secret not in page.source
    assert page.table("Tokens")[0][:3] == ["pipeline", "viewer", "2027-02-03 09:12 UTC"]
    assert (
        "this needs the role admin" in visitor.post("/account/tokens", form="/account", status=403, name="x", role="admin", days="1").text
    )
    assert "a token has a name" in visitor.post("/account/tokens", form="/account", status=422, name=" ").text
    visitor.post("/account/tokens", form="/account", status=422, name="x", days="1000")
    page = visitor.post("/account/tokens/1/remove", form="/account")
    assert "You have none." in page.text
    assert httpx.get(f"{site.url}/api/v1/users/me", headers=bearer).status_code == 401


def test_nobody_takes_back_the_tokens_of_others(site: Site) -> None:
    """Not by a page: there one has one's own."""
    site.visitor(Role.OPERATOR).post("/account/tokens", form="/account", name="pipeline")
    viewer = site.visitor(Role.VIEWER)
    given = viewer.get("/account").hidden("/logout")
    assert viewer.client.post("/account/tokens/1/remove", data=given).status_code == 404


def test_users_are_let_in_changed_and_let_out(site: Site) -> None:
    """By an admin; their sessions end with their password."""
    admin = site.visitor()
    page = admin.post("/users", form="/users", name="eve", password=PASSWORD, role="viewer")
    assert "eve viewer" in page.text
    eve = site.visitor(None)
    eve.post("/login", form="/login", name="eve", password=PASSWORD)
    admin.post("/users/2", form="/users", role="operator", password="")
    assert "Watch something" in eve.get("/targets").text
    admin.post("/users/2", form="/users", role="operator", password="another long one")
    assert eve.get("/").path == "/login"
    page = admin.post("/users/2/remove", form="/users")
    assert "eve operator" not in page.text
    assert [each.name for each in site.memory.users.all()] == ["admin"]


def test_users_that_cannot_be_are_told(site: Site) -> None:
    """A name that is taken or odd, a short password, the last admin."""
    admin = site.visitor()
    for name, password, words in (
        ("admin", PASSWORD, "there is a user 'admin' already"),
        ("<eve>", PASSWORD, "a name has letters, digits"),
        ("eve", "short", "a password has 12 to 1000 characters"),
    ):
        page = admin.post("/users", form="/users", status=422, name=name, password=password, role="viewer")
        assert words in page.text
        assert name in {each.attributes.get("value") for each in page.all("input")}
        assert password not in page.source
    assert "nobody would be admin any more" in admin.post("/users/1", form="/users", status=422, role="viewer", password="").text
    assert "nobody would be admin any more" in admin.post("/users/1/remove", form="/users", status=422).text
    assert len(site.memory.users.all()) == 1
