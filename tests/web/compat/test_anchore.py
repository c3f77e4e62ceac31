"""Anchore Engine's API: by its own client against a running server, and shape by shape."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from tests.targets.image_making import metadata, tar_of
from tests.test_river import BASE, SITE, mirror

__all__ = ["mirror"]

CLIENT = Path(os.environ.get("HULLWATCH_ANCHORE_CLI", Path(__file__).parents[3] / ".venv-anchore" / "bin" / "anchore-cli"))
"""anchore-cli 0.9.3 in an environment of its own: it pins old libraries."""
IMAGE = "hullwatch-test/anchore:1"
_FAILED = "WARNING: failed to format output"


class Serving(Struct, frozen=True):
    """A running server with one small image in its engine."""

    url: str
    password: str

    def get(self, path: str, **query: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", params=query, auth=("admin", self.password))


@pytest.fixture
def serving(tmp_path: Path, mirror: Path) -> Iterator[Serving]:
    """A server of its own home, and the image; both are gone afterwards."""
    layer = {**BASE, f"{SITE}/jinja2.dist-info/METADATA": metadata("Jinja2", "3.1.2")}
    subprocess.run(["docker", "import", "-", IMAGE], input=tar_of(layer), check=True, capture_output=True)
    words = [sys.executable, "-c", "from hullwatch.__main__ import main; main()", "serve", "--port", "0", "--mirror", str(mirror)]
    environment = {**os.environ, "HULLWATCH_HOME": str(tmp_path / "served"), "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    try:
        assert server.stdout is not None
        said = ""
        while "listening at" not in said:
            line = server.stdout.readline()
            assert line, f"the server ended: {said}"
            said += line
        password, url = re.search(r"password (\S+)", said), re.search(r"listening at (\S+)", said)
        assert password is not None
        assert url is not None
        yield Serving(url[1], password[1])
    finally:
        server.terminate()
        server.communicate(timeout=20)
        subprocess.run(["docker", "image", "rm", IMAGE], check=False, capture_output=True)


def wait_until_analyzed(serving: Serving) -> dict[str, Any]:
    """The image's record once its run has ended: the run's log is followed to its end."""
    secret = httpx.post(f"{serving.url}/api/v1/tokens", json={"name": "test"}, auth=("admin", serving.password)).json()["secret"]
    headers = {"authorization": f"Bearer {secret}", "accept": "text/event-stream"}
    with httpx.stream("GET", f"{serving.url}/api/v1/runs/1/log", headers=headers, timeout=60) as log:
        assert any(line == "event: end" for line in log.iter_lines())
    [record] = serving.get("/v1/images", fulltag=IMAGE).json()
    assert record["analysis_status"] == "analyzed"
    found: dict[str, Any] = record
    return found


@pytest.mark.docker
def test_an_image_is_added_analyzed_and_judged(serving: Serving) -> None:
    """Every answer has the shape that clients read; nobody is let in without a password."""
    assert httpx.get(f"{serving.url}/v1").json() == "v1"
    assert httpx.get(f"{serving.url}/swagger.json").json()["info"]["version"] == "0.1.20"
    refused = httpx.get(f"{serving.url}/v1/images")
    assert (refused.status_code, refused.json()["httpcode"]) == (401, 401)
    assert httpx.get(f"{serving.url}/v1/images", auth=("admin", "wrong")).status_code == 401

    added = httpx.post(f"{serving.url}/v1/images?autosubscribe=True", json={"tag": IMAGE}, auth=("admin", serving.password))
    assert added.status_code == 200
    assert added.json()[0]["image_detail"][0]["fulltag"] == f"docker.io/{IMAGE}"
    record = wait_until_analyzed(serving)
    digest = record["imageDigest"]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    assert set(record["image_content"]["metadata"]) == {"arch", "distro", "distro_version", "dockerfile_mode", "image_size", "layer_count"}
    assert serving.get(f"/v1/images/{digest}").json()[0]["imageDigest"] == digest
    assert serving.get(f"/v1/images/by_id/{digest[7:]}").json()[0]["imageDigest"] == digest

    rows = serving.get(f"/v1/images/{digest}/vuln/all", vendor_only="True").json()["vulnerabilities"]
    assert {(row["vuln"], row["package"], row["severity"], row["fix"], row["package_type"]) for row in rows} == {
        ("CVE-2023-45853", "zlib-1.3-r0", "Unknown", "1.3.1-r0", "APKG"),
        ("CVE-2024-22195", "jinja2-3.1.2", "Medium", "3.1.3", "python"),
    }
    assert [row["vuln"] for row in serving.get(f"/v1/images/{digest}/vuln/os").json()["vulnerabilities"]] == ["CVE-2023-45853"]
    content = serving.get(f"/v1/images/{digest}/content/os").json()["content"]
    assert {(row["package"], row["version"], row["sourcepkg"]) for row in content} == {
        ("zlib", "1.3-r0", "zlib"),
        ("libssl3", "3.1.7-r1", "openssl"),
    }
    checked = serving.get(f"/v1/images/{digest}/check", tag=f"docker.io/{IMAGE}", detail="true").json()
    [evaluation] = checked[0][digest][f"docker.io/{IMAGE}"]
    assert evaluation["status"] == "fail"
    assert serving.get("/v1/images", fulltag="no/such:tag").status_code == 404
    assert serving.get(f"/v1/images/{digest}/content/nosuch").status_code == 404


@pytest.mark.docker
@pytest.mark.anchore
def test_the_client_s_own_commands(serving: Serving) -> None:
    """What the chapter's play does, and a little more, by the real client: exit status, and no output that it could not format."""
    if not CLIENT.exists():
        pytest.skip(f"no anchore-cli at {CLIENT}; make anchore-cli installs it")

    def run(*words: str, password: str = serving.password) -> tuple[int, str]:
        environ = {"ANCHORE_CLI_URL": f"{serving.url}/v1", "ANCHORE_CLI_USER": "admin", "ANCHORE_CLI_PASS": password}
        done = subprocess.run([CLIENT, *words], capture_output=True, text=True, env={**os.environ, **environ}, check=False, timeout=60)
        assert _FAILED not in done.stdout
        return done.returncode, done.stdout

    assert run("system", "status")[0] == 0
    assert run("image", "add", IMAGE)[0] == 0
    code, said = run("image", "wait", IMAGE, "--timeout", "60", "--interval", "1")
    assert code == 0
    assert "Analysis Status: analyzed" in said
    assert f"docker.io/{IMAGE}" in run("image", "list")[1]
    assert run("image", "get", IMAGE)[0] == 0
    assert "zlib" in run("image", "content", IMAGE, "os")[1]
    assert "CVE-2023-45853" in run("image", "vuln", IMAGE, "os")[1]
    assert "CVE-2024-22195" in run("image", "vuln", IMAGE, "all", "--vendor-only", "False")[1]
    code, said = run("evaluate", "check", IMAGE)
    assert code == 1
    assert "Status: fail" in said
    assert run("evaluate", "check", IMAGE, "--detail")[0] == 1
    assert run("system", "feeds", "list")[0] == 0
    assert run("image", "get", "no/such:tag")[0] == 1
    assert run("image", "add", "no/such:tag")[0] == 1
    assert run("image", "list", password="wrong")[0] == 2
    assert run("image", "del", IMAGE)[0] == 0
