"""hullwatch scan tells people after its report; hullwatch notifications says what became of it. As processes, as a user would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.notify.receivers import free_port, webhook

SECRET = "s3cr3t-T0KEN"
MAIN = "from hullwatch.__main__ import main; main()"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A root file system of Alpine with a flaw, the feeds that speak of it, and room for settings."""
    root, feeds = tmp_path / "root", tmp_path / "mirror/secdb.alpinelinux.org/v3.22"
    (root / "etc").mkdir(parents=True)
    (root / "lib/apk/db").mkdir(parents=True)
    feeds.mkdir(parents=True)
    (root / "etc/os-release").write_text("ID=alpine\nVERSION_ID=3.22.1\n")
    (root / "lib/apk/db/installed").write_text("P:zlib\nV:1.3-r0\nA:x86_64\no:zlib\n\n")
    flaws = {"packages": [{"pkg": {"name": "zlib", "secfixes": {"1.3-r1": ["CVE-2024-0001"]}}}]}
    (feeds / "main.json").write_text(json.dumps(flaws))
    (feeds / "community.json").write_text('{"packages": []}')
    exploited = tmp_path / "mirror/www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
    exploited.parent.mkdir(parents=True)
    exploited.write_text('{"vulnerabilities": []}')
    return tmp_path


def settings(place: Path, port: int) -> None:
    """One rule, its URL in a file of its own."""
    (place / "url").write_text(f"json://127.0.0.1:{port}/{SECRET}\n")
    (place / "url").chmod(0o600)
    (place / "hullwatch.toml").write_text(f'mirror = "{place}/mirror"\n[[notify]]\nname = "ops"\nurl_file = "{place}/url"\n')


def hullwatch(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One call, where the settings are."""
    environ = {**os.environ, "HULLWATCH_HOME": str(place / "home")}
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *words], cwd=place, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert SECRET not in done.stdout + done.stderr
    return done


def test_a_scan_tells_and_the_next_one_retries(place: Path) -> None:
    """A receiver that is down is a warning and changes neither report nor exit status; the message arrives with the next scan."""
    port = free_port()
    settings(place, port)
    first = hullwatch(place, "scan", f"dir:{place}/root")
    assert "CVE-2024-0001" in hullwatch(place, "scan", "--format", "json", f"dir:{place}/root").stdout
    assert "notify.ops: not taken" in first.stderr
    listed = hullwatch(place, "notifications", "list").stdout.splitlines()
    assert listed[0].split() == ["RULE", "RUN", "QUEUED", "STATE", "TRIES", "MESSAGE"]
    assert listed[1].split()[:2] == ["ops", "1"]
    assert "not taken" in listed[2]
    assert hullwatch(place, "notifications", "retry").returncode == 3
    with webhook(port) as (kept, _):
        done = hullwatch(place, "notifications", "retry")
        assert (done.returncode, done.stderr) == (0, "hullwatch: 1 delivered, 0 waiting\n")
        quiet = hullwatch(place, "scan", "--diff", f"dir:{place}/root")
    assert quiet.returncode == first.returncode == 1
    assert [got["title"].partition(": ")[2] for got in kept.got] == ["1 new"]
    assert "unrated: CVE-2024-0001 zlib 1.3-r0" in kept.got[0]["message"]
    assert "delivered" in hullwatch(place, "notifications", "list").stdout
    assert [path for path in (place / "home").rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()] == []


def test_what_is_mended_is_told_even_where_only_changes_are_shown(place: Path) -> None:
    """``--diff`` shortens the report, not the message."""
    with webhook() as (kept, port):
        settings(place, port)
        hullwatch(place, "scan", "--diff", f"dir:{place}/root")
        (place / "root/lib/apk/db/installed").write_text("P:zlib\nV:1.3-r1\nA:x86_64\no:zlib\n\n")
        hullwatch(place, "scan", "--diff", f"dir:{place}/root")
    assert [got["title"].partition(": ")[2] for got in kept.got] == ["1 new", "1 gone"]


def test_a_trial_arrives_or_says_why_not(place: Path) -> None:
    """Exit status 2 and the reason where it is not taken."""
    with webhook() as (kept, port):
        settings(place, port)
        assert hullwatch(place, "notifications", "test", "ops").returncode == 0
    assert len(kept.got) == 1
    failed = hullwatch(place, "notifications", "test", "ops")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.startswith("hullwatch: notify.ops: not taken")
    assert "'nobody'" in hullwatch(place, "notifications", "test", "nobody").stderr


def test_a_rule_that_cannot_be_understood_stops_before_anything_is_scanned(place: Path) -> None:
    """Exit status 2, and no report."""
    settings(place, 9)
    with (place / "hullwatch.toml").open("a") as stream:
        stream.write('severity = "severe"\n')
    refused = hullwatch(place, "scan", f"dir:{place}/root")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "notify.ops.severity: 'severe'" in refused.stderr


def test_nothing_queued_is_said_so(place: Path) -> None:
    """On standard error, with where rules are made."""
    listed = hullwatch(place, "notifications", "list")
    assert (listed.returncode, listed.stdout) == (0, "")
    assert "[[notify]]" in listed.stderr
