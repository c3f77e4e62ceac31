"""The whole river: archives and directories in, a report out, by the command as a user runs it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.targets.image_making import Layer, make, metadata, old_archive

OS_RELEASE = b'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.99.1\nPRETTY_NAME="Alpine Linux v3.99"\n'
"""Of a release whose end nobody knows yet."""
INSTALLED = b"P:zlib\nV:1.3-r0\nA:x86_64\no:zlib\n\nP:libssl3\nV:3.1.7-r1\nA:x86_64\no:openssl\n\n"
SECDB = {
    "packages": [
        {"pkg": {"name": "zlib", "secfixes": {"1.3.1-r0": ["CVE-2023-45853"], "0": ["CVE-2020-0001"]}}},
        {"pkg": {"name": "openssl", "secfixes": {"3.1.6-r0": ["CVE-2024-5535"]}}},
    ]
}
OSV = {
    "id": "GHSA-h5c8-rqwp-cp95",
    "aliases": ["CVE-2024-22195"],
    "modified": "2024-01-11T00:00:00Z",
    "summary": "Cross-site scripting by xmlattr",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "Jinja2"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.3"}]}],
        }
    ],
}
KEV = {"catalogVersion": "2026.11.25", "vulnerabilities": [{"cveID": "CVE-2023-45853", "dateAdded": "2026-01-02"}]}

BASE: Layer = {"etc/os-release": OS_RELEASE, "lib/apk/db/installed": INSTALLED}
SITE = "usr/lib/python3.11/site-packages"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """The three feeds that the image below needs, as a mirror has them."""
    root = tmp_path / "mirror"
    secdb = root / "secdb.alpinelinux.org" / "v3.99"
    osv = root / "osv-vulnerabilities.storage.googleapis.com" / "PyPI"
    kev = root / "www.cisa.gov" / "sites" / "default" / "files" / "feeds"
    for directory in (secdb, osv, kev):
        directory.mkdir(parents=True)
    (secdb / "main.json").write_text(json.dumps(SECDB))
    (secdb / "community.json").write_text(json.dumps({"packages": []}))
    with zipfile.ZipFile(osv / "all.zip", "w") as archive:
        archive.writestr("GHSA-h5c8-rqwp-cp95.json", json.dumps(OSV))
    (kev / "known_exploited_vulnerabilities.json").write_text(json.dumps(KEV))
    return root


def hullwatch(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command with no terminal."""
    command = [sys.executable, "-c", "from hullwatch.__main__ import main; main()", *words]
    environment = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock", "CI": "true", **environ}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    return done


def save(path: Path, jinja: str) -> str:
    """An archive of two layers: Alpine, and one Python package on it."""
    path.write_bytes(old_archive(make("shop/api:2.4", BASE, {f"{SITE}/jinja2.dist-info/METADATA": metadata("Jinja2", jinja)})))
    return f"archive:{path}"


def rows(text: str) -> list[list[str]]:
    """Severity, exploited, id, package, installed, fixed, target, layer, status of each line."""
    return [line.split("\t") for line in text.splitlines()]


def test_a_finding_appears_is_explained_and_is_mended(tmp_path: Path, mirror: Path) -> None:
    """Found with its layer; explained down to the comparison; the same finding in a second run; gone when the package is newer."""
    target = save(tmp_path / "api.tar", "3.1.2")
    first = hullwatch("scan", target, "--format", "lines", "--mirror", str(mirror))
    assert first.returncode == 1
    assert rows(first.stdout) == [
        ["medium", "no", "CVE-2024-22195", "pypi:jinja2", "3.1.2", "3.1.3", target, "2", "fixed"],
        ["unrated", "yes", "CVE-2023-45853", "zlib", "1.3-r0", "1.3.1-r0", target, "1", "fixed"],
    ]

    explained = hullwatch("explain", "GHSA-h5c8-rqwp-cp95", target, "--mirror", str(mirror))
    assert explained.returncode == 0
    for part in ("CVE-2024-22195", f"{SITE}/jinja2.dist-info/METADATA", "layer 2", "3.1.2 < 3.1.3", "osv/PyPI"):
        assert part in explained.stdout

    again = json.loads(hullwatch("scan", target, "--format", "json", "--mirror", str(mirror)).stdout)
    assert (again["summary"]["total"]["new"], again["summary"]["total"]["mended"]) == (0, 0)

    save(tmp_path / "api.tar", "3.1.4")
    mended = json.loads(hullwatch("scan", target, "--format", "json", "--mirror", str(mirror), "--offline").stdout)
    assert (mended["summary"]["total"]["new"], mended["summary"]["total"]["mended"]) == (0, 1)
    assert [finding["id"] for finding in mended["findings"]] == ["CVE-2023-45853"]
    assert sum(len(mend["findings"]) for mend in mended["report"]["mends"]) == 1


