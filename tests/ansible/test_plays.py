"""Both of the chapter's plays, over sshd, on two hosts that hullwatch is installed on by its role."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.targets.image_making import make, old_archive
from tests.test_river import BASE, KEV, SECDB

from .conftest import ROOT, Control
from .hosts import Site, missing, site_of

pytestmark = [pytest.mark.ansible, pytest.mark.docker, pytest.mark.live, pytest.mark.timeout(600)]
IMAGE = "hullwatch-test/ansible:1"
REPORT = "hullwatch-test+ansible:1-scan-report.json"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three hosts; hullwatch is on none of them."""
    if lacking := missing():
        pytest.skip(f"hosts to play on need {', '.join(lacking)}")
    with site_of(tmp_path_factory.mktemp("site"), "web1", "web2", "fresh") as site:
        _mirror(site.shared / "mirror")
        yield site


def _mirror(root: Path) -> None:
    """The feeds that the image needs."""
    secdb, kev = root / "secdb.alpinelinux.org/v3.99", root / "www.cisa.gov/sites/default/files/feeds"
    for directory in (secdb, kev):
        directory.mkdir(parents=True)
    (secdb / "main.json").write_text(json.dumps(SECDB))
    (secdb / "community.json").write_text(json.dumps({"packages": []}))
    (kev / "known_exploited_vulnerabilities.json").write_text(json.dumps(KEV))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """hullwatch as it is here."""
    directory = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(directory), str(ROOT)]
    subprocess.run(words, check=True, timeout=240)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def playbooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a user keeps playbooks, and stands."""
    directory = tmp_path_factory.mktemp("playbooks")
    (directory / "install.yml").write_text("- hosts: docker\n  become: true\n  gather_facts: false\n  roles: [hullwatch.core.install]\n")
    return directory


@pytest.fixture(scope="module")
def installed(control: Control, site: Site, wheel: Path, playbooks: Path) -> Site:
    """The site with hullwatch on its first two hosts."""
    played = control.play(site.inventory, "install.yml", "--limit", "web1,web2", here=playbooks, hullwatch_package=str(wheel))
    assert all(played.changed.values()), played.text
    assert set(played.changed) == {"web1", "web2"}
    return site


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """An image that the engine has, with two flaws that the mirror's feeds know."""
    client = docker.from_env()
    client.images.load(old_archive(make(IMAGE, BASE)))
    yield IMAGE
    client.images.remove(IMAGE)
    client.close()


def test_check_mode_on_a_fresh_host_says_what_would_be_done_and_does_nothing(
    control: Control, site: Site, wheel: Path, playbooks: Path, tmp_path: Path
) -> None:
    """It is a change, nothing fails although there is no hullwatch to ask, and there still is none."""
    for playbook in ("hullwatch.core.docker_bench", "hullwatch.core.image_scan"):
        played = control.play(site.inventory, playbook, "--check", "--limit", "fresh", here=tmp_path, hullwatch_package=str(wheel))
        assert played.changed == {"fresh": 2}, played.text
        assert "would be installed into /opt/hullwatch" in played.text
    assert list(tmp_path.iterdir()) == []
    (fresh,) = (host for host in site.hosts if host.name == "fresh")
    assert site.run(fresh, "ls -d /opt/hullwatch /usr/local/bin/hullwatch /tmp/* 2>/dev/null || true") == ""


def test_an_installation_is_done_once(control: Control, installed: Site, wheel: Path, playbooks: Path) -> None:
    """Asked for again nothing would change; another version would be a change."""
    for version, changed in (("", 0), ("9.9", 1)):
        wanted = {"hullwatch_package": str(wheel), "hullwatch_version": version}
        played = control.play(installed.inventory, "install.yml", "--check", "-l", "web1", here=playbooks, **wanted)
        assert played.changed == {"web1": changed}, played.text


