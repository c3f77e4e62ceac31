"""What the resources below /api/v1 say and do."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from hullwatch.model import Gap, Severity
from hullwatch.reports.summary import rank
from hullwatch.store.logs import NewLine
from hullwatch.store.runs import RunStatus
from hullwatch.store.users import Role

from ..reports.builders import MADE_AT
from .site import IdleHands, Site
from .test_doors import token_of


@pytest.fixture
def api(site: Site) -> Iterator[httpx.Client]:
    """A client with an admin's token."""
    headers = {"authorization": f"Bearer {token_of(site, Role.ADMIN)}"}
    with httpx.Client(base_url=f"{site.url}/api/v1", headers=headers) as client:
        yield client


@pytest.fixture
def full(fleet: Site) -> Iterator[httpx.Client]:
    """A client of a server that has looked at ten targets."""
    headers = {"authorization": f"Bearer {token_of(fleet, Role.VIEWER)}"}
    with httpx.Client(base_url=f"{fleet.url}/api/v1", headers=headers) as client:
        yield client


def pages(client: httpx.Client, path: str, noun: str, **query: Any) -> list[dict[str, Any]]:
    """All items, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(path, params=query | ({"cursor": cursor} if cursor else {})).json()
        assert len(page[noun]) <= query.get("limit", 500)
        found += page[noun]
        cursor = page["next"]
        if not cursor:
            return found


@pytest.mark.parametrize(
    ("path", "noun"), [("/targets", "targets"), ("/findings", "findings"), ("/inventories", "inventories"), ("/runs", "runs")]
)
def test_pages_are_the_whole_list(full: httpx.Client, path: str, noun: str) -> None:
    """Of any size; nothing twice, nothing left out."""
    whole = full.get(path, params={"limit": 500}).json()
    assert whole["next"] == ""
    assert len(whole[noun]) >= (1 if noun == "runs" else 10)
    assert pages(full, path, noun, limit=7) == whole[noun]


def test_findings_are_found_by_what_they_are(full: httpx.Client) -> None:
    """Each filter against the whole list; the worst come first."""
    whole = pages(full, "/findings", "findings")
    ranks = [(not each["exploited"], rank(Severity(each["severity"]))) for each in whole]
    assert ranks == sorted(ranks)
    target = whole[0]["target"]
    for query, holds in (
        ({"severity": ["critical", "low"]}, lambda each: each["severity"] in ("critical", "low")),
        ({"kind": "benchmark"}, lambda each: each["kind"] == "benchmark"),
        ({"target": target}, lambda each: each["target"] == target),
        ({"rule": whole[0]["rule"]}, lambda each: each["rule"] == whole[0]["rule"]),
        ({"exploited": "true"}, lambda each: each["exploited"]),
        ({"new": "false"}, lambda each: not each["new"]),
        ({"waived": "true"}, lambda each: each["waived_by"] is not None),
        ({"waived": "false", "severity": "high"}, lambda each: each["waived_by"] is None and each["severity"] == "high"),
        ({"text": "OPENSSL"}, lambda each: "openssl" in f"{each['rule']} {each['subject']}".lower()),
    ):
        found = pages(full, "/findings", "findings", limit=20, **query)
        assert [each["id"] for each in found] == [each["id"] for each in whole if holds(each)], query


def test_a_finding_has_its_evidence(full: httpx.Client) -> None:
    """And the same life as in the list."""
    listed = full.get("/findings", params={"kind": "vulnerability"}).json()["findings"][0]
    whole = full.get(f"/findings/{listed['id']}").json()
    assert whole["finding"]["evidence"][0]["type"] == "comparison"
    assert {name: whole[name] for name in ("present", "new", "first_seen", "target_id")} == {
        name: listed[name] for name in ("present", "new", "first_seen", "target_id")
    }


def test_an_inventory_is_had_in_every_format(full: httpx.Client) -> None:
    """By its target's number; and packages lead to their targets."""
    listed = full.get("/inventories").json()["inventories"]
    number = next(each["target_id"] for each in listed if each["distribution"].startswith("debian"))
    document = full.get(f"/inventories/{number}").json()
    package = document["inventory"]["packages"][0]
    assert full.get(f"/inventories/{number}", params={"format": "cyclonedx"}).json()["bomFormat"] == "CycloneDX"
    assert package["name"] in full.get(f"/inventories/{number}", params={"format": "table"}).text
    assert full.get(f"/inventories/{number}", params={"format": "nonsense"}).status_code == 404
    holders = full.get("/inventories/holders", params={"package": package["name"]}).json()["references"]
    assert document["inventory"]["target"]["reference"] in holders