def test_changes_alone_are_never_called_clean(tmp_path: Path, mirror: Path) -> None:
    """Of a first run all is new; then nothing is, which does not hide what was there before; then one is gone."""
    target = save(tmp_path / "api.tar", "3.1.2")
    words = ("scan", target, "--diff", "--mirror", str(mirror))
    assert len(rows(hullwatch(*words, "--format", "lines").stdout)) == 2
    second = hullwatch(*words)
    assert second.returncode == 1
    assert second.stdout.splitlines()[0].endswith("NOT CLEAN, exit 1")
    assert "2 findings known before, not shown (--diff)" in second.stdout
    assert "CVE-" not in second.stdout
    assert json.loads(hullwatch(*words, "--format", "json").stdout)["clean"] is False
    save(tmp_path / "api.tar", "3.1.4")
    third = hullwatch(*words).stdout
    assert "1 finding known before, not shown (--diff)" in third
    assert "CVE-2024-22195" in third.partition("GONE SINCE THE LAST RUN")[2]


def test_one_run_writes_the_screen_and_several_files(tmp_path: Path, mirror: Path) -> None:
    """The table on standard output, and SARIF, CycloneDX and JSON beside it, all of the same run."""
    target = save(tmp_path / "api.tar", "3.1.2")
    outputs = [word for name in ("r.sarif", "r.cdx.json", "r.json", "r.txt") for word in ("--output", str(tmp_path / name))]
    done = hullwatch("scan", target, "--mirror", str(mirror), *outputs, "-q")
    assert done.returncode == 1
    assert done.stderr == ""
    assert "MEND NOW, IN ORDER" in done.stdout
    assert (tmp_path / "r.txt").read_text() == done.stdout
    sarif = json.loads((tmp_path / "r.sarif").read_text())
    assert {result["ruleId"] for result in sarif["runs"][0]["results"]} == {"CVE-2024-22195", "CVE-2023-45853"}
    cyclonedx = json.loads((tmp_path / "r.cdx.json").read_text())
    assert {each["id"] for each in cyclonedx["vulnerabilities"]} == {"CVE-2024-22195", "CVE-2023-45853"}
    assert json.loads((tmp_path / "r.json").read_text())["exit_status"] == 1


def test_two_unchanged_runs_print_the_same_bytes(tmp_path: Path, mirror: Path) -> None:
    """Piped, what depends on the time alone goes to standard error."""
    target = save(tmp_path / "api.tar", "3.1.2")
    hullwatch("scan", target, "--mirror", str(mirror))
    second, third = (hullwatch("scan", target, "--mirror", str(mirror)).stdout for _ in range(2))
    assert second == third