def test_services_are_described_as_packaging_has_them(control: Control, installed: Site, wheel: Path, playbooks: Path) -> None:
    """The unit and its user are there after the first run, and the second changes nothing."""
    wanted = {"hullwatch_package": str(wheel), "hullwatch_services": ["serve"], "hullwatch_services_started": False}
    changed = [control.play(installed.inventory, "install.yml", "-l", "web1", here=playbooks, **wanted).changed["web1"] for _ in range(2)]
    assert changed[0] > 0
    assert changed[1] == 0
    unit = installed.run(installed.hosts[0], "id -un hullwatch; cat /etc/systemd/system/hullwatch-serve.service")
    assert unit == "hullwatch\n" + (ROOT / "packaging/systemd/hullwatch-serve.service").read_text()


def test_the_benchmark_is_fetched_from_each_host(control: Control, installed: Site, tmp_path: Path) -> None:
    """Findings on one host and gaps on the other fail nothing; a second run and check mode change nothing."""
    bench = {"hullwatch_install": False, "docker_bench_objects": [IMAGE.partition(":")[0]]}  # not what other tests start meanwhile
    first = control.play(installed.inventory, "hullwatch.core.docker_bench", "-l", "web1,web2", here=tmp_path, **bench)
    assert first.changed == {"web1": 2, "web2": 2}, first.text
    reports = {path.name.partition("-docker-report-")[0]: path for path in tmp_path.glob("*-docker-report-????-??-??.log")}
    assert set(reports) == {"web1", "web2"}
    for host in installed.hosts[:2]:
        text = reports[host.name].read_text()
        assert text == installed.run(host, "cat /tmp/output.log")
        assert text.startswith("CIS DOCKER BENCHMARK")
        assert f"Report can be found at {reports[host.name]}" in first.text
    assert "the daemon's machine is called" not in reports["web1"].read_text()
    assert "the daemon's machine is called" in reports["web2"].read_text()

    for words in (["--check"], []):
        for _ in range(3):  # other tests use the engine too: what they start or remove meanwhile is a change
            again = control.play(installed.inventory, "hullwatch.core.docker_bench", *words, "-l", "web1,web2", here=tmp_path, **bench)
            if not any(again.changed.values()):
                break
        assert again.changed == {"web1": 0, "web2": 0}, again.text


def test_an_images_report_is_fetched_from_each_host(control: Control, installed: Site, image: str, tmp_path: Path) -> None:
    """The chapter's file from the first host, each host's beside it; a second run and check mode change nothing and remember nothing."""
    variables = {
        "hullwatch_install": False,
        "hullwatch_mirror": "/srv/shared/mirror",
        "image_to_scan": image,
        "clair_server": "http://192.168.1.10:6060",
    }
    first = control.play(installed.inventory, "hullwatch.core.image_scan", "-l", "web1,web2", here=tmp_path, **variables)
    assert first.changed == {"web1": 3, "web2": 2}, first.text
    assert "clair_server is not used" in first.text
    assert f"{image}: 1 can be mended" in first.text
    assert {path.name for path in tmp_path.iterdir()} == {REPORT, f"web1-{REPORT}", f"web2-{REPORT}"}
    assert (tmp_path / REPORT).read_bytes() == (tmp_path / f"web1-{REPORT}").read_bytes()
    for host in installed.hosts[:2]:
        text = (tmp_path / f"{host.name}-{REPORT}").read_text()
        assert text == installed.run(host, f'cat "/tmp/{REPORT}"')
        assert [row["id"] for row in json.loads(text)["findings"]] == ["CVE-2023-45853"]

    for words in (["--check"], []):
        again = control.play(installed.inventory, "hullwatch.core.image_scan", *words, "-l", "web1,web2", here=tmp_path, **variables)
        assert again.changed == {"web1": 0, "web2": 0}, again.text

    lost = control.play(
        installed.inventory, "hullwatch.core.image_scan", "-l", "web1", here=tmp_path, **(variables | {"image_to_scan": "a:1"})
    )
    assert lost.status == 2
    assert "the engine has no image a:1" in lost.text