def test_a_report_is_had_in_every_format(full: httpx.Client) -> None:
    """Of the whole run, or of one target where a format holds but one."""
    run = full.get("/runs").json()["runs"][0]
    reference = full.get(f"/runs/{run['id']}").json()["targets"][0]["reference"]
    assert len(full.get(f"/runs/{run['id']}/report").json()["report"]["targets"]) == 10
    assert len(full.get(f"/runs/{run['id']}/report", params={"format": "sarif"}).json()["runs"]) == 10
    assert full.get(f"/runs/{run['id']}/report", params={"format": "table"}).headers["content-type"].startswith("text/plain")
    assert full.get(f"/runs/{run['id']}/report", params={"format": "cyclonedx"}).status_code == 404
    one = full.get(f"/runs/{run['id']}/report", params={"format": "cyclonedx", "target": reference})
    assert one.json()["bomFormat"] == "CycloneDX"
    assert full.get(f"/runs/{run['id']}/report", params={"target": "host:none"}).status_code == 404
    assert full.get(f"/runs/{run['id']}/report", params={"format": "nonsense"}).status_code == 422


def test_a_target_comes_changes_and_goes(api: httpx.Client) -> None:
    """Its reference is what was meant; added twice it is there once."""
    added = api.post("/targets", json={"reference": "alpine:3.19", "name": "base", "labels": ["prod"]})
    assert (added.status_code, added.json()["reference"], added.json()["kind"]) == (201, "docker:alpine:3.19", "image")
    path = f"/targets/{added.json()['id']}"
    assert api.post("/targets", json={"reference": "docker:alpine:3.19"}).json()["id"] == added.json()["id"]
    assert api.patch(path, json={"name": "other"}).json()["labels"] == []
    assert [each["name"] for each in api.get("/targets", params={"reference": "docker:alpine:3.19"}).json()["targets"]] == ["other"]
    assert api.delete(path).status_code == 204
    assert (api.get(path).status_code, api.get(path).json()["title"]) == (404, "Not Found")