def test_exit_status_tells_findings_gaps_and_misuse_apart(tmp_path: Path, mirror: Path) -> None:
    """2 misuse or no report, 1 findings, 3 gaps, 0 clean; --fail-on never is 0 whenever there is a report."""
    target = save(tmp_path / "api.tar", "3.1.2")
    clean = tmp_path / "clean"
    (clean / "etc").mkdir(parents=True)
    (clean / "etc" / "os-release").write_bytes(OS_RELEASE)
    (clean / "lib" / "apk" / "db").mkdir(parents=True)
    (clean / "lib" / "apk" / "db" / "installed").write_bytes(INSTALLED.replace(b"1.3-r0", b"1.3.1-r0"))
    with_mirror = ("--mirror", str(mirror))
    assert hullwatch("scan", target, *with_mirror).returncode == 1
    assert hullwatch("scan", target, *with_mirror, "--fail-on", "never").returncode == 0
    assert hullwatch("scan", f"dir:{clean}", f"archive:{tmp_path}/none.tar", *with_mirror, "--fail-on", "Never").returncode == 0
    assert hullwatch("scan", f"dir:{clean}", *with_mirror).returncode == 0
    assert hullwatch("scan", f"dir:{clean}", f"archive:{tmp_path}/none.tar", *with_mirror).returncode == 3
    assert hullwatch("scan", f"archive:{tmp_path}/none.tar", *with_mirror).returncode == 2
    assert hullwatch("scan", target, "--output", "x.unknown").returncode == 2
    assert hullwatch("scan", target, "--fail-on", "often").returncode == 2
    assert hullwatch("scan", "--no-such-option").returncode == 2
    assert hullwatch("scan", f"dir:{clean}", "--offline", HULLWATCH_HOME=str(tmp_path / "empty")).returncode == 3


def test_a_waiver_is_dated_counted_and_can_cover_a_gap(tmp_path: Path, mirror: Path) -> None:
    """Waived findings fail no run and stay in the report; an expired waiver does nothing; a gap is waived by its kind."""
    target = save(tmp_path / "api.tar", "3.1.2")
    waivers = tmp_path / "waivers.yaml"
    entry = "  - {{rule: {0}, reason: not reachable, until: {1}}}\n"
    waivers.write_text("waivers:\n" + entry.format("CVE-2023-45853", "2999-01-01") + entry.format("CVE-2024-22195", "2999-01-01"))
    done = hullwatch("scan", target, "--mirror", str(mirror), "--waivers", str(waivers), "--format", "json")
    assert done.returncode == 0
    assert {finding["status"] for finding in json.loads(done.stdout)["findings"]} == {"waived"}
    waivers.write_text("waivers:\n" + entry.format("CVE-2023-45853", "2020-01-01"))
    assert hullwatch("scan", target, "--mirror", str(mirror), "--waivers", str(waivers)).returncode == 1
    waivers.write_text("waivers:\n  - {rule: CVE-1}\n")
    assert hullwatch("scan", target, "--mirror", str(mirror), "--waivers", str(waivers)).returncode == 2


def test_a_home_that_cannot_be_written_is_a_warning(tmp_path: Path, mirror: Path) -> None:
    """The report is there, nothing is remembered, and standard error says why."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    done = hullwatch("scan", save(tmp_path / "api.tar", "3.1.2"), "--mirror", str(mirror), HULLWATCH_HOME=str(in_the_way / "home"))
    assert done.returncode == 1
    assert "HULLWATCH_HOME" in done.stderr


def test_what_a_query_and_an_inventory_say_is_the_same(tmp_path: Path) -> None:
    """SQL over a directory's packages and its inventory hold the same packages."""
    root = tmp_path / "root"
    for path, data in BASE.items():
        assert isinstance(data, bytes)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    answer = hullwatch("query", "select name, version from packages order by name", "--target", f"dir:{root}", "--format", "json")
    inventory = json.loads(hullwatch("inventory", f"dir:{root}", "--format", "json").stdout)["inventory"]
    assert {(row["name"], row["version"]) for row in json.loads(answer.stdout)} == {("zlib", "1.3-r0"), ("libssl3", "3.1.7-r1")}
    assert {(each["name"], each["version"]) for each in inventory["packages"]} == {("zlib", "1.3-r0"), ("libssl3", "3.1.7-r1")}


def test_the_machine_is_scanned_without_an_engine(tmp_path: Path, mirror: Path) -> None:
    """Without a Docker engine that is a note, the host is judged, and there is a report."""
    done = hullwatch("scan", "--offline", "--fail-on", "never", "--format", "json", "--mirror", str(mirror), HULLWATCH_DOCKER_HOST="")
    assert done.returncode == 0
    report = json.loads(done.stdout)["report"]
    assert [target["inventory"]["target"]["reference"] for target in report["targets"]] == ["host"]
    assert report["whole_machine"]
