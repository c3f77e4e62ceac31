"""Chromium, driven through chromedriver's own protocol (https://www.w3.org/TR/webdriver2/): what a person does, and nothing more."""

import base64
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..jobs.servers import wait_until

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_KEYS = {"enter": "\ue007", "tab": "\ue004"}
_NO_SCRIPT = {"profile.managed_default_content_settings.javascript": 2}


class PageLeftError(AssertionError):
    """The page that an element was on is gone: another came."""


class Browser:
    """One window."""

    def __init__(self, driver: httpx.Client, session: str, site: str) -> None:
        self._driver = driver
        self._session = f"/session/{session}"
        self._site = site

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self._ask("POST", "/url", url=f"{self._site}{path}")

    @property
    def path(self) -> str:
        """Of the page that is shown."""
        return str(self._ask("GET", "/url")).removeprefix(self._site)

    @property
    def source(self) -> str:
        """The page as it stands now."""
        return str(self._ask("GET", "/source"))

    def text(self, css: str = "main") -> str:
        """What can be read there."""
        return str(self._ask("GET", f"/element/{self._find(css)}/text"))

    def type(self, css: str, text: str) -> None:
        """Put text in place of what a field holds."""
        element = self._find(css)
        self._ask("POST", f"/element/{element}/clear")
        self._ask("POST", f"/element/{element}/value", text=text)

    def press(self, css: str) -> None:
        """Click on the first such element; the page that follows is there afterwards."""
        self._ask("POST", f"/element/{self._find(css)}/click")

    def follow(self, words: str) -> None:
        """Click on a link, by its words or some of them."""
        (element, *_) = self._ask("POST", "/elements", using="partial link text", value=words) or pytest.fail(f"no link says {words}")
        self._ask("POST", f"/element/{element[_ELEMENT]}/click")

    def button(self, words: str) -> None:
        """Click on a button, by its words."""
        found = self._ask("POST", "/elements", using="xpath", value=f"//button[starts-with(normalize-space(), '{words}')]")
        assert found, f"no button says {words}"
        self._ask("POST", f"/element/{found[0][_ELEMENT]}/click")

    def run(self, script: str) -> Any:
        """What a script of ours answers."""
        return self._ask("POST", "/execute/sync", script=script, args=[])

    def key(self, name: str) -> None:
        """Press a key where the focus is."""
        down_up = [{"type": each, "value": _KEYS[name]} for each in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", actions=[{"type": "key", "id": "keyboard", "actions": down_up}])

    def look(self, width: int, *, dark: bool = False, printed: bool = False) -> None:
        """How wide the window is, what its owner likes, and whether it is for paper."""
        self._devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._devtools("Emulation.setEmulatedMedia", media="print" if printed else "screen", features=[scheme])

    def picture(self, path: Path) -> None:
        """The whole page as a PNG."""
        size = self._devtools("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 8000), "scale": 1}
        taken = self._devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(taken["data"]))

    def errors(self) -> list[str]:
        """What the browser complained of since it was asked last: what the policy forbids, scripts that failed."""
        return [entry["message"] for entry in self._ask("POST", "/se/log", type="browser")]

    def wait_for(self, words: str, css: str = "main", path: str = "") -> None:
        """Until they can be read there, on the page of that path: one that was asked for may not be there yet."""
        wait_until(lambda: (not path or self.path == path) and self._reads(words, css))

    def _reads(self, words: str, css: str) -> bool:
        try:
            return words in self.text(css)
        except PageLeftError:
            return False

    def _find(self, css: str) -> str:
        return str(self._ask("POST", "/element", using="css selector", value=css)[_ELEMENT])

    def _devtools(self, command: str, **parameters: object) -> Any:
        return self._ask("POST", "/goog/cdp/execute", cmd=command, params=parameters)

    def _ask(self, method: str, path: str, **body: object) -> Any:
        answer = self._driver.request(method, f"{self._session}{path}", json=body if method == "POST" else None).json()["value"]
        if isinstance(answer, Mapping) and "stacktrace" in answer:
            message = f"{path} {body}: {answer['message']}"
            raise PageLeftError(message) if answer["error"] == "stale element reference" else AssertionError(message)
        return answer


@contextmanager
def browsing(site: str, profile: Path, *, scripts: bool = True) -> Iterator[Browser]:
    """A window with a new profile; the test is skipped where there is no Chromium."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium chromium-driver)")
    log = profile.with_suffix(".log")
    driver = subprocess.Popen([chromedriver, "--port=0", f"--log-path={log}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        with httpx.Client(base_url=_address(driver), timeout=60, trust_env=False) as client:
            options = {"binary": chromium, "args": [*_FLAGS, f"--user-data-dir={profile}"], "prefs": {} if scripts else _NO_SCRIPT}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            session = client.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
            assert "sessionId" in session, session
            try:
                client.post(f"/session/{session['sessionId']}/timeouts", json={"implicit": 10_000})
                yield Browser(client, session["sessionId"], site)
            finally:
                client.delete(f"/session/{session['sessionId']}")
    finally:
        driver.terminate()
        driver.communicate(timeout=20)


def _address(driver: "subprocess.Popen[str]") -> str:
    """Where it listens, as it says when it has started."""
    assert driver.stdout is not None
    for line in driver.stdout:
        if "started successfully on port " in line:
            return f"http://127.0.0.1:{line.split('on port ')[1].strip().rstrip('.')}"
    raise AssertionError("chromedriver did not start")