def test_a_run_is_asked_for_and_cancelled(site: Site, api: httpx.Client) -> None:
    """202 and where it is; hands are told. Nothing named means all that is watched."""
    nothing = api.post("/runs", json={})
    assert (nothing.status_code, nothing.json()["remedy"]) == (422, "add a target, or name one")
    api.post("/targets", json={"reference": "host"})
    asked = api.post("/runs", json={"parameters": {"only": ["benchmark"]}})
    assert (asked.status_code, asked.headers["location"], asked.json()["status"]) == (202, f"/api/v1/runs/{asked.json()['id']}", "queued")
    assert asked.json()["parameters"] == {"only": ["benchmark"], "fail_on": "high,fixable", "force": False}
    assert isinstance(site.server.hands, IdleHands)
    assert site.server.hands.taken == 1
    path = f"/runs/{asked.json()['id']}"
    assert [each["reference"] for each in api.get(path).json()["targets"]] == ["host"]
    cancelled = api.post(f"{path}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"], cancelled.json()["cancelled_by"]) == (202, "cancelled", "admin-of-tokens")
    assert api.get("/runs", params={"status": "cancelled", "target": "host"}).json()["runs"][0]["id"] == asked.json()["id"]
    assert api.get("/runs", params={"status": "nonsense"}).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"reference": 5}',
        b'{"reference": ""}',
        b'{"reference": "host", "unknown": 1}',
        b'{"reference": "host", "labels": ["", "x"]}',
        b'{"reference": "dir:relative"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_understood_is_said(api: httpx.Client, body: bytes) -> None:
    """As a problem with a remedy, in JSON, whatever was sent."""
    answer = api.post("/targets", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert set(answer.json()) == {"type", "title", "status", "detail", "remedy"}


def test_a_schedule_is_kept(site: Site, api: httpx.Client) -> None:
    """It says when it is due; paused, changed, run out of turn, removed."""
    wanted = {"name": "nightly", "cron": "30 2 * * *", "time_zone": "Europe/Berlin", "targets": ["host"]}
    added = api.post("/schedules", json=wanted).json()
    assert (added["time_zone"], added["targets"], added["parameters"]["fail_on"]) == ("Europe/Berlin", ["host"], "high,fixable")
    path = f"/schedules/{added['id']}"
    assert api.get(f"{path}/times").json()["times"][0] == added["next_run_at"]
    assert api.patch(path, json={"paused": True}).json()["cron"] == "30 2 * * *"
    assert site.memory.schedules.due(MADE_AT.replace(year=2100)) == []
    assert api.post("/schedules", json=wanted).status_code == 422
    for odd in ({"cron": "x"}, {"time_zone": "Mars"}, {"job": "nonsense"}, {"targets": ["dir:relative"]}, {"parameters": {"only": ["x"]}}):
        assert api.patch(path, json=odd).status_code == 422, odd
    run = api.post(f"{path}/run")
    assert (run.status_code, run.json()["schedule"]) == (202, "nightly")
    assert api.get("/runs", params={"schedule": added["id"]}).json()["runs"][0]["id"] == run.json()["id"]
    assert api.delete(path).status_code == 204
    assert api.get(f"{path}/times").status_code == 404


def test_users_are_kept_by_admins(api: httpx.Client) -> None:
    """No password comes back; one admin must stay."""
    added = api.post("/users", json={"name": "ann", "password": "correct horse", "role": "operator"})
    assert (added.status_code, "password" in added.text) == (201, False)
    path = f"/users/{added.json()['id']}"
    assert api.patch(path, json={"role": "viewer"}).json()["role"] == "viewer"
    assert api.post("/users", json={"name": "ann", "password": "correct horse"}).status_code == 422
    assert api.post("/users", json={"name": "a b", "password": "correct horse"}).status_code == 422
    me = api.get("/users/me").json()["user"]
    refused = api.delete(f"/users/{me['id']}")
    assert (refused.status_code, refused.json()["remedy"]) == (422, "make another user admin first")
    assert api.delete(path).status_code == 204
    assert [each["name"] for each in api.get("/users").json()["users"]] == ["admin-of-tokens"]


def events(client: httpx.Client, path: str, **headers: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Kind, id and data of each event, until the stream ends."""
    found, kind, number = [], "", ""
    with client.stream("GET", path, headers={"accept": "text/event-stream"} | headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            kind, number = (value if name == "event" else kind), (value if name == "id" else number)
            if name == "data":
                found.append((kind, number, json.loads(value)))
    return found


def test_a_log_is_followed_and_taken_up_again(site: Site, api: httpx.Client) -> None:
    """Lines by their numbers, hostile ones too; at the end how it ended."""
    run = api.post("/runs", json={"targets": ["host"]}).json()["id"]
    odd = "\x1b[31m\nevent: end\ndata: {} \udcff"
    site.memory.logs.append(run, [NewLine(at=MADE_AT, text=f"line {number}") for number in range(600)])
    site.memory.logs.append(run, [NewLine(at=MADE_AT, text=odd, target="host")])
    site.memory.work.begin(run, 0, MADE_AT)
    site.memory.work.end(run, 0, RunStatus.FAILED, MADE_AT, error=Gap(kind="x", what="host", why="no"))
    whole = events(api, f"/runs/{run}/log")
    assert [number for _, number, _ in whole[:-1]] == [str(number) for number in range(1, 604)]
    assert whole[600][2]["text"] == odd.replace("\udcff", "\\udcff")
    assert (whole[-1][0], whole[-1][2]["status"]) == ("end", "failed")
    assert events(api, f"/runs/{run}/log", **{"last-event-id": "601"}) == whole[601:]
    assert events(api, f"/runs/{run}/log?after=602") == whole[602:]
    page = api.get(f"/runs/{run}/log", params={"after": 601}).json()
    assert ([each["seq"] for each in page["lines"]], page["ended"]) == ([602, 603], True)
    assert api.get(f"/runs/{run + 1}/log", headers={"accept": "text/event-stream"}).status_code == 404


def test_times_are_in_utc(full: httpx.Client) -> None:
    """As RFC 3339 has it."""
    for each in full.get("/targets").json()["targets"]:
        assert each["watched_at"].endswith("Z")


def test_the_document_describes_what_is_sent(full: httpx.Client) -> None:
    """Every reference in it leads somewhere, and answers are valid by it."""
    document = full.get("/openapi.json").json()
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    assert {found.split('"')[0] for found in text.split('"#/components/schemas/')[1:]} <= set(schemas)
    for path, name in (("/findings", "FindingPage"), ("/targets", "TargetPage"), ("/runs", "RunPage"), ("/inventories", "InventoryPage")):
        jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]}).validate(
            full.get(path).json()
        )


def test_a_cursor_that_was_made_up_is_misuse(full: httpx.Client) -> None:
    """Whatever it holds."""
    for cursor in ("x", "AAAA", "bnVsbA", "W10", "LTE", "é", "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDA"):
        for path in ("/targets", "/findings", "/runs", "/inventories", "/schedules"):
            assert full.get(path, params={"cursor": cursor}).status_code == 422, (path, cursor)
