"""The commands that speak to a server, against one that listens."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hullwatch.cli.main import app
from hullwatch.errors import Denied, Malformed, Misuse, NotFound, Unreachable
from hullwatch.store.logs import LogLevel, NewLine
from hullwatch.store.runs import Counts, RunStatus
from hullwatch.store.users import Role

from ..databases import sqlite_pattern
from ..reports.builders import MADE_AT
from ..reports.samples import ten_targets
from ..web.site import PASSWORD, Site, serving
from ..web.test_doors import token_of

__all__ = ["sqlite_pattern"]


class Remote:
    """The command line of somebody with an admin's token."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.environment: dict[str, str] = {"HULLWATCH_SERVER": site.url, "HULLWATCH_TOKEN": token_of(site, Role.ADMIN)}

    def run(self, *words: str, status: int = 0, **given: Any) -> str:
        """What a command writes to standard output."""
        result = CliRunner().invoke(app, list(words), env=self.environment | {"COLUMNS": "200"}, **given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result.stdout

    def items(self, *words: str) -> list[Mapping[str, Any]]:
        """What a command lists."""
        found = json.loads(self.run(*words, "--format", "json"))
        assert isinstance(found, list)
        return found


@pytest.fixture
def remote(tmp_path: Path, sqlite_pattern: Path) -> Iterator[Remote]:
    """A server that watches nothing."""
    path = tmp_path / "history.sqlite"
    path.write_bytes(sqlite_pattern.read_bytes())
    with serving(path, tmp_path) as site:
        yield Remote(site)


def test_targets_come_and_go(remote: Remote) -> None:
    """Added, listed as a table, as CSV and as JSON, removed."""
    added = json.loads(
        remote.run("targets", "add", "host", "--name", "lap\x1b[31mtop", "--label", "a", "--label", "b", "--format", "json")
    )[0]
    assert (added["reference"], added["labels"]) == ("host", ["a", "b"])
    table = remote.run("targets", "list").splitlines()
    assert table[0].split() == ["id", "reference", "name", "labels", "last_judged_at", "findings"]
    assert "\x1b" not in table[1]
    assert remote.run("targets", "list", "--format", "csv").startswith("id,reference,")
    remote.run("targets", "remove", str(added["id"]))
    assert remote.items("targets", "list") == []


def test_schedules_are_kept_by_name(remote: Remote) -> None:
    """Paused, resumed, run, removed; a number does too."""
    remote.run("schedules", "add", "nightly", "30 2 * * *", "host", "--time-zone", "Europe/Berlin", "--only", "benchmark")
    (schedule,) = remote.items("schedules", "list")
    assert (schedule["targets"], schedule["parameters"]["only"]) == (["host"], ["benchmark"])
    remote.run("schedules", "pause", "nightly")
    assert remote.items("schedules", "list")[0]["paused"]
    remote.run("schedules", "resume", str(schedule["id"]))
    remote.run("schedules", "run", "nightly")
    assert remote.items("runs", "list")[0]["schedule"] == "nightly"
    remote.run("schedules", "remove", "nightly")
    with pytest.raises(NotFound, match="no schedule 'nightly'"):
        remote.run("schedules", "run", "nightly")
    with pytest.raises(Misuse, match="no cron text"):
        remote.run("schedules", "add", "odd", "x")


def test_a_run_is_started_shown_and_cancelled(remote: Remote) -> None:
    """With its targets."""
    run = json.loads(remote.run("runs", "start", "host", "daemon", "--fail-on", "never", "--format", "json"))[0]
    assert (run["status"], run["parameters"]["fail_on"]) == ("queued", "never")
    number = str(run["id"])
    assert remote.run("runs", "show", number).splitlines()[-1].split()[:2] == ["daemon", "queued"]
    remote.run("runs", "cancel", number)
    assert remote.items("runs", "list", "--status", "cancelled")[0]["id"] == run["id"]
    assert remote.items("runs", "list", "--target", "dir:/nowhere") == []


@pytest.mark.parametrize(
    ("status", "counts", "exit_status"),
    [(RunStatus.SUCCEEDED, Counts(), 0), (RunStatus.SUCCEEDED, Counts(failed=True), 1), (RunStatus.SUCCEEDED, Counts(incomplete=True), 3),
     (RunStatus.FAILED, Counts(), 2), (RunStatus.CANCELLED, Counts(), 2)],
)  # fmt: skip
def test_a_log_is_followed_to_the_end_of_its_run(remote: Remote, status: RunStatus, counts: Counts, exit_status: int) -> None:
    """And one ends as the run did; a run that ended otherwise than well ends with 2."""
    number = json.loads(remote.run("runs", "start", "host", "--format", "json"))[0]["id"]
    memory = remote.site.memory
    memory.work.begin(number, 0, MADE_AT)
    memory.logs.append(
        number,
        [NewLine(at=MADE_AT, text="odd \x1b]0;x\x07 name", target="host"), NewLine(at=MADE_AT, text="careful", level=LogLevel.WARNING)],
    )
    if status is RunStatus.CANCELLED:
        memory.work.cancel(number, "bob", MADE_AT)
    memory.work.end(number, 0, status, MADE_AT, counts=counts)
    said = remote.run("runs", "log", str(number), "--follow", status=exit_status)
    assert [line.split(" ", 1)[1] for line in said.splitlines()][1:] == [" warning: careful", f" run {number} {status}"]
    assert "\x1b" not in said
    assert remote.run("runs", "log", str(number)) == said


def test_findings_are_listed_and_shown(tmp_path: Path, sqlite_pattern: Path) -> None:
    """The worst first, as many as asked for, more than a page; and the report of the run that found them."""
    path = tmp_path / "history.sqlite"
    path.write_bytes(sqlite_pattern.read_bytes())
    with serving(path, tmp_path) as site:
        run = site.remember(*ten_targets())
        remote = Remote(site)
        found = remote.items("findings", "list")
        assert len(found) > 100
        assert remote.items("findings", "list", "--limit", "7") == found[:7]
        assert remote.items("findings", "list", "--severity", "critical", "--exploited") == [
            each for each in found if each["severity"] == "critical" and each["exploited"]
        ]
        assert remote.items("findings", "list", "--gone") == []
        shown = json.loads(remote.run("findings", "show", found[0]["id"]))
        assert shown["finding"]["rule"] == found[0]["rule"]
        assert found[0]["rule"] in remote.run("runs", "report", str(run.id), "--format", "lines")


def test_users_and_tokens_are_kept(remote: Remote) -> None:
    """A password comes from standard input, a token goes to standard output, and lets in."""
    user = json.loads(remote.run("users", "add", "ann", "--role", "operator", "--format", "json", input="correct horse\n"))[0]
    secret = remote.run("tokens", "add", "ci", "--user", "ann", "--role", "operator", input="correct horse\n").strip()
    admins = remote.environment["HULLWATCH_TOKEN"]
    remote.environment["HULLWATCH_TOKEN"] = secret
    (token,) = remote.items("tokens", "list")
    assert (token["name"], token["user"], token["role"]) == ("ci", "ann", "operator")
    with pytest.raises(Denied, match="needs the role admin"):
        remote.run("users", "list")
    remote.run("tokens", "remove", str(token["id"]))
    with pytest.raises(Denied, match="HULLWATCH_TOKEN"):
        remote.run("tokens", "list")
    remote.environment["HULLWATCH_TOKEN"] = admins
    remote.run("users", "password", str(user["id"]), input="another horse\n")
    with pytest.raises(Denied, match="name or password is wrong"):
        remote.run("tokens", "add", "ci", "--user", "ann", input="correct horse\n")
    remote.run("users", "remove", str(user["id"]))
    assert [each["name"] for each in remote.items("users", "list")] == ["admin-of-tokens"]


def test_a_server_that_is_none_is_said_so(remote: Remote) -> None:
    """Nobody there, no address, something else there."""
    for server, error in (
        ("http://127.0.0.1:9", Unreachable),
        ("nonsense", Misuse),
        (f"{remote.site.url}/login?", Malformed),
    ):
        remote.environment["HULLWATCH_SERVER"] = server
        with pytest.raises(error):
            remote.run("targets", "list")
    assert PASSWORD not in json.dumps(remote.environment)
