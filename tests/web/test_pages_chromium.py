"""Pages in real Chromium, as a new user walks through them: with scripts, without, on a telephone, in the dark, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..jobs.servers import Process, started, wait_until
from ..test_river import mirror, save
from .browser import Browser, browsing
from .conftest import fleet
from .site import PASSWORD, Site

__all__ = ["fleet", "mirror"]

pytestmark = pytest.mark.chromium

EVERYWHERE = (
    "/",
    "/targets",
    "/targets/1",
    "/targets/4",
    "/targets/10",
    "/findings",
    "/runs",
    "/runs/1",
    "/schedules",
    "/account",
    "/users",
)
_CONTRAST = """
const luminance = (color) => {
  const [r, g, b] = color.match(/[\\d.]+/g).map(Number).slice(0, 3).map((each) => each / 255)
    .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (!color.endsWith(", 0)") && color !== "transparent") return color;
  }
  return "rgb(255, 255, 255)";
};
const faint = [];
for (const element of document.querySelectorAll("body *")) {
  if (![...element.childNodes].some((each) => each.nodeType === 3 && each.data.trim()) || !element.checkVisibility()) continue;
  const [one, other] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => b - a);
  if ((one + 0.05) / (other + 0.05) < 4.5) faint.push(element.outerHTML.slice(0, 120));
}
return faint;
"""
"""Texts whose contrast is below what WCAG 2.2 asks of small ones (1.4.3)."""


@pytest.fixture
def served(tmp_path: Path, mirror: Path) -> Iterator[Process]:
    """``hullwatch serve`` as it is started for the first time."""
    home = {"HULLWATCH_HOME": str(tmp_path / "home"), "HULLWATCH_MIRROR": str(mirror), "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    with started("serve", "--port", "0", environment=home, said=tmp_path / "said") as process:
        yield process


@pytest.mark.server
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_new_user_walks_from_the_first_login_to_the_evidence(tmp_path: Path, served: Process, scripts: bool) -> None:
    """Logs in, has an image watched, schedules it for the night, has it looked at, sees the log grow, and follows a finding."""
    password, address = served.find(r"with the password (\S+)"), served.find(r"listening at (\S+)")
    image = save(tmp_path / "api.tar", "3.1.2")
    with browsing(address, tmp_path / "profile", scripts=scripts) as browser:
        _log_in(browser, password)
        assert "Nothing is watched yet" in browser.text()
        _watch(browser, image)
        _schedule(browser, image)
        _look_at_it(browser)
        _follow_a_finding(browser, image)
        assert browser.errors() == []


def _log_in(browser: Browser, password: str) -> None:
    browser.go("/")
    assert browser.path == "/login"
    browser.type("#name", "admin")
    browser.type("#password", "wrong")
    browser.button("Log in")
    browser.wait_for("name or password is wrong", "[role=alert]")
    assert [error for error in browser.errors() if "401" not in error] == []
    browser.type("#password", password)
    browser.key("enter")
    browser.wait_for("Nothing is watched yet", path="/")


def _watch(browser: Browser, image: str) -> None:
    browser.follow("Watch something else")
    browser.type("#reference", image)
    browser.type("#target-name", "shop")
    browser.press("input[name=scan]")
    browser.button("Watch")
    browser.wait_for("Not judged yet.", path="/targets/1")


def _schedule(browser: Browser, image: str) -> None:
    browser.follow("Schedules")
    browser.type("#name", "nightly")
    browser.type("#time_zone", "Europe/Berlin")
    browser.press("input[value=these]")
    browser.press(f"input[value='{image}']")
    browser.button("Schedule")
    browser.wait_for("30 2 * * * Europe/Berlin", "table")
    browser.button("Pause")
    browser.wait_for("paused", "table")
    browser.button("Resume")
    browser.wait_for("Pause", "table")


def _look_at_it(browser: Browser) -> None:
    """Nothing is pressed from here on until the run has ended: the page comes to it by itself."""
    browser.button("Run now")
    browser.wait_for("run 1 succeeded", path="/runs/1")
    wait_until(lambda: "data-follow" not in browser.source)
    browser.wait_for("feed alpine/v3.99/main", "#log")
    browser.wait_for("found 1 medium, 1 unrated", "#log")
    browser.wait_for("NOT CLEAN")


def _follow_a_finding(browser: Browser, image: str) -> None:
    browser.follow("Now")
    browser.press(".mends a")
    browser.wait_for("shop", "h1", path="/targets/1")
    browser.follow("CVE-2023-45853")
    for words in ("EXPLOITED", "1.3.1-r0 mends it", "lib/apk/db/installed", "layer 1", "1.3-r0 < 1.3.1-r0 by apk's order", image):
        browser.wait_for(words)
    browser.follow("Findings")
    browser.type("#text", "jinja")
    browser.key("enter")
    wait_until(lambda: "text=jinja" in browser.path)
    browser.follow("CVE-2024-22195")
    for words in (
        "site-packages/jinja2.dist-info/METADATA",
        "layer 2",
        "3.1.2 < 3.1.3 by PEP 440's order",
        "osv/PyPI",
        "GHSA-h5c8-rqwp-cp95",
    ):
        browser.wait_for(words)


@pytest.fixture(scope="module")
def browser(fleet: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A window in which an admin looks at the ten targets of the reports' sample."""
    fleet.visitor().post("/schedules", form="/schedules", name="nightly", cron="30 2 * * *", time_zone="Europe/Berlin", job="scan")
    with browsing(fleet.url, tmp_path_factory.mktemp("chromium") / "profile") as window:
        window.go("/login")
        window.type("#name", "admin")
        window.type("#password", PASSWORD)
        window.button("Log in")
        yield window


@pytest.mark.parametrize("width", [360, 820, 1280])
def test_no_page_has_to_be_moved_sideways(browser: Browser, width: int) -> None:
    """On a telephone, a tablet and a screen; nor is anything cut off."""
    browser.look(width)
    for path in EVERYWHERE:
        browser.go(path)
        inner, outer = browser.run("return [document.documentElement.scrollWidth, window.innerWidth]")
        assert inner <= outer, f"{path} at {width}"
        assert (
            browser.run(
                "return [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length"
            )
            == 0
        )
    assert browser.errors() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_can_be_read(browser: Browser, dark: bool) -> None:
    """Enough contrast, by day and by night."""
    browser.look(1280, dark=dark)
    for path in EVERYWHERE:
        browser.go(path)
        assert browser.run(_CONTRAST) == [], path


def test_a_page_can_be_used_by_keyboard_alone(browser: Browser) -> None:
    """The first stop leads past the head; where one is can be seen."""
    browser.look(1280)
    browser.go("/")
    browser.key("tab")
    assert browser.run("return document.activeElement.textContent") == "Skip to the content"
    browser.key("enter")
    assert browser.run("return location.hash") == "#content"
    browser.key("tab")
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_page_prints_without_what_is_for_pressing(browser: Browser) -> None:
    """What is folded away on the screen is on the paper."""
    folded = "return document.querySelector('.mends pre').checkVisibility({contentVisibilityAuto: true})"
    browser.look(1280)
    browser.go("/")
    assert not browser.run(folded)
    browser.look(1280, printed=True)
    wait_until(lambda: bool(browser.run(folded)))
    assert browser.run("return [...document.querySelectorAll('button, nav')].filter((each) => each.checkVisibility()).length") == 0
    browser.look(1280)
